"""How drift is looked for: docs/aws.md, step 3."""

from __future__ import annotations

import json

from tests.support.engine_commands import Sandbox

_SECRET_VALUE = "aws:secretsmanager/secretVersion:SecretVersion"


def looking_for_drift(staging: Sandbox) -> tuple[str, ...]:
    """The words of the command: without the one resource whose reading is that of a secret."""
    exported = json.loads(staging.pulumi("stack", "export").expect(0).out)
    [value] = [each["urn"] for each in exported["deployment"]["resources"] if each["type"] == _SECRET_VALUE]
    return ("refresh", "--preview-only", "--expect-no-changes", "--diff", "--exclude", value)
