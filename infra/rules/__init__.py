"""What every environment has to hold to, as rules over the resources that the program declares.

Each is a plain function of a resource and its stack, and cites the Security Hub control behind it or the incident that it
prevents. The tests run them all for each stack file and for settings at random, and hold a failing example of each.
"""

from __future__ import annotations

from infra.rules import access, compute, data, network, storage, watching
from infra.rules.model import Resource, Rule, Stack, Violation, violations

RULES: tuple[Rule, ...] = (*network.RULES, *data.RULES, *compute.RULES, *access.RULES, *storage.RULES, *watching.RULES)

__all__ = ["RULES", "Resource", "Rule", "Stack", "Violation", "violations"]
