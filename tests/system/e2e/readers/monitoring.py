"""IAM and monitoring: IAM, CloudWatch, EventBridge, SNS, CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.system.e2e.readers.model import Client, Live, Reader, camel, tags

Inputs = Mapping[str, Any]


def role(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("iam").get_role(RoleName=inputs["name"])["Role"]
    return {
        **camel(found),
        "name": found["RoleName"],
        "assumeRolePolicy": found["AssumeRolePolicyDocument"],
        "permissionsBoundary": found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tagsAll": tags(found.get("Tags", [])),
    }


def policy(client: Client, identifier: str, inputs: Inputs) -> Live:
    iam = client("iam")
    found = iam.get_policy(PolicyArn=identifier)["Policy"]
    version = iam.get_policy_version(PolicyArn=identifier, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return {
        "name": found["PolicyName"],
        "description": found.get("Description"),
        "policy": version["Document"],
        "tagsAll": tags(found.get("Tags", [])),
    }


def role_policy(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("iam").get_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"])
    return {"role": found["RoleName"], "name": found["PolicyName"], "policy": found["PolicyDocument"]}


def attachment(client: Client, identifier: str, inputs: Inputs) -> Live:
    attached = client("iam").list_attached_role_policies(RoleName=inputs["role"])["AttachedPolicies"]
    arns = [each["PolicyArn"] for each in attached]
    return {"role": inputs["role"], "policyArn": next((arn for arn in arns if arn == inputs["policyArn"]), arns)}


def alarm(client: Client, identifier: str, inputs: Inputs) -> Live:
    cloudwatch = client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=[inputs["name"]])["MetricAlarms"]
    return {
        **camel(found),
        "name": found["AlarmName"],
        "okActions": found["OKActions"],
        "metricQueries": [_query(each) for each in found["Metrics"]],
        "tagsAll": tags(cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]),
    }


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """Pulumi has metric, period and statistic in one, and dimensions as a mapping."""
    read = dict(camel(query))
    stat = query.get("MetricStat")
    if stat:
        dimensions = {each["Name"]: each["Value"] for each in stat["Metric"].get("Dimensions", [])}
        read["metric"] = {**camel(stat["Metric"]), "dimensions": dimensions, "period": stat["Period"], "stat": stat["Stat"]}
    return read


def dashboard(client: Client, identifier: str, inputs: Inputs) -> Live:
    return dict(camel(client("cloudwatch").get_dashboard(DashboardName=inputs["dashboardName"])))


def event_rule(client: Client, identifier: str, inputs: Inputs) -> Live:
    events = client("events")
    found = events.describe_rule(Name=inputs["name"])
    return {**camel(found), "tagsAll": tags(events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"])}


def event_target(client: Client, identifier: str, inputs: Inputs) -> Live:
    targets = client("events").list_targets_by_rule(Rule=inputs["rule"])["Targets"]
    [found] = [each for each in targets if each["Id"] == inputs["targetId"]]
    transformer = found.get("InputTransformer")
    message = {}
    if transformer:
        sent = {"inputPaths": transformer["InputPathsMap"], "inputTemplate": transformer["InputTemplate"]}
        message = {"inputTransformer": sent}
    return {**camel(found), **message, "targetId": found["Id"], "rule": inputs["rule"]}


def log_group(client: Client, identifier: str, inputs: Inputs) -> Live:
    logs = client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=inputs["name"])["logGroups"]
    [found] = [each for each in groups if each["logGroupName"] == inputs["name"]]
    given = logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"]
    return {**found, "name": found["logGroupName"], "tagsAll": given}


def metric_filter(client: Client, identifier: str, inputs: Inputs) -> Live:
    asked = {"logGroupName": inputs["logGroupName"], "filterNamePrefix": inputs["name"]}
    [found] = client("logs").describe_metric_filters(**asked)["metricFilters"]
    [made] = found["metricTransformations"]
    transformation = {"name": made["metricName"], "namespace": made["metricNamespace"], "value": made["metricValue"]}
    return {
        "name": found["filterName"],
        "logGroupName": found["logGroupName"],
        "pattern": found["filterPattern"],
        "metricTransformation": transformation,
    }


def topic(client: Client, identifier: str, inputs: Inputs) -> Live:
    sns = client("sns")
    attributes = sns.get_topic_attributes(TopicArn=identifier)["Attributes"]
    return {
        "name": attributes["TopicArn"].rsplit(":", 1)[1],
        "kmsMasterKeyId": attributes.get("KmsMasterKeyId"),
        "tagsAll": tags(sns.list_tags_for_resource(ResourceArn=identifier)["Tags"]),
    }


def topic_policy(client: Client, identifier: str, inputs: Inputs) -> Live:
    attributes = client("sns").get_topic_attributes(TopicArn=inputs["arn"])["Attributes"]
    return {"arn": attributes["TopicArn"], "policy": attributes["Policy"]}


READERS: Mapping[str, Reader] = {
    "aws:iam/role:Role": role,
    "aws:iam/policy:Policy": policy,
    "aws:iam/rolePolicy:RolePolicy": role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attachment,
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
    "aws:cloudwatch/dashboard:Dashboard": dashboard,
    "aws:cloudwatch/eventRule:EventRule": event_rule,
    "aws:cloudwatch/eventTarget:EventTarget": event_target,
    "aws:cloudwatch/logGroup:LogGroup": log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": metric_filter,
    "aws:sns/topic:Topic": topic,
    "aws:sns/topicPolicy:TopicPolicy": topic_policy,
}
