"""CloudWatch log groups."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF


class LogGroup(ResourceType):
    token = "aws:cloudwatch/logGroup:LogGroup"
    inputs = {"name": LEAF, "retentionInDays": LEAF}
    replace_on = frozenset({"name"})
    name_property = "name"
    tagger = tagging.LOGS

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

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("logs").delete_log_group(logGroupName=identifier)
