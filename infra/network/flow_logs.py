"""The VPC's flow log: accepted and rejected connections, for when one fails (Security Hub EC2.6)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.iam.documents import Statement, assume_role_policy, policy
from infra.network.settings import Traffic

TRAFFIC_TYPES: dict[Traffic, str] = {"rejected": "REJECT", "all": "ALL"}
AGGREGATION_SECONDS = 60
"""AWS accepts 60 or 600 (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html); the shorter one shows an
incident while it lasts."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs(ComponentArgs):
    """Recorded traffic, and retention."""

    account: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    traffic: Traffic
    retention_days: int


class FlowLogs(Component):
    """The VPC's flow log, its log group, and the role that writes to that group alone."""

    TYPE = "axonflow:platform:FlowLogs"

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        group = aws.cloudwatch.LogGroup(
            name, name=args.names.flow_log_group, retention_in_days=args.retention_days, opts=self.child()
        )
        role = aws.iam.Role(
            name,
            name=f"{args.names.stack}-flow-logs",
            description="VPC flow logs write with it",
            assume_role_policy=assume_role_policy("vpc-flow-logs.amazonaws.com", args.account),
            opts=self.child(),
        )
        written = aws.iam.RolePolicy(name, name="write-logs", role=role.name, policy=_write(group), opts=self.child())
        aws.ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            traffic_type=TRAFFIC_TYPES[args.traffic],
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=AGGREGATION_SECONDS,
            opts=self.child(depends_on=[written]),
        )
        self.register_outputs({})


def _write(group: aws.cloudwatch.LogGroup) -> pulumi.Output[str]:
    """docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html, without the creation of groups: this one exists.
    Groups are listed without a resource (Service Authorization Reference of CloudWatch Logs)."""
    actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    return policy(
        Statement(reason="write the flow log", actions=actions, resources=[group.arn, pulumi.Output.concat(group.arn, ":*")]),
        Statement(reason="find its group", actions=["logs:DescribeLogGroups"], resources=["*"]),
    )
