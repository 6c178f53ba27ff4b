"""What the fields of events look like in JSON, where that is not what they are in Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import Field, GetPydanticSchema, PlainSerializer, computed_field
from pydantic_core import core_schema

from appdeploy.model.ledger_entry import VersionRef
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import Change, NoChange, PlannedCount, ServicePlan

if TYPE_CHECKING:
    json_field = property  # mypy knows no other decorator that makes one.
else:
    json_field = computed_field
    """A property that is a field of the event's JSON. Its docstring is published with the schema."""

T = TypeVar("T")

NotJson = Annotated[T, Field(exclude=True), GetPydanticSchema(lambda _type, _handler: core_schema.any_schema())]
"""A field that the event's JSON does not have."""


def _rounded(result: ServiceResult) -> ServiceResult:
    return replace(result, seconds=round(result.seconds, 3))


Seconds = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 3), return_type=float)]
"""A measured duration: JSON has it to the millisecond."""
Result = Annotated[ServiceResult, PlainSerializer(_rounded)]


@dataclass(frozen=True)
class Version:
    """What a service runs, or is to run, as far as it is known."""

    version: str | None
    """The name of the version; null before the first release."""
    digest: str | None
    task_definition: str | None
    """ARN; null while it is not registered."""
    template: str | None
    """ARN of the template revision that it descends from."""

    @classmethod
    def of(cls, ref: VersionRef) -> Self:
        """The same as an entry of the ledger has it, where fields may be missing or unknown."""
        return cls(ref.version, ref.digest, ref.task_definition, ref.template)


@dataclass(frozen=True)
class PlannedTaskCount:
    """What `scale` does to one service."""

    service: str
    previous: int
    """How many tasks are desired now."""
    target: int | None
    """How many are to be; null when the count is not changed."""
    hold_until: datetime | None
    """Until when autoscaling is suspended; null when it is not."""
    releases_hold: bool
    """Whether autoscaling decides again."""

    @classmethod
    def of(cls, plan: PlannedCount) -> Self:
        """What the plan says."""
        change = plan.change
        return cls(plan.contract.name, change.previous, change.target, change.hold_until, change.releases_hold)


@dataclass(frozen=True)
class PlannedService:
    """What a release does to one service."""

    service: str
    change: Change | Literal["none"]
    """`none`: the service is as wanted already."""
    previous: Version
    target: Version
    remarks: tuple[str, ...] = ()
    """What to know about it that is in nothing's way, as text for people."""

    @classmethod
    def of(cls, plan: ServicePlan | NoChange) -> Self:
        """What the plan says."""
        change: Change | Literal["none"] = plan.change if isinstance(plan, ServicePlan) else "none"
        remarks = plan.remarks if isinstance(plan, ServicePlan) else ()
        return cls(plan.contract.name, change, Version.of(plan.previous.ref), Version.of(plan.target), remarks)
