"""A person's yes to a change of a protected environment, given before the lock is taken (docs/adr/019-confirmation.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import SettingChange
from appdeploy.model.plan import ReleasePlan

Ask = Callable[[Iterable[str], str], bool]
"""Shows lines and a question, and returns whether the answer was yes."""


class Confirmation:
    """Asks once, and holds a plan that is made again to what was confirmed."""

    def __init__(self, ask: Ask, details: Callable[[], Iterable[str]]) -> None:
        """`details` are shown before the question, beside the plan's own lines."""
        self._ask = ask
        self._details = details
        self._confirmed: frozenset[object] | None = None

    def ask(self, plan: ReleasePlan) -> bool:
        """Whether a person was asked. Raises Refused without a yes."""
        if not plan.protected:
            return False
        question = f"{plan.environment} is protected. Type yes to go on:"
        if not self._ask(self._details(), question):
            raise Refused(f"nothing was changed: {plan.environment} is protected, and the answer was not yes")
        self._confirmed = _targets(plan)
        return True

    def check(self, plan: ReleasePlan) -> None:
        """Raises Refused if the plan does something that was not confirmed. What is done already need not be done."""
        if self._confirmed is not None and not _targets(plan) <= self._confirmed:
            raise Refused("since it was confirmed the plan has become another one: run it again")


def _targets(plan: ReleasePlan) -> frozenset[object]:
    """What the plan leads to, wherever it begins."""
    services = (
        (
            service.contract.name,
            service.change,
            service.version,
            service.image.digest,
            service.template,
            _settings(service.settings),
        )
        for service in plan.changed
    )
    count = plan.count
    held = (
        [(count.contract.name, count.change.target, count.change.hold_until is None, count.change.releases_hold)]
        if count
        else []
    )
    return frozenset([*services, *held])


def _settings(changes: Iterable[SettingChange]) -> tuple[tuple[str, str], ...]:
    return tuple((change.key, change.target) for change in changes)
