"""What the official provider does with each resource type: the one place that says it.

Read from terraform-provider-aws v6.58.0 (`source`: the folder of internal/service and its functions) and from pulumi-aws' own
overlay, never run. Where the emulator cannot do what is said here, the type says so with an error (`unchangeable`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sandbox.provider.documents import Document, containers, lifecycle, policy, structure


class Sent(Enum):
    """What an update in place sends, tags aside: they have calls of their own."""

    CHANGED = "what changed"
    WHOLE = "everything"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One resource type."""

    source: str
    replaces: frozenset[str]
    """Inputs of which a change makes a new resource."""
    update: Sent
    auto_name: str | None = None
    """The input that is made from the logical name when the program leaves it out. Given by the program, it makes every
    replacement delete first: two resources cannot have one name (pulumi-terraform-bridge, nameRequiresDeleteBeforeReplace)."""
    always_delete_first: bool = False
    """The overlay's DeleteBeforeReplace (pulumi-aws, provider/resources.go)."""
    documents: Mapping[str, Document] = field(default_factory=dict)
    """Inputs that are JSON, and how two of them are compared."""
    computed: frozenset[str] = frozenset()
    """Inputs that, left out by the program, keep what AWS has."""


def _facts(
    source: str,
    replaces: str,
    update: Sent,
    *,
    name: str | None = None,
    always_delete_first: bool = False,
    documents: Mapping[str, Document] | None = None,
    computed: str = "",
) -> Facts:
    return Facts(
        source=source,
        replaces=frozenset(replaces.split()),
        update=update,
        auto_name=name,
        always_delete_first=always_delete_first,
        documents=documents or {},
        computed=frozenset(computed.split()),
    )


_CHANGED, _WHOLE, _NOTHING = Sent.CHANGED, Sent.WHOLE, Sent.NOTHING
_POLICY: Mapping[str, Document] = {"policy": policy}
_SCALED = "serviceNamespace resourceId scalableDimension"

