"""Writes settings before a restart, and restores their previous values before a failed restart is rolled back.

A task reads its settings when it starts. So they are written before the service is updated, and restored before ECS is asked
to roll back; if ECS rolls back itself, they are restored at the first tick that shows it (docs/adr/014-settings.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import with_timeout
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.model.errors import LockLost, OutOfReach
from appdeploy.model.events import Emit, Note, Phase, Progress
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Change
from appdeploy.model.rollout import Rollout, StartedRollouts
from appdeploy.settings.store import put_setting, read_settings
from appdeploy.settings.tasks import task_creation_times

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from appdeploy.aws.clients import OnceClients
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.model.clock import Clock
    from appdeploy.model.ecs_state import ServiceState
    from appdeploy.model.plan import ReleasePlan, ServicePlan
    from appdeploy.watch.poller import ForwardWatch
    from appdeploy.watch.service_watch import Tick

_RESTORE_AFTER = frozenset({Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.ROLLED_BACK_BY_ECS, Outcome.REFUSED})
"""Outcomes after which the previous values must be in effect."""
SETTINGS_SECONDS = 0.8
"""How long a rollback waits for all settings to be written; equal to its wait for the contract and for the lock."""
_TRIES_BEFORE_STOPPING = 3
"""A failing release is stopped even if SSM does not answer: its tasks fail anyway, and the end of the watch retries."""


class SettingsWriter(EcsWriter):
    """The writes of a release that may change settings."""

    def __init__(
        self,
        clients: OnceClients,
        clock: Clock,
        confirm: Callable[[], None],
        plan: ReleasePlan,
        ledger: LedgerWriter,
        emit: Emit,
    ) -> None:
        super().__init__(clients.ecs, clock, confirm)
        self._ssm: SSMClient = clients.ssm
        self.environment = plan.environment
        self._services = [service for service in plan.changed if service.settings]
        self._ledger = ledger
        self._emit = emit
        self._tries = 0

    def set_all(self) -> None:
        """Write the target values of services without a started deployment. Raises WriteRefused and OutOfReach."""
        for service in self._services:
            values = {change.key: change.target for change in service.settings}
            if service.deployment_id is None and service.change is Change.ROLLBACK:
                self._write_once(service.contract.name, values)
            elif service.deployment_id is None:
                self._write(service, StepKind.WRITE_SETTINGS, values)

    def restore(self) -> None:
        """Write the previous values, once. Raises WriteRefused, OutOfReach and LockLost."""
        for service in self._services:
            if self._ledger.entry.last_finished_step(StepKind.RESTORE_SETTINGS, service.contract.name) is None:
                self._write(service, StepKind.RESTORE_SETTINGS, {change.key: change.previous for change in service.settings})

    def stop(self, deployment_arn: str) -> bool:
        """As EcsWriter.stop, after restoring the previous values: the rollback may start tasks."""
        self._tries += 1
        try:
            self.restore()
        except (WriteRefused, OutOfReach):
            if self._tries < _TRIES_BEFORE_STOPPING:
                raise OutOfReach("the previous settings are not restored yet") from None
        return super().stop(deployment_arn)

    def _write(self, service: ServicePlan, step: StepKind, values: dict[str, str]) -> None:
        name = service.contract.name
        self._ledger.step_starting(step, name)
        for key, value in values.items():
            self._put(name, key, value)
            self._emit(
                Note(name, f"{key} is {value} {'again' if step is StepKind.RESTORE_SETTINGS else 'for tasks that start now'}")
            )
        self._ledger.step_finished(step, name)

    def _write_once(self, service: str, values: Mapping[str, str]) -> None:
        """A rollback writes once, within a timeout, because its update must not wait for SSM."""

        def put() -> None:
            for key, value in values.items():
                put_setting(self._ssm, self.environment, service, key, value)

        try:
            with_timeout(SETTINGS_SECONDS, put)
        except (TimeoutError, *AwsError) as error:
            why = explain(error) if isinstance(error, AwsError) else f"no answer of SSM within {SETTINGS_SECONDS:g} s"
            shown = f"`appdeploy config list {service} -e {self.environment}` shows the values"
            self._emit(Note(service, f"{', '.join(values)} may not have been restored: {why}; {shown}"))
            return
        self._ledger.step_starting(StepKind.WRITE_SETTINGS, service)
        self._ledger.step_finished(StepKind.WRITE_SETTINGS, service)
        for key, value in values.items():
            self._emit(Note(service, f"{key} is {value} again"))

    def _put(self, service: str, key: str, value: str) -> None:
        def send() -> bool:
            self.touched_a_service = True
            put_setting(self._ssm, self.environment, service, key, value)
            return True

        def find() -> bool | None:
            return read_settings(self._ssm, self.environment, service)[key].value == value or None

        self._send_until_known(send, find)


def with_settings(plan: ReleasePlan, writer: SettingsWriter, start: Callable[[], StartedRollouts]) -> StartedRollouts:
    """Write the settings, then start the rollouts; restores them if AWS rejects an update. Raises OutOfReach as `start`."""
    try:
        writer.set_all()
    except WriteRefused as error:
        _undo(writer)
        cause = f"the settings could not be written: {error}"
        return StartedRollouts((), tuple(_refused(service, cause) for service in plan.changed))
    started = start()
    if any(result.outcome is Outcome.REFUSED for result in started.results):
        _undo(writer)
    return started


def _refused(service: ServicePlan, cause: str) -> ServiceResult:
    return ServiceResult(service.contract.name, Outcome.REFUSED, f"{service.previous.version} still serves", cause)


def _undo(writer: SettingsWriter) -> None:
    # If a write is rejected now, the first one was rejected too.
    with suppress(WriteRefused):
        writer.restore()


def with_settings_restored(watches: Sequence[ForwardWatch], writer: SettingsWriter, clients: OnceClients) -> list[ForwardWatch]:
    """The same watches; those of services with changed settings restore the previous values after a failure."""
    return [RestoringWatch(watch, writer, clients) if watch.rollout.plan.settings else watch for watch in watches]


@dataclass(eq=False)
class RestoringWatch:
    """Watches one rollout, and restores its settings if it fails."""

    inner: ForwardWatch
    writer: SettingsWriter
    clients: OnceClients

    @property
    def rollout(self) -> Rollout:
        """What is watched now."""
        return self.inner.rollout

    @property
    def serving(self) -> bool:
        """As the inner watch."""
        return self.inner.serving

    @property
    def going_back(self) -> str | None:
        """As ForwardWatch."""
        return self.inner.going_back

    def tick(self, state: ServiceState) -> Tick:
        """As the inner watch. A failure is reported after the previous values were restored."""
        tick = self.inner.tick(state)
        rolling_back = any(isinstance(event, Progress) and event.phase is Phase.ROLLING_BACK for event in tick.events)
        result = tick.result
        failed = result is not None and result.outcome in _RESTORE_AFTER
        if not rolling_back and not failed:
            return tick
        problem = self._restore()
        if result is None or not failed:
            return tick
        return replace(tick, result=self._with_values(result, problem))

    def give_up(self, cause: str) -> ServiceResult:
        """The outcome when watching ends before the rollout does."""
        return self.inner.give_up(cause)

    def service_missing(self) -> ServiceResult:
        """The outcome when the service does not exist any more."""
        return self.inner.service_missing()

    def start_revert(self, why: str) -> None:
        """From the next tick on, ask ECS to roll back."""
        self.inner.start_revert(why)

    def _restore(self) -> str | None:
        """Why the previous values are not restored; None if they are."""
        try:
            self.writer.restore()
        except (WriteRefused, OutOfReach, LockLost) as error:
            return str(error)
        return None

    def _with_values(self, result: ServiceResult, problem: str | None) -> ServiceResult:
        if problem is not None:
            return _needs_attention(result, f"the previous settings are not restored: {problem}", final=False)
        late = self._late_tasks()
        if late == 0:
            return result
        tasks = "how many tasks started" if late is None else f"{late} task{'s' if late > 1 else ''} started"
        prefix = "it is unknown " if late is None else ""
        again = f"`appdeploy restart -e {self.writer.environment} -s {result.service}` replaces them"
        return _needs_attention(result, f"{prefix}{tasks} before the previous settings were restored: {again}")

    def _late_tasks(self) -> int | None:
        """How many running tasks may have read the failed values; None if that cannot be read."""
        plan = self.rollout.plan
        try:
            settings = read_settings(self.clients.ssm, self.writer.environment, plan.contract.name)
            restored = max(settings[change.key].modified for change in plan.settings)
            created = task_creation_times(self.clients.ecs, self.rollout.service.cluster, self.rollout.service.arn)
        except (KeyError, *AwsError):
            return None
        # By AWS's clocks, never by ours: created after the snapshot and before the values were restored.
        return sum(1 for moment in created if plan.previous.snapshot.at < moment <= restored)


def _needs_attention(result: ServiceResult, problem: str, *, final: bool = True) -> ServiceResult:
    """The result of a rollback that is not complete: a person must check."""
    cause = f"{result.cause}; {problem}" if result.cause else problem
    return replace(result, outcome=Outcome.FAILED, cause=cause, final=result.final and final)
