"""Caches of ElastiCache: the replication group and its subnets."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF
from sandbox.provider.waiting import wait_for

_CREATED_WITHIN_SECONDS = 60 * 60.0
"""The real provider's own limit (registry.terraform.io/providers/hashicorp/aws, elasticache_replication_group: Timeouts)."""


class SubnetGroup(DeletedById):
    """Its subnets cannot be changed here: the emulator has no such call."""

    token = "aws:elasticache/subnetGroup:SubnetGroup"
    inputs = {"name": LEAF, "description": LEAF, "subnetIds": LEAF}
    unchangeable = frozenset({"description", "subnetIds"})
    tagger = tagging.ELASTICACHE
    delete_call = "elasticache", "delete_cache_subnet_group", "CacheSubnetGroupName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("elasticache").create_cache_subnet_group(
            CacheSubnetGroupName=inputs["name"],
            CacheSubnetGroupDescription=inputs.get("description", "Managed by Pulumi"),
            SubnetIds=inputs["subnetIds"],
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(inputs["name"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=identifier))
        if found is None:
            return None
        group = found["CacheSubnetGroups"][0]
        return {
            "arn": group["ARN"],
            "name": group["CacheSubnetGroupName"],
            "description": group["CacheSubnetGroupDescription"],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "vpcId": group["VpcId"],
        }


_SENT = {
    "replicationGroupId": "ReplicationGroupId",
    "description": "ReplicationGroupDescription",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "parameterGroupName": "CacheParameterGroupName",
    "nodeType": "CacheNodeType",
    "port": "Port",
    "numNodeGroups": "NumNodeGroups",
    "replicasPerNodeGroup": "ReplicasPerNodeGroup",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "multiAzEnabled": "MultiAZEnabled",
    "subnetGroupName": "CacheSubnetGroupName",
    "securityGroupIds": "SecurityGroupIds",
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
    "authToken": "AuthToken",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotWindow": "SnapshotWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
}

_CHANGED = ("description", "nodeType", "automaticFailoverEnabled", "multiAzEnabled", "snapshotRetentionLimit")
"""What the emulator's ModifyReplicationGroup takes."""


class ReplicationGroup(ResourceType):
    """One shard of Redis. The token cannot be read back, from AWS neither: only that there is one."""

    token = "aws:elasticache/replicationGroup:ReplicationGroup"
    inputs = dict.fromkeys([*_SENT, "finalSnapshotIdentifier", "applyImmediately"], LEAF)
    unchangeable = frozenset(_SENT) - frozenset(_CHANGED)
    tagger = tagging.ELASTICACHE

    def create(self, aws: Aws, inputs: Properties) -> str:
        sent = {_SENT[name]: value for name, value in known(inputs, *_SENT).items()}
        aws("elasticache").create_replication_group(**sent, Tags=tagging.pairs(inputs["tagsAll"]))
        identifier = str(inputs["replicationGroupId"])
        wait_for("available", lambda: _status(aws, identifier), f"cache {identifier}", _CREATED_WITHIN_SECONDS)
        return identifier

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        sent = {_SENT[name]: value for name, value in new.items() if name in _CHANGED and old.get(name) != value}
        if sent:
            aws("elasticache").modify_replication_group(
                ReplicationGroupId=identifier, ApplyImmediately=bool(new.get("applyImmediately")), **sent
            )

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elasticache").describe_replication_groups(ReplicationGroupId=identifier))
        if found is None:
            return None
        group: dict[str, Any] = found["ReplicationGroups"][0]
        nodes = aws("elasticache").describe_cache_clusters(CacheClusterId=group["MemberClusters"][0])
        return {**_of_group(group), **_of_node(nodes["CacheClusters"][0])}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        name = state.get("finalSnapshotIdentifier")
        final = {"FinalSnapshotIdentifier": name} if name else {}
        aws("elasticache").delete_replication_group(ReplicationGroupId=identifier, **final)


def _status(aws: Aws, identifier: str) -> str:
    return str(aws("elasticache").describe_replication_groups(ReplicationGroupId=identifier)["ReplicationGroups"][0]["Status"])


def _of_group(group: dict[str, Any]) -> Properties:
    shards = group["NodeGroups"]
    return {
        "arn": group["ARN"],
        "replicationGroupId": group["ReplicationGroupId"],
        "description": group["Description"],
        "nodeType": group["CacheNodeType"],
        "port": shards[0]["PrimaryEndpoint"]["Port"],
        "primaryEndpointAddress": shards[0]["PrimaryEndpoint"]["Address"],
        "numNodeGroups": len(shards),
        "replicasPerNodeGroup": len(shards[0]["NodeGroupMembers"]) - 1,
        "memberClusters": group["MemberClusters"],
        "automaticFailoverEnabled": group["AutomaticFailover"] == "enabled",
        "multiAzEnabled": group["MultiAZ"] == "enabled",
        "atRestEncryptionEnabled": group["AtRestEncryptionEnabled"],
        "transitEncryptionEnabled": group["TransitEncryptionEnabled"],
        "snapshotRetentionLimit": group["SnapshotRetentionLimit"],
        "snapshotWindow": group["SnapshotWindow"],
        "autoMinorVersionUpgrade": group["AutoMinorVersionUpgrade"],
    }


def _of_node(node: dict[str, Any]) -> Properties:
    """What the nodes alone tell about, and alike for all of a group."""
    return {
        "engine": node["Engine"],
        "engineVersion": node["EngineVersion"],
        "subnetGroupName": node["CacheSubnetGroupName"],
        "parameterGroupName": node["CacheParameterGroup"]["CacheParameterGroupName"],
        "securityGroupIds": [group["SecurityGroupId"] for group in node["SecurityGroups"]],
        "maintenanceWindow": node["PreferredMaintenanceWindow"],
    }
