"""Task definition templates of a recording."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.mocked import Recording


def container(recording: Recording, service: str = "agent") -> dict[str, Any]:
    """The one container of a service's template."""
    template = recording.one("aws:ecs/taskDefinition:TaskDefinition", f"{service}-template").inputs
    [only] = json.loads(plain(template["containerDefinitions"]))
    return dict(only)


def plain(value: Any) -> Any:
    """The value inside a secret, or the value."""
    return value["value"] if isinstance(value, dict) and "value" in value else value
