"""What `appdeploy scale` would do, for display."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appdeploy.model.task_definition import name_of
from appdeploy.model.words import tasks
from appdeploy.plan.report import PlannedService, PlanReport, Running
from appdeploy.scaling.plan import remarks

if TYPE_CHECKING:
    from appdeploy.scaling.plan import ScalePlan
    from appdeploy.scaling.read import Prepared

_UNCHECKED = "autoscaling's bounds are all that a count is held to"


def preview_scale(prepared: Prepared) -> PlanReport:
    """The plan of a change of a count, which starts no deployment."""
    scale, contract = prepared.scale, prepared.scale.current.contract
    _, _, _, region, account, *_ = contract.service.split(":")
    state = scale.current.state
    runs = Running(version=None, digest=None, task_definition=name_of(state.task_definition) if state else None, template=None)
    service = PlannedService(
        name=scale.name,
        unchanged_because=f"{tasks(scale.previous)} already" if scale.steady else None,
        before=runs,
        after=runs,
        drift=None,
        writes=() if scale.steady else tuple(_writes(scale)),
        remarks=remarks(scale, prepared.plan.environment),
        count=scale.change,
    )
    plan = prepared.plan
    return PlanReport(
        environment=plan.environment,
        account=account,
        region=region,
        purpose=plan.purpose,
        services=(service,),
        checks=(),
        unchecked_because=_UNCHECKED,
    )


def _writes(scale: ScalePlan) -> Iterator[str]:
    if scale.hold_until:
        yield "RegisterScalableTarget: autoscaling is suspended"
    if scale.releases_hold:
        yield "RegisterScalableTarget: autoscaling decides again"
    if scale.count is not None and scale.count != scale.previous:
        yield f"UpdateService: {scale.name} to desiredCount {scale.count}"
