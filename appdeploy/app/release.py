"""Runs a release for any caller, and returns its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from appdeploy.app.confirmation import Confirmation
from appdeploy.app.subscribed import subscribed
from appdeploy.aws.rate import keep_pace
from appdeploy.lock.session import ResumingAcquirer, TakeoverAcquirer, WaitingAcquirer
from appdeploy.model.errors import AppdeployError
from appdeploy.model.outcome import Outcome, worst
from appdeploy.reconcile.list import read_reconciled
from appdeploy.release.options import WatchOptions
from appdeploy.release.run import run_release
from appdeploy.watch.judge import Policy

if TYPE_CHECKING:
    from appdeploy.app.console import Console
    from appdeploy.app.options import ReleaseOptions
    from appdeploy.aws.clients import Clients
    from appdeploy.lock.session import Acquirer
    from appdeploy.model.events import Emit
    from appdeploy.model.plan import ReleasePlan


def release(
    prepare: Callable[[Clients], ReleasePlan],
    environment: str,
    region: str | None,
    options: ReleaseOptions,
    console: Console,
    details: Callable[[Clients], Iterable[str]] = lambda _: (),
) -> Outcome:
    """Carry a plan out and show it. The outcome of its worst service. `details` of the plan are shown to a person who is asked.

    Raises what `run_locked` does; an interruption ends the watch, and the release continues in AWS.
    """
    until = options.until or ("live" if console.at_terminal else "complete")
    policy = Policy(until_complete=until == "complete", patient=options.patient)
    watch = WatchOptions(policy, options.timeout, revert_on_interrupt=options.on_interrupt == "rollback")
    with subscribed(console, region) as (emit, clients):
        keep_pace((clients.ecs, clients.once.ecs), console.clock)
        acquirer = _acquirer(clients, console, emit, options)
        confirmation = Confirmation(console.ask, lambda: details(clients)) if console.ask else None

        def make_plan() -> ReleasePlan:
            return _with_reason(prepare(clients), options)

        results = run_release(make_plan, watch, clients, console.clock, emit, acquirer, confirmation)
        if options.lock_wait is not None:
            _reconcile(clients, environment)
    return worst(result.outcome for result in results)


def _reconcile(clients: Clients, environment: str) -> None:
    """Settle what earlier releases left open. It never changes this one's outcome, also when it is interrupted."""
    with suppress(AppdeployError, KeyboardInterrupt):
        read_reconciled(clients, environment)


def _with_reason(plan: ReleasePlan, options: ReleaseOptions) -> ReleasePlan:
    reason, ticket = options.reason or plan.reason, options.change_ticket or plan.change_ticket
    return replace(plan, reason=reason, change_ticket=ticket)


def _acquirer(clients: Clients, console: Console, emit: Emit, options: ReleaseOptions) -> Acquirer:
    takeover = TakeoverAcquirer(clients, emit, options.without_ledger)
    if options.lock_wait is None:
        return takeover
    waiting = WaitingAcquirer(clients, console.clock, emit, options.lock_wait)
    return ResumingAcquirer(takeover, waiting) if options.resumes else waiting
