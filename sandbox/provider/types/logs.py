"""CloudWatch log groups."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType
from sandbox.provider.shape import LEAF


class LogGroup(DeletedById):
    token = "aws:cloudwatch/logGroup:LogGroup"
    inputs = {"name": LEAF, "retentionInDays": LEAF}
    tagger = tagging.LOGS
    delete_call = "logs", "delete_log_group", "logGroupName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("logs").create_log_group(logGroupName=inputs["name"], tags=inputs["tagsAll"])
        self.update(aws, inputs["name"], {}, inputs)
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        days = new.get("retentionInDays", 0)
        if days:
            aws("logs").put_retention_policy(logGroupName=identifier, retentionInDays=days)
        elif old.get("retentionInDays"):
            aws("logs").delete_retention_policy(logGroupName=identifier)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        groups = aws("logs").describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
        group = next((item for item in groups if item["logGroupName"] == identifier), None)
        if group is None:
            return None
        # The real provider gives the ARN without the `:*` that AWS appends to it.
        return {
            "arn": group["arn"].removesuffix(":*"),
            "name": identifier,
            "retentionInDays": group.get("retentionInDays", 0),
        }


class MetricFilter(ResourceType):
    """A metric made of the log lines that a pattern finds."""

    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    inputs = {
        "name": LEAF,
        "logGroupName": LEAF,
        "pattern": LEAF,
        "metricTransformation": {"name": LEAF, "namespace": LEAF, "value": LEAF},
    }
    TRANSFORMATION = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = {self.TRANSFORMATION[name]: value for name, value in inputs["metricTransformation"].items()}
        aws("logs").put_metric_filter(
            logGroupName=inputs["logGroupName"],
            filterName=inputs["name"],
            filterPattern=inputs["pattern"],
            metricTransformations=[made],
        )
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        # AWS overwrites a filter that is put again; moto keeps the former one.
        self.delete(aws, identifier, old)
        self.create(aws, new)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        group = state["logGroupName"]
        found = aws("logs").describe_metric_filters(logGroupName=group, filterNamePrefix=identifier)["metricFilters"]
        for each in found:
            if each["filterName"] == identifier:
                made = each["metricTransformations"][0]
                shown = {name: made[member] for name, member in self.TRANSFORMATION.items()}
                return {
                    "name": identifier,
                    "logGroupName": group,
                    "pattern": each["filterPattern"],
                    "metricTransformation": shown,
                }
        return None

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("logs").delete_metric_filter(logGroupName=state["logGroupName"], filterName=identifier)
