"""Reads everything that `deploy`, `sync` and `restart` start from, and makes their plan. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.contract import PlatformContract
from appdeploy.contract_reader import read_contract
from appdeploy.goal import Deploy, Goal, Restart, Sync
from appdeploy.live import LiveService, read_live
from appdeploy.plan import Obstructed, ReleasePlan
from appdeploy.planner import plan_release
from appdeploy.preflight.check import Check, refusals, table
from appdeploy.preflight.run import preflight
from appdeploy.release_id import new_release_id

if TYPE_CHECKING:
    from appdeploy.aws import Clients


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    environment: str
    goal: Goal
    services: tuple[str, ...]
    """Names; empty for all."""


@dataclass(frozen=True)
class Prepared:
    """A plan, and what it was made from: one `live` for each of its services, in their order."""

    platform: PlatformContract
    plan: ReleasePlan
    live: tuple[LiveService, ...]
    checks: tuple[Check, ...]

    def cleared(self) -> ReleasePlan:
        """The plan, if nothing is in its way. Raises Obstructed with the whole table else."""
        problems = refusals(self.checks)
        if problems:
            raise Obstructed(self.plan, *problems, details=tuple(table(self.checks)))
        return self.plan


def prepare(request: Request, clients: Clients) -> Prepared:
    """Read, decide, and look at what may be in the way. Raises Refused when there is no plan."""
    contract = read_contract(clients, request.environment)
    live = read_live(clients, contract, contract.select(request.services), request.goal)
    plan = plan_release(new_release_id(_kind(request.goal)), contract.platform, request.goal, live)
    caller = contract.caller.arn if contract.caller else None
    plan = replace(plan, caller=caller, releases_table=contract.platform.releases_table)
    return Prepared(contract.platform, plan, live, preflight(plan, live, clients))


def _kind(goal: Goal) -> str:
    match goal:
        case Deploy():
            return "upgrade"
        case Sync():
            return "sync"
        case Restart():
            return "restart"