FACTS: Mapping[str, Facts] = {
    # network
    "aws:ec2/vpc:Vpc": _facts("ec2: resourceVPCUpdate", "cidrBlock", _CHANGED),
    "aws:ec2/subnet:Subnet": _facts("ec2: resourceSubnetUpdate", "vpcId cidrBlock availabilityZone", _CHANGED),
    "aws:ec2/internetGateway:InternetGateway": _facts("ec2: resourceInternetGatewayUpdate", "", _CHANGED),
    "aws:ec2/eip:Eip": _facts("ec2: resourceEIPUpdate", "domain", _CHANGED),
    "aws:ec2/natGateway:NatGateway": _facts("ec2: resourceNATGatewayUpdate", "allocationId subnetId", _CHANGED),
    "aws:ec2/routeTable:RouteTable": _facts("ec2: resourceRouteTableUpdate", "vpcId", _CHANGED),
    "aws:ec2/route:Route": _facts("ec2: resourceRouteUpdate", "routeTableId destinationCidrBlock", _WHOLE),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _facts(
        "ec2: resourceRouteTableAssociationUpdate", "subnetId", _CHANGED
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _facts(
        "ec2: resourceVPCEndpointUpdate", "vpcId serviceName vpcEndpointType", _CHANGED, computed="privateDnsEnabled"
    ),
    "aws:ec2/flowLog:FlowLog": _facts(
        "ec2: resourceLogFlowCreate",
        "vpcId trafficType logDestination iamRoleArn maxAggregationInterval",
        _NOTHING,
    ),
    "aws:ec2/securityGroup:SecurityGroup": _facts(
        "ec2: resourceSecurityGroupUpdate", "name description vpcId", _NOTHING, name="name"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _facts("ec2: resourceDefaultSecurityGroupCreate", "vpcId", _NOTHING),
    # Another kind of source replaces as well (securityGroupRuleResource.ModifyPlan).
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _facts(
        "ec2: securityGroupRuleResource.Update", "securityGroupId", _WHOLE
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _facts(
        "ec2: securityGroupRuleResource.Update", "securityGroupId", _WHOLE
    ),
    # names and certificates
    "aws:acm/certificate:Certificate": _facts(
        "acm: resourceCertificateUpdate", "domainName subjectAlternativeNames validationMethod", _CHANGED
    ),
    "aws:acm/certificateValidation:CertificateValidation": _facts(
        "acm: resourceCertificateValidationCreate", "certificateArn validationRecordFqdns", _NOTHING
    ),
    "aws:route53/record:Record": _facts("route53: resourceRecordUpdate", "zoneId name", _WHOLE),
    # load balancing
    "aws:lb/loadBalancer:LoadBalancer": _facts(
        "elbv2: resourceLoadBalancerUpdate", "name internal loadBalancerType", _CHANGED, name="name"
    ),
    "aws:lb/listener:Listener": _facts("elbv2: resourceListenerUpdate", "loadBalancerArn", _WHOLE),
    "aws:lb/listenerRule:ListenerRule": _facts("elbv2: resourceListenerRuleUpdate", "listenerArn", _CHANGED),
    "aws:lb/targetGroup:TargetGroup": _facts(
        "elbv2: resourceTargetGroupUpdate", "name port protocol targetType vpcId", _CHANGED, name="name"
    ),
    "aws:wafv2/webAcl:WebAcl": _facts("wafv2: resourceWebACLUpdate", "name scope", _WHOLE, name="name"),
    "aws:wafv2/webAclAssociation:WebAclAssociation": _facts(
        "wafv2: resourceWebACLAssociationCreate", "resourceArn webAclArn", _NOTHING
    ),
    # containers
    "aws:ecs/cluster:Cluster": _facts("ecs: resourceClusterUpdate", "name", _WHOLE, name="name", computed="settings"),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _facts(
        "ecs: resourceClusterCapacityProvidersPut", "clusterName", _WHOLE
    ),
    "aws:ecs/taskDefinition:TaskDefinition": _facts(
        "ecs: resourceTaskDefinitionUpdate",
        "family cpu memory networkMode requiresCompatibilities executionRoleArn taskRoleArn containerDefinitions",
        _NOTHING,
        documents={"containerDefinitions": containers},
    ),
    "aws:ecs/service:Service": _facts(
        "ecs: resourceServiceUpdate",
        "name cluster launchType",
        _CHANGED,
        name="name",
        computed="deploymentConfiguration availabilityZoneRebalancing launchType",
    ),
    "aws:appautoscaling/target:Target": _facts(
        "appautoscaling: resourceTargetUpdate", _SCALED, _WHOLE, computed="roleArn suspendedState"
    ),
    "aws:appautoscaling/policy:Policy": _facts("appautoscaling: resourcePolicyPut", f"name {_SCALED}", _WHOLE, name="name"),
    "aws:ecr/repository:Repository": _facts("ecr: resourceRepositoryUpdate", "name", _CHANGED, name="name"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _facts(
        "ecr: resourceLifecyclePolicyCreate",
        "repository policy",
        _NOTHING,
        always_delete_first=True,
        documents={"policy": lifecycle},
    ),
    # data
    "aws:rds/subnetGroup:SubnetGroup": _facts("rds: resourceSubnetGroupUpdate", "name", _CHANGED, name="name"),
    "aws:rds/parameterGroup:ParameterGroup": _facts(
        "rds: resourceParameterGroupUpdate", "name family description", _CHANGED, name="name"
    ),
    "aws:rds/instance:Instance": _facts(
        "rds: resourceInstanceUpdate, dbInstancePopulateModify",
        "engine username dbName storageEncrypted",
        _CHANGED,
        name="identifier",
        computed="backupWindow maintenanceWindow port parameterGroupName dbSubnetGroupName vpcSecurityGroupIds "
        "performanceInsightsRetentionPeriod multiAz storageType",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _facts("elasticache: resourceSubnetGroupUpdate", "name", _CHANGED, name="name"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _facts(
        "elasticache: resourceReplicationGroupUpdate",
        "replicationGroupId port subnetGroupName atRestEncryptionEnabled",
        _CHANGED,
        name="replicationGroupId",
        computed="applyImmediately maintenanceWindow snapshotWindow securityGroupIds parameterGroupName "
        "replicasPerNodeGroup numNodeGroups autoMinorVersionUpgrade",
    ),
    "aws:dynamodb/table:Table": _facts(
        "dynamodb: resourceTableUpdate", "name hashKey rangeKey", _CHANGED, name="name", computed="pointInTimeRecovery"
    ),
    "aws:s3/bucket:Bucket": _facts("s3: resourceBucketUpdate", "bucket", _NOTHING, name="bucket"),
    "aws:s3/bucketVersioning:BucketVersioning": _facts("s3: resourceBucketVersioningUpdate", "bucket", _WHOLE),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _facts(
        "s3: resourceBucketServerSideEncryptionConfigurationUpdate", "bucket", _WHOLE
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _facts(
        "s3: resourceBucketPublicAccessBlockUpdate", "bucket", _WHOLE
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _facts("s3: resourceBucketPolicyPut", "bucket", _WHOLE, documents=_POLICY),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _facts(
        "s3: bucketLifecycleConfigurationResource.Update", "bucket", _WHOLE
    ),
    "aws:secretsmanager/secret:Secret": _facts("secretsmanager: resourceSecretUpdate", "name", _CHANGED, name="name"),
    "aws:secretsmanager/secretVersion:SecretVersion": _facts(
        "secretsmanager: resourceSecretVersionUpdate", "secretId secretString", _NOTHING
    ),
    "aws:ssm/parameter:Parameter": _facts("ssm: resourceParameterUpdate", "name", _WHOLE, name="name"),
    # rights and keys
    "aws:iam/role:Role": _facts(
        "iam: resourceRoleUpdate", "name", _CHANGED, name="name", documents={"assumeRolePolicy": policy}
    ),
    "aws:iam/policy:Policy": _facts("iam: resourcePolicyUpdate", "name description", _WHOLE, name="name", documents=_POLICY),
    "aws:iam/rolePolicy:RolePolicy": _facts("iam: resourceRolePolicyPut", "name role", _WHOLE, name="name", documents=_POLICY),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _facts(
        "iam: resourceRolePolicyAttachmentCreate", "role policyArn", _NOTHING, always_delete_first=True
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _facts("iam: resourceOpenIDConnectProviderUpdate", "url", _CHANGED),
    "aws:kms/key:Key": _facts("kms: resourceKeyUpdate", "", _CHANGED, documents=_POLICY),
    "aws:kms/alias:Alias": _facts("kms: resourceAliasUpdate", "name", _WHOLE, name="name"),
    # watching and telling
    "aws:cloudwatch/logGroup:LogGroup": _facts("logs: resourceGroupUpdate", "name", _CHANGED, name="name"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _facts(
        "logs: resourceMetricFilterPut", "name logGroupName", _WHOLE, name="name"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _facts("cloudwatch: resourceMetricAlarmUpdate", "name", _WHOLE, name="name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _facts(
        "cloudwatch: resourceCompositeAlarmUpdate", "alarmName actionsEnabled", _WHOLE
    ),
    "aws:cloudwatch/dashboard:Dashboard": _facts(
        "cloudwatch: resourceDashboardPut", "dashboardName", _WHOLE, documents={"dashboardBody": structure}
    ),
    "aws:cloudwatch/eventRule:EventRule": _facts(
        "events: resourceRuleUpdate", "name", _WHOLE, name="name", documents={"eventPattern": structure}, computed="state"
    ),
    "aws:cloudwatch/eventTarget:EventTarget": _facts("events: resourceTargetUpdate", "rule targetId", _WHOLE, name="targetId"),
    "aws:scheduler/schedule:Schedule": _facts("scheduler: resourceScheduleUpdate", "name", _WHOLE, name="name"),
    "aws:sns/topic:Topic": _facts("sns: resourceTopicUpdate", "name", _CHANGED, name="name"),
    "aws:sns/topicPolicy:TopicPolicy": _facts("sns: resourceTopicPolicyUpsert", "arn", _WHOLE, documents=_POLICY),
    "aws:sns/topicSubscription:TopicSubscription": _facts(
        "sns: resourceTopicSubscriptionUpdate", "topic protocol endpoint", _CHANGED
    ),
}
"""By token, as sandbox.provider.types registers them."""
