"""Bugs planted into the ledger and the resuming for as long as a context is open. The matrix must find each one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from appdeploy.ledger.writer import LedgerWriter
from appdeploy.lock import session as turn
from appdeploy.lock.lease import HeldLock, acquire
from appdeploy.reconcile import progress as trace
from appdeploy.tasks import start
from appdeploy.tasks.start import request_of
from tests.simulation.planting import PlantedBug, instead


def revision_forgotten() -> AbstractContextManager[None]:
    """A release is resumed from its entry alone: whether its revision is there already is not asked."""
    return instead(trace, "registered_by", lambda *_: None)


def deployment_forgotten() -> AbstractContextManager[None]:
    """The same of its deployment: what it began itself looks like someone else's."""
    return instead(trace, "recorded_since", lambda *_: None)


def recorded_afterwards() -> AbstractContextManager[None]:
    """The entry is not written with the lock but when there is something to tell."""

    def mistaken(*arguments: Any, opening_put: Any, **options: Any) -> HeldLock:
        return acquire(*arguments, **options)

    return instead(turn, "acquire", mistaken)


def lock_kept() -> AbstractContextManager[None]:
    """The end of the release lets no one else in."""
    return instead(HeldLock, "__exit__", lambda *_: None)


def outcome_forgotten() -> AbstractContextManager[None]:
    """The entry stays as it was when the services were updated."""
    return instead(LedgerWriter, "finish", lambda *_: None)


def return_forgotten() -> AbstractContextManager[None]:
    """The way back of a service that was live looks like someone else's deployment."""
    return instead(trace, "_find_revert", lambda *_: None)


def token_made_up() -> AbstractContextManager[None]:
    """Each request for the task before a rollout is a new one."""

    def mistaken(*arguments: Any) -> Mapping[str, Any]:
        return {**request_of(*arguments), "clientToken": uuid.uuid4().hex}

    return instead(start, "request_of", mistaken)


@dataclass(frozen=True)
class Mutant(PlantedBug):
    """A bug that the matrix must find."""

    scenario: str
    operation: str
    """Killed after this call of that scenario it shows."""

    def shows_at(self, point: str) -> bool:
        """Whether a point is one at which it shows."""
        return point.startswith("after") and point.endswith(f"({self.operation})")


MUTANTS: Mapping[str, Mutant] = {
    "revision forgotten": Mutant(revision_forgotten, "was registered 2 times", "deploy-1", "RegisterTaskDefinition"),
    "deployment forgotten": Mutant(deployment_forgotten, "its outcome is superseded", "restart-1", "UpdateService"),
    "recorded afterwards": Mutant(recorded_afterwards, "was registered for", "deploy-1", "RegisterTaskDefinition"),
    "lock kept": Mutant(lock_kept, "the lock is held", "deploy-1", "UpdateService"),
    "return forgotten": Mutant(return_forgotten, "its outcome is superseded", "deploy-3-last-unhealthy", "UpdateService"),
    "token made up": Mutant(token_made_up, "was run 2 times", "deploy-3-task-before", "RunTask"),
    "outcome forgotten": Mutant(outcome_forgotten, "was not reported", "deploy-1", "UpdateService"),
}
