"""Flow logs of VPCs."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF

_GROUP = ":log-group:"


class FlowLog(ResourceType):
    """A VPC's flow log to CloudWatch Logs. AWS cannot change one, so every change makes a new one."""

    token = "aws:ec2/flowLog:FlowLog"
    inputs = {
        "vpcId": LEAF,
        "trafficType": LEAF,
        "logDestination": LEAF,
        "iamRoleArn": LEAF,
        "maxAggregationInterval": LEAF,
    }
    tagger = tagging.EC2

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        made = aws("ec2").create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[inputs["vpcId"]],
            TrafficType=inputs["trafficType"],
            # By name and not by ARN: the emulator looks up the one and not the other. AWS takes both.
            LogGroupName=inputs["logDestination"].split(_GROUP)[1],
            DeliverLogsPermissionArn=inputs["iamRoleArn"],
            MaxAggregationInterval=inputs.get("maxAggregationInterval", 600),
            TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": tags}] if tags else [],
        )
        return str(made["FlowLogIds"][0])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_flow_logs(FlowLogIds=[identifier])["FlowLogs"])
        if not found:
            return None
        log, account = found[0], found[0]["DeliverLogsPermissionArn"].split(":")[4]
        return {
            "arn": f"arn:aws:ec2:{aws.region}:{account}:vpc-flow-log/{identifier}",
            "vpcId": log["ResourceId"],
            "trafficType": log["TrafficType"],
            "logDestination": f"arn:aws:logs:{aws.region}:{account}{_GROUP}{log['LogGroupName']}",
            "iamRoleArn": log["DeliverLogsPermissionArn"],
            "maxAggregationInterval": log["MaxAggregationInterval"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("ec2").delete_flow_logs(FlowLogIds=[identifier])
