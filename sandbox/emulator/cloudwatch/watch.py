"""The watch: once a minute what AWS reports is measured and every alarm is judged; who is to be told is told.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html. A minute is as long as the timings have it, and
so are an alarm's periods.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.emulator.alarms import documents, period_of
from sandbox.emulator.clock import Clock
from sandbox.emulator.cloudwatch import composite, gauges, message, query
from sandbox.emulator.cloudwatch.series import Bucket, Metrics, Series
from sandbox.emulator.cloudwatch.verdict import COMPARISONS, LOOKED_AT_BESIDE, Missing, State, judge
from sandbox.emulator.ecs.scheduler import Scheduler
from sandbox.emulator.elb.targets import TargetTable
from sandbox.emulator.topics import publish

_MINUTE = 60
_ACTIONS = {
    State.OK: "ok_actions",
    State.ALARM: "alarm_actions",
    State.INSUFFICIENT_DATA: "insufficient_data_actions",
}


class Watch:
    """Measures and judges. `lock` is held while alarms change; the API takes it too."""

    def __init__(self, clock: Clock, metrics: Metrics, targets: TargetTable, scheduler: Scheduler) -> None:
        self.lock = threading.RLock()
        self.metrics = metrics
        self._clock = clock
        self._targets = targets
        self._scheduler = scheduler
        self._slot = metrics.slot()

    def step(self) -> None:
        """Do what is due when a minute has ended."""
        slot = self.metrics.slot()
        if slot <= self._slot:
            return
        self._slot = slot
        with self._scheduler.lock:
            measured = list(gauges.sample(self.metrics, self._targets, slot - 1))
        for series, value, unit in measured:
            self.metrics.add(series, value, unit, slot=slot - 1)
        with self.lock:
            for backend in _backends():
                self._judge_all(backend, slot)

    def set_state(self, backend: Any, name: str, state: State, reason: str, data: str | None) -> None:
        """What SetAlarmState asks for: the state holds until the next evaluation finds another one."""
        self._change(backend, backend.alarms[name], state, reason, data or "{}")
        self.judge_composites(backend)

    def judge_composites(self, backend: Any) -> None:
        """Composite alarms follow their children at once, also through one another."""
        composites = [alarm for alarm in backend.alarms.values() if alarm.rule is not None]
        for _ in composites:
            if not any([self._judge_composite(backend, alarm) for alarm in composites]):
                return

    def _judge_all(self, backend: Any, slot: int) -> None:
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None:
                self._judge(backend, alarm, slot)
        self.judge_composites(backend)

    def _judge(self, backend: Any, alarm: Any, slot: int) -> None:
        periods, needed = int(alarm.evaluation_periods), int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
        length = max(1, round(period_of(alarm) / _MINUTE))
        starts = [slot - length * back for back in range(periods + LOOKED_AT_BESIDE, 0, -1)]

        def look(series: Series) -> list[Bucket | None]:
            return [self.metrics.over(series, start, start + length) for start in starts]

        queries = query.parse(backend.region_name, documents(alarm))
        values = query.evaluate(queries, look)[next(each.id for each in queries if each.returned)]
        breaches, threshold = COMPARISONS[alarm.comparison_operator], float(alarm.threshold)
        breaching = [None if value is None else breaches(value, threshold) for value in values]
        present = State(alarm.state_value)
        state = judge(breaching, periods, needed, Missing(alarm.treat_missing_data or Missing.MISSING), present)
        if state is not present:
            points = list(zip(map(self._moment, starts), values, strict=True))[-periods:]
            self._change(backend, alarm, state, message.reason(alarm, state, points, needed), "{}")

    def _moment(self, slot: int) -> datetime:
        return datetime.fromtimestamp(slot * self.metrics.minute, UTC)

    def _judge_composite(self, backend: Any, alarm: Any) -> bool:
        rule = composite.parse(alarm.rule)

        def state_of(name: str) -> State:
            child = backend.alarms.get(name)
            return State(child.state_value) if child else State.INSUFFICIENT_DATA

        state = State.ALARM if rule.holds(state_of) else State.OK
        if state is State(alarm.state_value):
            return False
        word = "is" if state is State.ALARM else "is not"
        self._change(backend, alarm, state, f"The rule {alarm.rule} {word} fulfilled.", "{}")
        return True

    def _change(self, backend: Any, alarm: Any, state: State, reason: str, data: str) -> None:
        former, now = alarm.state_value, self._clock.now()
        alarm.update_state(reason, data, state.value)
        alarm.state_updated_timestamp = now.replace(tzinfo=None)
        if alarm.actions_enabled and former != state.value:
            children = [] if alarm.rule is None else _ringing(backend, alarm.rule)
            sent = message.text(alarm, backend.account_id, former, now, children)
            publish(getattr(alarm, _ACTIONS[state]), sent, message.subject(alarm))


def _ringing(backend: Any, rule: str) -> list[Any]:
    children = [backend.alarms[name] for name in composite.parse(rule).children if name in backend.alarms]
    return [child for child in children if child.state_value == State.ALARM]


def _backends() -> Iterator[Any]:
    for regions in list(cloudwatch_backends.values()):
        yield from list(regions.values())
