"""Reads what `deploy`, `sync` and `restart` need, plans them and runs the preflight. Nothing is changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.current_state import LiveService, read_live
from appdeploy.model.contract import PlatformContract
from appdeploy.model.errors import Refused
from appdeploy.model.operation import Deploy, DeployEach, Operation, Restart, Sync
from appdeploy.model.plan import Blocked, ReleasePlan
from appdeploy.model.release_id import ReleaseId, new_release_id
from appdeploy.plan.planner import Unplannable, plan_release
from appdeploy.preflight.check import Check, refusals, table, waive
from appdeploy.preflight.lock import check_lock
from appdeploy.preflight.promotion import check_promotion, read_promoted, to_promote
from appdeploy.preflight.run import preflight
from appdeploy.preflight.window import check_window

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class Request:
    """What the user requested."""

    environment: str
    operation: Operation
    services: tuple[str, ...]
    """Names; empty for all."""
    incident: str | None = None
    """Why the release bypasses the release window, the promotion rule and active alarms; None when it does not."""
    atomic: bool | None = None
    """Whether all services are reverted when one fails; None: if there are several."""
    release_id: ReleaseId = field(init=False, compare=False)
    """The release's id, even if it is planned several times."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "release_id", new_release_id(_kind(self.operation)))


@dataclass(frozen=True)
class Prepared:
    """A plan, and the state it was made from: one `live` for each of its services, in their order."""

    platform: PlatformContract
    plan: ReleasePlan
    live: tuple[LiveService, ...]
    checks: tuple[Check, ...]
    lock: Check | None
    """None when nothing will be changed."""

    @property
    def table(self) -> tuple[Check, ...]:
        """All checks."""
        return (*self.checks, self.lock) if self.lock else self.checks

    def cleared(self) -> ReleasePlan:
        """The plan, if no check blocks it. Otherwise raises Blocked with the whole table.

        A held lock does not block here: acquiring it waits, takes it over, or refuses.
        """
        problems = refusals(self.checks)
        if problems:
            raise Blocked(self.plan, *problems, details=tuple(table(self.table)), in_short=_in_short(self.table, problems))
        return self.plan


def prepare(request: Request, clients: Clients, now: datetime | None = None) -> Prepared:
    """Read, plan, and run the preflight. Raises Refused, with the table, when there is no plan.

    `now` is when the release would start, by default now.
    """
    moment = now or datetime.now(UTC)
    contract = read_contract(clients, request.environment)
    services = contract.select(request.services)
    if isinstance(request.operation, DeployEach):
        contract.select([service for service, _ in request.operation.versions])  # Refuses names that do not exist.
    live = read_live(clients, contract, services, request.operation)
    try:
        plan = plan_release(request.release_id, contract.platform, request.operation, live)
    except Unplannable as error:
        others = replace(error.others, releases_table=contract.platform.releases_table, incident=request.incident)
        prepared = Prepared(contract.platform, others, _planned(others, live), (), None)
        checked = _checked(prepared, clients, moment)
        problems, rows = (*error.lines, *refusals(checked.checks)), (*error.problems, *checked.table)
        raise Refused(*problems, details=tuple(table(rows)), in_short=_in_short(rows, problems)) from None
    caller = contract.caller.arn if contract.caller else None
    platform = contract.platform
    plan = replace(
        plan,
        caller=caller,
        releases_table=platform.releases_table,
        event_bus=platform.event_bus,
        protected=platform.protected,
        incident=request.incident,
        atomic=len(plan.changed) > 1 if request.atomic is None else request.atomic,
    )
    return _checked(Prepared(platform, plan, live, (), None), clients, moment)


def _checked(prepared: Prepared, clients: Clients, now: datetime) -> Prepared:
    plan, platform = prepared.plan, prepared.platform
    if not plan.changed:
        return prepared
    with ThreadPoolExecutor(2) as pool:
        lock = pool.submit(check_lock, plan, clients.once.dynamodb)
        promotion = pool.submit(_promotion, prepared, clients)
        checks = preflight(plan, prepared.live, clients)
        window = check_window(plan.environment, platform.windows, now)
        found = (*checks, *promotion.result(), *window)
        return replace(prepared, checks=waive(found, plan.incident), lock=lock.result())


def _promotion(prepared: Prepared, clients: Clients) -> tuple[Check, ...]:
    rule, required = prepared.platform.promotion, to_promote(prepared.plan)
    if rule is None or not required:
        return ()
    return check_promotion(rule, required, read_promoted(clients, rule, set(required.values())))


def _planned(plan: ReleasePlan, live: tuple[LiveService, ...]) -> tuple[LiveService, ...]:
    planned = {service.contract.name for service in plan.services}
    return tuple(service for service in live if service.contract.name in planned)


def _in_short(rows: tuple[Check, ...], problems: tuple[str, ...]) -> str:
    if len(rows) == len(problems):
        return ""  # The lines of the problems say it all.
    return f"{len(rows)} checks were made, {len(problems)} refuse: `plan` shows all of them"


def _kind(operation: Operation) -> str:
    match operation:
        case Deploy() | DeployEach():
            return "upgrade"
        case Sync():
            return "sync"
        case Restart():
            return "restart"
