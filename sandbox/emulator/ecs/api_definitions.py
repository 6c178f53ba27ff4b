"""Operations on task definitions and clusters."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from sandbox.emulator.ecs import definitions, errors
from sandbox.emulator.ecs.api import Answer, EcsApiBase
from sandbox.emulator.ecs.model import ServiceStatus, TaskStatus
from sandbox.emulator.journal import Kind


class DefinitionsApi(EcsApiBase):
    """Task definitions as AWS reads them back."""

    def register_task_definition(self) -> ActionResult:
        sent = self.sent
        definitions.check(sent)
        definition = super().register_task_definition().result["taskDefinition"]
        definitions.fill_in(sent, definition)
        definition.registered_at = self.scheduler.now()
        definition.registered_by = f"arn:aws:iam::{self.current_account}:root"
        tags = {tag["key"]: tag["value"] for tag in sent.get("tags") or []}
        self._note_definition(Kind.DEFINITION_REGISTERED, definition, tags=tags)
        return ActionResult({"taskDefinition": definition, "tags": definition.tags})

    def describe_task_definition(self) -> ActionResult:
        definition = self.definition(self.sent["taskDefinition"])
        return ActionResult({"taskDefinition": definition, "tags": definition.tags if self.tags_wanted() else None})

    def deregister_task_definition(self) -> ActionResult:
        result = super().deregister_task_definition()
        definition = result.result["taskDefinition"]
        definition.deregistered_at = self.scheduler.now()
        self._note_definition(Kind.DEFINITION_DEREGISTERED, definition)
        return result

    def _note_definition(self, kind: Kind, definition: Any, **details: Any) -> None:
        self.scheduler.journal.add(kind, task_definition=definition.arn, by=self.caller, **details)

    def list_task_definitions(self) -> Answer:
        sent = self.sent
        prefix, status = sent.get("familyPrefix"), sent.get("status") or "ACTIVE"
        found = [
            revision
            for family, revisions in sorted(self.ecs_backend.task_definitions.items())
            for _, revision in sorted(revisions.items())
            if prefix in (None, family) and revision.status == status
        ]
        arns = [revision.arn for revision in found]
        return self.page(arns[::-1] if sent.get("sort") == "DESC" else arns, "taskDefinitionArns")

    def list_task_definition_families(self) -> Answer:
        sent = self.sent
        prefix, status = sent.get("familyPrefix") or "", sent.get("status") or "ACTIVE"
        families = [
            family
            for family, revisions in sorted(self.ecs_backend.task_definitions.items())
            if family.startswith(prefix) and _family_has(revisions, status)
        ]
        return self.page(families, "families")


def _family_has(revisions: dict[int, Any], status: str) -> bool:
    active = any(revision.status == "ACTIVE" for revision in revisions.values())
    return status == "ALL" or active == (status == "ACTIVE")


class ClustersApi(EcsApiBase):
    """Clusters whose counts are true and which cannot be deleted in use."""

    def create_cluster(self) -> ActionResult:
        existing = self.ecs_backend.clusters.get(self.sent.get("clusterName") or "default")
        if existing is not None and existing.status == "ACTIVE":
            return ActionResult({"cluster": existing})
        return super().create_cluster()

    def describe_clusters(self) -> ActionResult:
        for cluster in self.ecs_backend.clusters.values():
            self._refresh_counts(cluster)
        return super().describe_clusters()

    def list_clusters(self) -> Answer:
        arns = [cluster.arn for cluster in self.ecs_backend.clusters.values() if cluster.status == "ACTIVE"]
        return self.page(arns, "clusterArns")

    def update_cluster_settings(self) -> ActionResult:
        cluster = self.cluster(self.sent["cluster"])
        cluster.settings = self.sent["settings"]
        return ActionResult({"cluster": cluster})

    def delete_cluster(self) -> ActionResult:
        cluster = self.cluster(self.sent["cluster"], must_be_active=False)
        self._refresh_counts(cluster)
        if any(s.status is not ServiceStatus.INACTIVE for s in self._services(cluster)):
            raise errors.cluster_contains_services()
        if cluster.running_tasks_count + cluster.pending_tasks_count:
            raise errors.cluster_contains_tasks()
        return super().delete_cluster()

    def _services(self, cluster: Any) -> list[Any]:
        return [service for service in self.ecs_backend.services.values() if service.cluster_name == cluster.name]

    def _refresh_counts(self, cluster: Any) -> None:
        tasks = list(self.ecs_backend.tasks.get(cluster.name, {}).values())
        cluster.running_tasks_count = sum(task.status is TaskStatus.RUNNING for task in tasks)
        cluster.pending_tasks_count = sum(not t.stopping and t.status is not TaskStatus.RUNNING for t in tasks)
        cluster.active_services_count = sum(s.status is ServiceStatus.ACTIVE for s in self._services(cluster))
