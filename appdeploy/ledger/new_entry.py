"""A release's new entry in the ledger: what it is going to do, from its plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from appdeploy.model.ledger_entry import Entry, ServiceEntry, StepKind, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import NoChange, PlannedCount, ReleasePlan, ServicePlan
from appdeploy.model.release_id import kind_of


def opening_entry(plan: ReleasePlan, who: str) -> Entry:
    """An entry whose first step is about to be done; of a change of a count none is, because each may be sent twice."""
    if plan.count is not None:
        return bare_entry(plan, who, {plan.count.contract.name: _count_entry(plan.count)})
    entry = bare_entry(plan, who, {service.contract.name: service_entry(service) for service in plan.services})
    if any(service.registers for service in plan.changed):
        return entry.with_step_started(StepKind.REGISTER)
    return entry.with_step_started(StepKind.UPDATE).with_updates_sent(
        service.contract.name for group in plan.waves[:1] for service in group
    )


def bare_entry(plan: ReleasePlan, who: str, services: Mapping[str, ServiceEntry]) -> Entry:
    """An entry of which no step is begun."""
    return Entry(
        id=plan.release_id,
        kind=kind_of(plan.release_id),
        environment=plan.environment,
        purpose=plan.purpose,
        who=who,
        run=ci_run(os.environ),
        reason=plan.reason,
        change_ticket=plan.change_ticket,
        incident=plan.incident,
        atomic=plan.atomic,
        fence=plan.fence,
        started=datetime.now(UTC),
        services=services,
    )


def ci_run(environment: Mapping[str, str]) -> str | None:
    """The address of the GitHub Actions run that we are part of (docs.github.com/en/actions/reference/variables-reference)."""
    parts = [environment.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else None


def service_entry(service: ServicePlan | NoChange) -> ServiceEntry:
    """What is going to be done to one service."""
    match service:
        case NoChange():
            return ServiceEntry(
                service=service.contract.service,
                change="none",
                previous=service.previous.ref,
                target=service.target,
                outcome=Outcome.UNCHANGED.value,
                cause=service.reason,
                settled=True,
            )
        case ServicePlan():
            return ServiceEntry(
                service=service.contract.service,
                change=service.change.value,
                previous=service.previous.ref,
                target=service.target,
                image=str(service.image),
                settings=service.settings,
                base=service.base.arn,
                deployments_before=tuple(sorted(service.previous.snapshot.deployments)),
                listed_at=service.previous.snapshot.at,
                update_sent=False,
            )


def _count_entry(count: PlannedCount) -> ServiceEntry:
    return ServiceEntry(
        service=count.contract.service, change="count", previous=VersionRef(), target=VersionRef(), count=count.change
    )
