"""The preflight of a plan: one table for all services that will be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import LiveService
from appdeploy.model.plan import ReleasePlan, ServicePlan
from appdeploy.preflight.check import Check
from appdeploy.preflight.checks import judge_checks
from appdeploy.preflight.reads import Candidate, read_facts

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


def preflight(plan: ReleasePlan, live: Sequence[LiveService], clients: Clients) -> tuple[Check, ...]:
    """Run all checks of a plan. `live` are the services it was made from, in its order."""
    candidates = [
        Candidate(plan.environment, service, read, read.state)
        for service, read in zip(plan.services, live, strict=True)
        if isinstance(service, ServicePlan) and read.state is not None
    ]
    if not candidates:
        return ()
    facts = read_facts(clients, plan.cluster, candidates)
    return tuple(check for candidate in candidates for check in judge_checks(candidate, facts))
