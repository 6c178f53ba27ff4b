"""Writes a release's ledger entry while the release runs: each step before it is sent, and again after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appdeploy.aws.releases_table import put_of
from appdeploy.ledger.new_entry import service_entry
from appdeploy.model.events import Event, Phase, Progress
from appdeploy.model.ledger_entry import Entry, PreDeployRun, StepKind

if TYPE_CHECKING:
    from appdeploy.lock.session import LockSession
    from appdeploy.lock.store import LedgerPut
    from appdeploy.model.events import Emit
    from appdeploy.model.outcome import ServiceResult
    from appdeploy.model.plan import ServicePlan


class LedgerWriter:
    """The entry of one release, and the lock session it is written under. Safe for several threads."""

    def __init__(self, session: LockSession, table: str, entry: Entry) -> None:
        """`entry` is the entry as last written."""
        self._session = session
        self._table = table
        self._entry = entry
        self._registered: set[str] = set()
        self._guard = threading.RLock()

    @property
    def entry(self) -> Entry:
        """The entry as it is now."""
        return self._entry

    def replace(self, entry: Entry) -> None:
        """Replace the entry before anything is changed. Raises LockLost."""
        self._put(lambda _: entry.model_copy(update={"version": self._entry.version}), self._session.write)

    def registered(self, service: str, task_definition: str) -> None:
        """Store a new revision; it is written with the next step."""
        target = self._entry.services[service].target.model_copy(update={"task_definition": task_definition})
        with self._guard:
            self._registered.add(service)
            self._entry = self._entry.with_service(service, target=target)

    def previous_resolved(self, plan: ServicePlan) -> None:
        """Store what was read after the update; it is written with the next step."""
        name, resolved = plan.contract.name, service_entry(plan)
        with self._guard:
            target = resolved.target.at(self._entry.services[name].target.task_definition)
            self._entry = self._entry.with_service(name, previous=resolved.previous, target=target, image=resolved.image)

    def caller_resolved(self, who: str) -> None:
        """Store who runs a rollback, which asked AWS for that only after its update; it is written with the next step."""
        with self._guard:
            self._entry = self._entry.model_copy(update={"who": who})

    def noting_live(self, emit: Emit) -> Emit:
        """`emit` for a release, which also stores when a service is live first; it is written with the next step."""

        def emit_and_note(event: Event) -> None:
            if isinstance(event, Progress) and event.phase is Phase.LIVE:
                with self._guard:
                    if self._entry.services[event.service].live_at is None:
                        self._entry = self._entry.with_service(event.service, live_at=datetime.now(UTC))
            emit(event)

        return emit_and_note

    def reverted_late_write(self, service: str, deployment_id: str) -> None:
        """After a late write was reverted: the id of our new deployment."""
        self._put(
            lambda entry: entry.with_service(service, deployment_id=deployment_id).with_step_finished(
                StepKind.REVERT_LATE_WRITE, service
            ),
            self._session.note,
        )

    def pre_deploy_starting(self, services: Iterable[str]) -> None:
        """Before these services' pre-deploy tasks start, and after all revisions are registered. Raises LockLost."""

        def change(entry: Entry) -> Entry:
            entry = self._with_registered(entry)
            for service in services:
                entry = entry.with_step_started(StepKind.PRE_DEPLOY, service)
            return entry

        self._put(change, self._session.write)

    def pre_deploy_ran(self, service: str, task: str, exit_code: int | None, *, ended: bool) -> None:
        """After a pre-deploy task was started, and again after it ended."""

        def change(entry: Entry) -> Entry:
            entry = entry.with_service(service, pre_deploy=PreDeployRun(task=task, exit_code=exit_code))
            return entry.with_step_finished(StepKind.PRE_DEPLOY, service) if ended else entry

        self._put(change, self._session.note)

    def reverted(self, service: str, deployment_id: str) -> None:
        """After a live service was reverted: the deployment of its previous version."""
        self._put(
            lambda entry: entry.with_service(service, revert_deployment_id=deployment_id).with_step_finished(
                StepKind.REVERT, service
            ),
            self._session.note,
        )

    def updating(self, services: Iterable[str]) -> None:
        """Before these services are updated, and after all revisions are registered. Raises LockLost: then nothing is sent.

        Writes nothing if this is the first step, as in a rollback: then it was written with the lock.
        """
        names = tuple(services)
        if self._entry.has_open_step(StepKind.UPDATE) and all(
            self._entry.services[name].update_sent is not False for name in names
        ):
            return
        self._put(
            lambda entry: (
                entry
                if entry.has_open_step(StepKind.UPDATE)
                else self._with_registered(entry).with_step_started(StepKind.UPDATE)
            ).with_updates_sent(names),
            self._session.write,
        )

    def updated(self, deployments: Iterable[tuple[str, str]]) -> None:
        """After the services were updated: the deployment id of each."""

        started = dict(deployments)

        def change(entry: Entry) -> Entry:
            for service, deployment_id in started.items():
                entry = entry.with_service(service, deployment_id=deployment_id)
            return entry.with_step_finished(StepKind.UPDATE, services=tuple(name for name in entry.services if name in started))

        self._put(change, self._session.note)

    def step_starting(self, what: StepKind, service: str, why: str | None = None) -> None:
        """Before a step that must not wait for the ledger: it is written when the table answers."""
        self._put(lambda entry: entry.with_step_started(what, service, why), self._session.note)

    def step_finished(self, what: StepKind, service: str) -> None:
        """After that step."""
        self._put(lambda entry: entry.with_step_finished(what, service), self._session.note)

    def finish(self, results: Iterable[ServiceResult]) -> None:
        """Store the reported outcomes. They are written together with the release of the lock."""

        def change(entry: Entry) -> Entry:
            for result in results:
                if not entry.services[result.service].settled:
                    entry = with_result(entry, since_start(entry, result))
            return entry.model_copy(update={"reported": datetime.now(UTC)})

        self._put(change, self._session.write_on_exit)

    def _with_registered(self, entry: Entry) -> Entry:
        return entry.with_step_finished(
            StepKind.REGISTER, services=tuple(name for name in entry.services if name in self._registered)
        )

    def _put(self, change: Callable[[Entry], Entry], send: Callable[[LedgerPut], None]) -> None:
        with self._guard:
            entry = change(self._entry)
            fence = self._session.fence if self._session.fence is not None else entry.fence
            self._entry = entry.model_copy(update={"version": entry.version + 1, "fence": fence})
            send(put_of(self._table, self._entry))


def since_start(entry: Entry, result: ServiceResult) -> ServiceResult:
    """A result of this command, with the time since the release began: a command that resumed it counts its own."""
    return replace(result, seconds=result.seconds + entry.seconds_before_resume) if result.seconds else result


def with_result(entry: Entry, result: ServiceResult) -> Entry:
    """The entry with the outcome of one service."""
    return entry.with_service(
        result.service,
        outcome=result.outcome.value,
        cause=result.cause,
        serving=result.serving,
        log_lines=result.log_lines or entry.services[result.service].log_lines,
        seconds=round(result.seconds, 1),
        settled=result.final,
    )
