"""The resource types that the sandbox knows, by token."""

from __future__ import annotations

from sandbox.provider.resource import ResourceType
from sandbox.provider.types import (
    dynamodb,
    ec2,
    ecr,
    ecs,
    elasticache,
    elb,
    endpoints,
    flow_logs,
    iam,
    logs,
    rds,
    secrets_manager,
    security_groups,
    ssm,
)

_TYPES: tuple[type[ResourceType], ...] = (
    ec2.Vpc,
    ec2.Subnet,
    ec2.InternetGateway,
    ec2.ElasticIp,
    ec2.NatGateway,
    ec2.RouteTable,
    ec2.Route,
    ec2.RouteTableAssociation,
    endpoints.VpcEndpoint,
    flow_logs.FlowLog,
    security_groups.SecurityGroup,
    security_groups.IngressRule,
    security_groups.EgressRule,
    elb.LoadBalancer,
    elb.Listener,
    elb.ListenerRule,
    elb.TargetGroup,
    ecs.Cluster,
    ecs.TaskDefinition,
    ecs.Service,
    iam.Role,
    iam.Policy,
    iam.RolePolicy,
    iam.RolePolicyAttachment,
    logs.LogGroup,
    ecr.Repository,
    ecr.LifecyclePolicy,
    dynamodb.Table,
    rds.SubnetGroup,
    rds.ParameterGroup,
    rds.Instance,
    elasticache.SubnetGroup,
    elasticache.ReplicationGroup,
    secrets_manager.Secret,
    secrets_manager.SecretVersion,
    ssm.Parameter,
)

RESOURCE_TYPES: dict[str, ResourceType] = {kind.token: kind() for kind in _TYPES}
