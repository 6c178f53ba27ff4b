"""The listing calls of AWS: one row for each kind of thing that a single call lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One listing call of which each item is a resource."""

    kind: str
    service: str
    call: str
    items: str
    identifier: str
    """The id, as a format of the item."""
    told_by: Mapping[str, str] = field(default_factory=dict)
    """Inputs of the type, with where the item has them."""
    asked: Mapping[str, Any] = field(default_factory=dict)


_NAME = "tag Name"
ROWS = (
    Row("ec2/vpc:Vpc", "ec2", "describe_vpcs", "Vpcs", "{VpcId}", {_NAME: _NAME}),
    Row("ec2/subnet:Subnet", "ec2", "describe_subnets", "Subnets", "{SubnetId}", {_NAME: _NAME}),
    Row("ec2/internetGateway:InternetGateway", "ec2", "describe_internet_gateways", "InternetGateways", "{InternetGatewayId}"),
    Row("ec2/natGateway:NatGateway", "ec2", "describe_nat_gateways", "NatGateways", "{NatGatewayId}", {_NAME: _NAME}),
    Row("ec2/eip:Eip", "ec2", "describe_addresses", "Addresses", "{AllocationId}", {_NAME: _NAME}),
    Row("ec2/vpcEndpoint:VpcEndpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "{VpcEndpointId}"),
    Row("ec2/flowLog:FlowLog", "ec2", "describe_flow_logs", "FlowLogs", "{FlowLogId}"),
    Row("iam/role:Role", "iam", "list_roles", "Roles", "{RoleName}", {"name": "RoleName"}),
    Row("iam/policy:Policy", "iam", "list_policies", "Policies", "{Arn}", {"name": "PolicyName"}, {"Scope": "Local"}),
    Row("cloudwatch/logGroup:LogGroup", "logs", "describe_log_groups", "logGroups", "{logGroupName}", {"name": "logGroupName"}),
    Row("cloudwatch/logMetricFilter:LogMetricFilter", "logs", "describe_metric_filters", "metricFilters", "{filterName}"),
    Row(
        "cloudwatch/metricAlarm:MetricAlarm",
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "{AlarmName}",
        {"name": "AlarmName"},
    ),
    Row(
        "cloudwatch/dashboard:Dashboard",
        "cloudwatch",
        "list_dashboards",
        "DashboardEntries",
        "{DashboardName}",
        {"dashboardName": "DashboardName"},
    ),
    Row("cloudwatch/eventRule:EventRule", "events", "list_rules", "Rules", "{Name}", {"name": "Name"}),
    Row("sns/topic:Topic", "sns", "list_topics", "Topics", "{TopicArn}", {"name": "last of ARN"}),
    Row("ssm/parameter:Parameter", "ssm", "describe_parameters", "Parameters", "{Name}", {"name": "Name"}),
    Row("secretsmanager/secret:Secret", "secretsmanager", "list_secrets", "SecretList", "{ARN}", {"name": "Name"}),
    Row(
        "ecr/repository:Repository",
        "ecr",
        "describe_repositories",
        "repositories",
        "{repositoryName}",
        {"name": "repositoryName"},
    ),
    Row("dynamodb/table:Table", "dynamodb", "list_tables", "TableNames", "{}"),
    Row("acm/certificate:Certificate", "acm", "list_certificates", "CertificateSummaryList", "{CertificateArn}"),
    Row(
        "lb/loadBalancer:LoadBalancer",
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "{LoadBalancerArn}",
        {"name": "LoadBalancerName"},
    ),
    Row(
        "lb/targetGroup:TargetGroup",
        "elbv2",
        "describe_target_groups",
        "TargetGroups",
        "{TargetGroupArn}",
        {"name": "TargetGroupName"},
    ),
    Row("rds/instance:Instance", "rds", "describe_db_instances", "DBInstances", "{DBInstanceIdentifier}"),
    Row("rds/subnetGroup:SubnetGroup", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "{DBSubnetGroupName}"),
    Row(
        "rds/parameterGroup:ParameterGroup",
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "{DBParameterGroupName}",
    ),
    Row(
        "elasticache/replicationGroup:ReplicationGroup",
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroups",
        "{ReplicationGroupId}",
    ),
    Row(
        "elasticache/subnetGroup:SubnetGroup",
        "elasticache",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        "{CacheSubnetGroupName}",
    ),
    Row("ecs/cluster:Cluster", "ecs", "list_clusters", "clusterArns", "{}"),
    Row(
        "appautoscaling/target:Target",
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "{ResourceId}",
        {"resourceId": "ResourceId"},
        {"ServiceNamespace": "ecs"},
    ),
    Row(
        "appautoscaling/policy:Policy",
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        "{PolicyName}",
        {"name": "PolicyName"},
        {"ServiceNamespace": "ecs"},
    ),
)
