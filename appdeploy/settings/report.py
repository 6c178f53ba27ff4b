"""What `appdeploy config list --json` prints: these models are its documentation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from appdeploy.settings.listing import Listed


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ListedSetting(_Part):
    """One setting. Its value is in plain text: settings hold no secrets."""

    key: str
    value: str
    default: str | None
    """The value with which infra created it; None if SSM does not have that version any more."""
    modified: datetime
    """When it was last written."""
    tasks: int
    """How many tasks run."""
    tasks_current: int
    """How many of them were created while it had this value."""


class SettingsReport(_Part):
    """The settings of a service, by key."""

    schema_version: str = "1.0"
    """Within 1 fields may be added; none is removed or changes its meaning."""
    environment: str
    service: str
    settings: tuple[ListedSetting, ...]

    @classmethod
    def of(cls, environment: str, service: str, listed: Sequence[Listed]) -> Self:
        """The same as a list has it."""
        settings = (
            ListedSetting(
                key=item.setting.key,
                value=item.setting.value,
                default=item.default,
                modified=item.setting.modified,
                tasks=item.tasks,
                tasks_current=item.current,
            )
            for item in listed
        )
        return cls(environment=environment, service=service, settings=tuple(settings))
