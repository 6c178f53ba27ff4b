"""The CloudWatch API: moto's, with metrics, alarms' states and composite alarms from the watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ResourceNotFound, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.emulator.alarms import documents
from sandbox.emulator.cloudwatch import composite, query
from sandbox.emulator.cloudwatch.series import Series, dimensions_of, known_statistic
from sandbox.emulator.cloudwatch.verdict import COMPARISONS, State
from sandbox.emulator.cloudwatch.watch import Watch

_POINTS = 1440
"""Of one GetMetricStatistics call (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html)."""
_UNCHECKED = "Unchecked: Initial alarm creation"


class CloudWatchApi(CloudWatchResponse):  # type: ignore[misc]
    """The class variable is set on the class that is installed."""

    watch: ClassVar[Watch]

    def call_action(self) -> Any:
        with self.watch.lock:
            return super().call_action()

    def delete_alarms(self) -> ActionResult:
        """With their tags, which moto keeps for the next alarm of that name."""
        backend = self.cloudwatch_backend
        arns = [backend.alarms[name].alarm_arn for name in self._get_param("AlarmNames", []) if name in backend.alarms]
        answer = super().delete_alarms()
        for arn in arns:
            backend.tagger.delete_all_tags_for_resource(arn)
        return answer

    def put_metric_data(self) -> ActionResult:
        namespace = str(self._get_param("Namespace"))
        if namespace.startswith("AWS/"):
            raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
        for datum in self._get_param("MetricData", []):
            self._put(Series.of(self.region, namespace, datum["MetricName"], _dimensions(datum)), datum)
        return EmptyResult()

    def _put(self, series: Series, datum: Mapping[str, Any]) -> None:
        metrics, unit = self.watch.metrics, datum.get("Unit") or "None"
        slot = metrics.slot(_aware(datum["Timestamp"]) if datum.get("Timestamp") else None)
        if datum.get("StatisticValues"):
            metrics.add_sums(series, datum["StatisticValues"], unit, slot)
            return
        values = datum.get("Values") or [datum.get("Value", 0)]
        counts = datum.get("Counts") or [1] * len(values)
        for value, count in zip(values, counts, strict=True):
            metrics.add(series, float(value), unit, float(count), slot)

    def list_metrics(self) -> ActionResult:
        namespace, name = self._get_param("Namespace"), self._get_param("MetricName")
        wanted = {item["Name"]: item.get("Value") for item in self._get_param("Dimensions", [])}
        found = [
            {
                "Namespace": series.namespace,
                "MetricName": series.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in series.dimensions],
            }
            for series in self.watch.metrics.list(self.region)
            if namespace in (None, series.namespace) and name in (None, series.name) and _has(series, wanted)
        ]
        return ActionResult({"Metrics": found})

    def get_metric_data(self) -> ActionResult:
        asked = self._get_params()
        start, end = _aware(asked["StartTime"]), _aware(asked["EndTime"])
        documents = asked.get("MetricDataQueries") or []
        if start >= end:
            raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
        period = max((int(each["MetricStat"]["Period"]) for each in documents if "MetricStat" in each), default=60)
        moments = list(_windows(start, end, period))
        try:
            queries = query.parse(self.region, documents)
        except query.QueryError as error:
            raise ValidationError(str(error)) from None
        values = query.evaluate(queries, lambda series: [self._window(series, moment, period) for moment in moments])
        newest_first = asked.get("ScanBy") != "TimestampAscending"
        results = []
        for each in queries:
            points = [(moment, value) for moment, value in zip(moments, values[each.id], strict=True) if value is not None]
            points = points[::-1] if newest_first else points
            result = {"Id": each.id, "Label": each.label, "StatusCode": "Complete"}
            results.append({**result, "Timestamps": [at for at, _ in points], "Values": [value for _, value in points]})
        shown = {each.id for each in queries if each.returned}
        return ActionResult({"MetricDataResults": [result for result in results if result["Id"] in shown]})

    def _window(self, series: Series, moment: datetime, period: int) -> Any:
        return self.watch.metrics.between(series, moment.timestamp(), moment.timestamp() + period)

    def get_metric_statistics(self) -> ActionResult:
        asked = self._get_params()
        names = [*(asked.get("Statistics") or []), *(asked.get("ExtendedStatistics") or [])]
        if not names:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        for name in names:
            _check_statistic(name)
        start, end, period = _aware(asked["StartTime"]), _aware(asked["EndTime"]), int(asked["Period"])
        if start >= end:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        moments = list(_windows(start, end, period))
        if len(moments) > _POINTS:
            raise InvalidParameterCombination(
                f"You have requested up to {len(moments)} datapoints, which exceeds the limit of {_POINTS}."
            )
        series = Series.of(self.region, asked["Namespace"], asked["MetricName"], _dimensions(asked))
        points = []
        for moment in moments:
            bucket = self._window(series, moment, period)
            found = {name: bucket.statistic(name) for name in names} if bucket else {}
            plain = {name: value for name, value in found.items() if value is not None and not name.startswith("p")}
            extended = {name: value for name, value in found.items() if value is not None and name.startswith("p")}
            if plain or extended:
                more = {"ExtendedStatistics": extended} if extended else {}
                points.append({"Timestamp": moment, "Unit": bucket.unit, **plain, **more})
        return ActionResult({"Label": asked["MetricName"], "Datapoints": points})

    def put_metric_alarm(self) -> ActionResult:
        asked = self._get_params()
        if asked.get("ComparisonOperator") not in COMPARISONS:
            raise ValidationError(f"the sandbox has no alarms with the operator {asked.get('ComparisonOperator')}")
        former = self.cloudwatch_backend.alarms.get(asked["AlarmName"])
        made = super().put_metric_alarm()
        alarm = self.cloudwatch_backend.alarms[asked["AlarmName"]]
        try:
            returned = [each for each in query.parse(self.region, documents(alarm)) if each.returned]
            if len(returned) != 1:
                raise query.QueryError("exactly one element of the metrics list should return data")
        except query.QueryError as error:
            self._put_back(asked["AlarmName"], former)
            raise ValidationError(str(error)) from None
        _keep_state(alarm, former)
        return made

    def put_composite_alarm(self) -> ActionResult:
        name, rule = self._get_param("AlarmName"), str(self._get_param("AlarmRule"))
        if self._get_param("ActionsSuppressor"):
            raise ValidationError("the sandbox has no action suppressors")
        try:
            children = composite.parse(rule).children
        except composite.RuleError as error:
            raise ValidationError(str(error)) from None
        backend = self.cloudwatch_backend
        unknown = [child for child in children if child not in backend.alarms or child == name]
        if unknown:
            raise ValidationError(f"Could not save the composite alarm as alarms {unknown} in the alarm rule do not exist")
        former = backend.alarms.get(name)
        super().put_metric_alarm()
        _keep_state(backend.alarms[name], former)
        self.watch.judge_composites(backend)
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        """Without AlarmTypes "only metric alarms are returned" (API reference, DescribeAlarms).

        All filters that are given hold; moto takes the first one alone.
        """
        found = super().describe_alarms()
        kinds, state = self._get_param("AlarmTypes") or ["MetricAlarm"], self._get_param("StateValue")
        for kind, member in (("MetricAlarm", "MetricAlarms"), ("CompositeAlarm", "CompositeAlarms")):
            alarms = found.result[member] if kind in kinds else []
            found.result[member] = [alarm for alarm in alarms if state in (None, alarm.state_value)]
        return found

    def set_alarm_state(self) -> ActionResult:
        name, state = self._get_param("AlarmName"), self._get_param("StateValue")
        if name not in self.cloudwatch_backend.alarms:
            raise ResourceNotFound
        if state not in list(State):
            raise ValidationError(f"Value '{state}' at 'stateValue' failed to satisfy constraint: one of {list(State)}")
        reason, data = self._get_param("StateReason"), self._get_param("StateReasonData")
        self.watch.set_state(self.cloudwatch_backend, name, State(state), reason, data)
        return EmptyResult()

    def _put_back(self, name: str, former: Any) -> None:
        del self.cloudwatch_backend.alarms[name]
        if former is not None:
            self.cloudwatch_backend.alarms[name] = former


def _keep_state(alarm: Any, former: Any) -> None:
    """A new alarm knows nothing yet; "when you update an existing alarm, its state is left unchanged" (PutMetricAlarm)."""
    if former is None:
        alarm.state_value, alarm.state_reason = State.INSUFFICIENT_DATA.value, _UNCHECKED
        return
    alarm.state_value, alarm.state_reason = former.state_value, former.state_reason
    alarm.state_updated_timestamp, alarm.history = former.state_updated_timestamp, former.history


def _check_statistic(name: str) -> None:
    if not known_statistic(name):
        raise InvalidParameterValue(f"The value {name} for parameter ExtendedStatistics is not supported.")


def _dimensions(document: Mapping[str, Any]) -> dict[str, str]:
    return dimensions_of(document.get("Dimensions") or [])


def _has(series: Series, wanted: Mapping[str, str | None]) -> bool:
    present = dict(series.dimensions)
    return all(name in present and value in (None, present[name]) for name, value in wanted.items())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _windows(start: datetime, end: datetime, period: int) -> Iterator[datetime]:
    """Beginnings of the periods that begin in the asked time; "rounded down" to a multiple of the period."""
    seconds = int(start.timestamp()) // period * period
    moment = datetime.fromtimestamp(seconds, UTC)
    while moment < end:
        yield moment
        moment += timedelta(seconds=period)
