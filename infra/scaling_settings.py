"""What a stack file may say about autoscaling."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from infra.section import Section

Percent = Annotated[int, Field(ge=10, le=90)]


class ScalingSettings(Section):
    """How many tasks a service has, by its load. Each target is followed by itself; the one that wants most tasks decides."""

    minimum: Annotated[int, Field(ge=1, le=1000)]
    """Set by the first release, and by `appdeploy sync` when it was changed: infra registers 0."""
    maximum: Annotated[int, Field(ge=1, le=1000)]
    cpu_percent: Percent = 60
    """Average of the tasks, of what each has reserved."""
    memory_percent: Percent = 75
    requests_per_task: Annotated[int, Field(ge=1)]
    """In a minute."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} exceeds maximum {self.maximum}")
        return self
