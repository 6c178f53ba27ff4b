"""Runs a change of a service's count for any caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from appdeploy.app.confirmation import Confirmation
from appdeploy.app.subscribed import subscribed
from appdeploy.lock.session import WaitingAcquirer
from appdeploy.model.outcome import Outcome
from appdeploy.scaling.run import run_scale

if TYPE_CHECKING:
    from appdeploy.app.console import Console
    from appdeploy.aws.clients import Clients
    from appdeploy.scaling.read import Prepared


def scale(
    prepare: Callable[[Clients], Prepared],
    region: str | None,
    console: Console,
    *,
    timeout: int,
    lock_wait: int,
) -> Outcome:
    """Change a count and show it. Times are in seconds.

    Raises what `run_locked` does.
    """
    with subscribed(console, region) as (emit, clients):
        acquirer = WaitingAcquirer(clients, console.clock, emit, lock_wait)
        confirmation = Confirmation(console.ask, tuple) if console.ask else None
        result = run_scale(lambda: prepare(clients), timeout, clients, console.clock, emit, acquirer, confirmation)
    return result.outcome
