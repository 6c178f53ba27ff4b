"""CloudWatch: alarms on metrics, alarms on alarms, dashboards."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF

_ACTIONS = {
    "alarmDescription": "AlarmDescription",
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "okActions": "OKActions",
    "insufficientDataActions": "InsufficientDataActions",
}
"""What all alarms have, under Pulumi's name and the API's."""


def _call(inputs: Properties, names: dict[str, str]) -> dict[str, Any]:
    return {parameter: inputs[name] for name, parameter in names.items() if inputs.get(name) is not None}


def _read(alarm: dict[str, Any], names: dict[str, str]) -> Properties:
    return {name: alarm[parameter] for name, parameter in names.items() if parameter in alarm}


def _to_pairs(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _from_pairs(dimensions: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in dimensions}


class MetricAlarm(ResourceType):
    """An alarm on one metric, or on an expression over several. A put replaces everything, its state aside."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    NAMES = {
        **_ACTIONS,
        "comparisonOperator": "ComparisonOperator",
        "evaluationPeriods": "EvaluationPeriods",
        "datapointsToAlarm": "DatapointsToAlarm",
        "threshold": "Threshold",
        "treatMissingData": "TreatMissingData",
        "metricName": "MetricName",
        "namespace": "Namespace",
        "statistic": "Statistic",
        "extendedStatistic": "ExtendedStatistic",
        "period": "Period",
    }
    METRIC = {"metricName": "MetricName", "namespace": "Namespace"}
    inputs = {
        "name": LEAF,
        **dict.fromkeys(NAMES, LEAF),
        "dimensions": LEAF,
        "metricQueries": {
            **dict.fromkeys(("id", "expression", "label", "returnData"), LEAF),
            "metric": dict.fromkeys(("metricName", "namespace", "period", "stat", "dimensions"), LEAF),
        },
    }
    tagger = tagging.CLOUDWATCH

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("cloudwatch").put_metric_alarm(**self._put(inputs), Tags=tagging.pairs(inputs["tagsAll"]))
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("cloudwatch").put_metric_alarm(**self._put(new))

    def _put(self, inputs: Properties) -> dict[str, Any]:
        sent: dict[str, Any] = {"AlarmName": inputs["name"], **_call(inputs, self.NAMES)}
        if "dimensions" in inputs:
            sent["Dimensions"] = _to_pairs(inputs["dimensions"])
        if "metricQueries" in inputs:
            sent["Metrics"] = [self._to_query(query) for query in inputs["metricQueries"]]
        return sent

    def _to_query(self, query: Properties) -> dict[str, Any]:
        sent = _call(query, {"id": "Id", "expression": "Expression", "label": "Label"})
        sent["ReturnData"] = query.get("returnData", False)
        if "metric" in query:
            metric = query["metric"]
            named = {**_call(metric, self.METRIC), "Dimensions": _to_pairs(metric.get("dimensions", {}))}
            sent["MetricStat"] = {"Metric": named, "Period": metric["period"], "Stat": metric["stat"]}
        return sent

    def _from_query(self, query: dict[str, Any]) -> Properties:
        found: Properties = _read(query, {"id": "Id", "expression": "Expression", "label": "Label", "returnData": "ReturnData"})
        if "MetricStat" in query:
            stat = query["MetricStat"]
            dimensions = _from_pairs(stat["Metric"].get("Dimensions", []))
            named = _read(stat["Metric"], self.METRIC)
            found["metric"] = {**named, "dimensions": dimensions, "period": stat["Period"], "stat": stat["Stat"]}
        return found

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = aws("cloudwatch").describe_alarms(AlarmNames=[identifier])["MetricAlarms"]
        if not found:
            return None
        alarm = found[0]
        return {
            "arn": alarm["AlarmArn"],
            "name": alarm["AlarmName"],
            **_read(alarm, self.NAMES),
            "dimensions": _from_pairs(alarm.get("Dimensions", [])),
            "metricQueries": [self._from_query(query) for query in alarm.get("Metrics", [])],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("cloudwatch").delete_alarms(AlarmNames=[identifier])


class CompositeAlarm(ResourceType):
    token = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    NAMES = {**_ACTIONS, "alarmRule": "AlarmRule"}
    inputs = {"alarmName": LEAF, **dict.fromkeys(NAMES, LEAF)}
    tagger = tagging.CLOUDWATCH

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("cloudwatch").put_composite_alarm(**self._put(inputs), Tags=tagging.pairs(inputs["tagsAll"]))
        return str(inputs["alarmName"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("cloudwatch").put_composite_alarm(**self._put(new))

    def _put(self, inputs: Properties) -> dict[str, Any]:
        return {"AlarmName": inputs["alarmName"], **_call(inputs, self.NAMES)}

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = aws("cloudwatch").describe_alarms(AlarmNames=[identifier], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        if not found:
            return None
        return {"arn": found[0]["AlarmArn"], "alarmName": identifier, **_read(found[0], self.NAMES)}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("cloudwatch").delete_alarms(AlarmNames=[identifier])


class Dashboard(ResourceType):
    token = "aws:cloudwatch/dashboard:Dashboard"
    inputs = {"dashboardName": LEAF, "dashboardBody": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("cloudwatch").put_dashboard(DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"])
        return str(inputs["dashboardName"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        self.create(aws, new)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("cloudwatch").get_dashboard(DashboardName=identifier))
        if found is None:
            return None
        body = {"dashboardArn": found["DashboardArn"], "dashboardBody": found["DashboardBody"]}
        return {"dashboardName": identifier, **body}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("cloudwatch").delete_dashboards(DashboardNames=[identifier])
