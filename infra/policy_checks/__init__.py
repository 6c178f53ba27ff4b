"""Policy checks of every environment, over the resources that the program declares.

Each is a plain function of a resource and its stack, and cites the Security Hub control behind it or the incident that it
prevents. The tests run all of them for each stack file and for random settings, and have a failing example of each.
"""

from __future__ import annotations

from infra.policy_checks import compute, data, iam, monitoring, network, storage
from infra.policy_checks.model import PolicyCheck, Resource, Stack, Violation, violations

CHECKS: tuple[PolicyCheck, ...] = (
    *network.CHECKS,
    *data.CHECKS,
    *compute.CHECKS,
    *iam.CHECKS,
    *storage.CHECKS,
    *monitoring.CHECKS,
)

__all__ = ["CHECKS", "PolicyCheck", "Resource", "Stack", "Violation", "violations"]
