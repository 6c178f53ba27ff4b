"""What moto lacks of ElastiCache: creations that take time, changes that wait for the maintenance window, deletions that end,
and the nodes of a replication group.

docs.aws.amazon.com/AmazonElastiCache/latest/APIReference: DescribeCacheClusters tells of the nodes of replication groups too,
and they alone tell of a group's network, engine version and windows.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.elasticache.models import ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.arrivals import Arrivals


class CacheApi(ElastiCacheResponse):  # type: ignore[misc]
    """moto's ElastiCache API with what is missing. The class variable is set on the class that is installed."""

    arrivals: ClassVar[Arrivals]

    def create_replication_group(self) -> Any:
        answer = super().create_replication_group()
        self.arrivals.cache(self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")])
        return answer

    def modify_replication_group(self) -> Any:
        """A node type waits for the window unless it is to be applied immediately, which carries out what is pending as well
        (API reference, ModifyReplicationGroup: ApplyImmediately). moto keeps no pending values, and tells of none."""
        group = self.elasticache_backend.replication_groups.get(self._get_param("ReplicationGroupId"))
        if group is None:
            return super().modify_replication_group()
        former, wanted = group.cache_node_type, self._get_param("CacheNodeType")
        waiting = wanted or group.__dict__.get("waiting_node_type", former)
        answer = super().modify_replication_group()
        applied = self._get_bool_param("ApplyImmediately")
        group.cache_node_type = waiting if applied else former
        group.__dict__["waiting_node_type"] = waiting
        return answer

    def delete_replication_group(self) -> Any:
        answer = super().delete_replication_group()
        # moto leaves it "deleting" for good, and its name taken.
        del self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
        return answer

    def delete_cache_subnet_group(self) -> Any:
        name = self._get_param("CacheSubnetGroupName")
        if self.elasticache_backend.cache_subnet_groups.pop(name, None) is None:
            raise CacheSubnetGroupNotFound(name)
        return EmptyResult()

    def describe_cache_clusters(self) -> Any:
        wanted = self._get_param("CacheClusterId")
        for group in self.elasticache_backend.replication_groups.values():
            if wanted in group.member_clusters:
                return ActionResult({"CacheClusters": [_node(wanted, group)]})
        return super().describe_cache_clusters()


def _node(name: str, group: ReplicationGroup) -> dict[str, Any]:
    """A node of a replication group, in the API's own names."""
    return {
        "CacheClusterId": name,
        "ReplicationGroupId": group.replication_group_id,
        "CacheClusterStatus": group.status,
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": group.engine_version,
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheParameterGroup": {"CacheParameterGroupName": group.cache_parameter_group_name},
        "SecurityGroups": [{"SecurityGroupId": one, "Status": "active"} for one in group.security_group_ids or []],
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
    }
