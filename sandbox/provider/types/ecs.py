"""ECS: cluster, task definitions, services."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, Refused, ResourceType, known
from sandbox.provider.shape import LEAF


class Cluster(DeletedById):
    token = "aws:ecs/cluster:Cluster"
    inputs = {"name": LEAF, "settings": {"name": LEAF, "value": LEAF}}
    tagger = tagging.ECS
    delete_call = "ecs", "delete_cluster", "cluster"

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("ecs").create_cluster(
            clusterName=inputs["name"],
            settings=inputs.get("settings", []),
            tags=tagging.lower_pairs(inputs["tagsAll"]),
        )
        return str(made["cluster"]["clusterArn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("ecs").update_cluster_settings(cluster=identifier, settings=new.get("settings", []))

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = aws("ecs").describe_clusters(clusters=[identifier], include=["SETTINGS"])["clusters"]
        if not found or found[0]["status"] == "INACTIVE":
            return None
        return {"arn": identifier, "name": found[0]["clusterName"], "settings": found[0].get("settings", [])}


class CapacityProviders(ResourceType):
    """Which capacity providers a cluster has. Its id is the cluster's name."""

    token = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    inputs = {"clusterName": LEAF, "capacityProviders": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["clusterName"], {}, inputs)
        return str(inputs["clusterName"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("ecs").put_cluster_capacity_providers(
            cluster=identifier, capacityProviders=new["capacityProviders"], defaultCapacityProviderStrategy=[]
        )

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = aws("ecs").describe_clusters(clusters=[identifier])["clusters"]
        if not found or found[0]["status"] == "INACTIVE":
            return None
        return {"clusterName": identifier, "capacityProviders": found[0].get("capacityProviders", [])}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        self.update(aws, identifier, {}, {"capacityProviders": []})


class TaskDefinition(ResourceType):
    """A revision. Every change of what AWS keeps makes a new one; the id is the family, as in the real provider."""

    token = "aws:ecs/taskDefinition:TaskDefinition"
    KEPT = (
        "family",
        "cpu",
        "memory",
        "networkMode",
        "requiresCompatibilities",
        "executionRoleArn",
        "taskRoleArn",
    )
    inputs = {**dict.fromkeys(KEPT, LEAF), "containerDefinitions": LEAF, "skipDestroy": LEAF, "trackLatest": LEAF}
    tagger = tagging.ECS

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.lower_pairs(inputs["tagsAll"])
        made = aws("ecs").register_task_definition(
            containerDefinitions=json.loads(inputs["containerDefinitions"]),
            **known(inputs, *self.KEPT),
            **({"tags": tags} if tags else {}),
        )
        return str(made["taskDefinition"]["family"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        which = identifier if state.get("trackLatest") else state.get("arn", identifier)
        found = or_none(lambda: aws("ecs").describe_task_definition(taskDefinition=which))
        if found is None or found["taskDefinition"]["status"] != "ACTIVE":
            return None
        revision = found["taskDefinition"]
        arn = revision["taskDefinitionArn"]
        return {
            "arn": arn,
            "arnWithoutRevision": arn.rsplit(":", 1)[0],
            "revision": revision["revision"],
            "containerDefinitions": json.dumps(revision["containerDefinitions"], sort_keys=True),
            **{name: revision[name] for name in self.KEPT if name in revision},
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            aws("ecs").deregister_task_definition(taskDefinition=state["arn"])


class Service(ResourceType):
    """A service. Pulumi spreads over top-level properties what the API holds in `deploymentConfiguration`."""

    token = "aws:ecs/service:Service"
    SAME_NAME = (
        "desiredCount",
        "taskDefinition",
        "availabilityZoneRebalancing",
        "healthCheckGracePeriodSeconds",
        "enableEcsManagedTags",
        "propagateTags",
        "loadBalancers",
    )
    API_NAMES = {"enableEcsManagedTags": "enableECSManagedTags"}
    inputs = {
        **dict.fromkeys(SAME_NAME, LEAF),
        "name": LEAF,
        "cluster": LEAF,
        "launchType": LEAF,
        "capacityProviderStrategies": {"capacityProvider": LEAF, "base": LEAF, "weight": LEAF},
        "forceNewDeployment": LEAF,
        "deploymentMinimumHealthyPercent": LEAF,
        "deploymentMaximumPercent": LEAF,
        "deploymentCircuitBreaker": {"enable": LEAF, "rollback": LEAF},
        "alarms": {"alarmNames": LEAF, "enable": LEAF, "rollback": LEAF},
        "deploymentConfiguration": {"strategy": LEAF, "bakeTimeInMinutes": LEAF},
        "networkConfiguration": {"subnets": LEAF, "securityGroups": LEAF, "assignPublicIp": LEAF},
        "loadBalancers": {
            "containerName": LEAF,
            "containerPort": LEAF,
            "targetGroupArn": LEAF,
            "advancedConfiguration": {
                "alternateTargetGroupArn": LEAF,
                "productionListenerRule": LEAF,
                "roleArn": LEAF,
                "testListenerRule": LEAF,
            },
        },
        "waitForSteadyState": LEAF,
    }
    tagger = tagging.ECS

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("ecs").create_service(
            cluster=inputs["cluster"],
            serviceName=inputs["name"],
            **known(inputs, "launchType"),
            tags=tagging.lower_pairs(inputs["tagsAll"]),
            **self._call(inputs),
        )
        return str(made["service"]["serviceArn"])

    def check_change(self, changed: set[str], new: Properties) -> None:
        """The official provider's capacityProviderStrategyCustomizeDiff."""
        if "capacityProviderStrategies" in changed and not new.get("forceNewDeployment"):
            raise Refused("forceNewDeployment should be true when capacityProviderStrategies is being updated")

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """Send what changed, and with whatever it is the program's word on a deployment; a `taskDefinition` that did not
        change is not sent: it would undo a release."""
        before, after = self._call(old), self._call(new)
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        forced = bool(new.get("forceNewDeployment"))
        aws("ecs").update_service(cluster=new["cluster"], service=identifier, forceNewDeployment=forced, **changed)

    def _call(self, inputs: Properties) -> dict[str, Any]:
        call = {self.API_NAMES.get(name, name): value for name, value in known(inputs, *self.SAME_NAME).items()}
        deployment = self._deployment_configuration(inputs)
        if deployment:
            call["deploymentConfiguration"] = deployment
        if "capacityProviderStrategies" in inputs:
            call["capacityProviderStrategy"] = [
                {"capacityProvider": item["capacityProvider"], **{key: int(item[key]) for key in ("base", "weight")}}
                for item in inputs["capacityProviderStrategies"]
            ]
        if "networkConfiguration" in inputs:
            network = inputs["networkConfiguration"]
            public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
            call["networkConfiguration"] = {"awsvpcConfiguration": {**network, "assignPublicIp": public}}
        return call

    @staticmethod
    def _deployment_configuration(inputs: Properties) -> dict[str, Any]:
        configuration = dict(inputs.get("deploymentConfiguration", {}))
        if "bakeTimeInMinutes" in configuration:
            configuration["bakeTimeInMinutes"] = int(configuration["bakeTimeInMinutes"])
        renamed = {
            "deploymentMinimumHealthyPercent": "minimumHealthyPercent",
            "deploymentMaximumPercent": "maximumPercent",
            "deploymentCircuitBreaker": "deploymentCircuitBreaker",
            "alarms": "alarms",
        }
        return {**configuration, **{to: inputs[name] for name, to in renamed.items() if name in inputs}}

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        cluster = identifier.split("/")[1]
        found = or_none(lambda: aws("ecs").describe_services(cluster=cluster, services=[identifier])["services"])
        if not found or found[0]["status"] in ("INACTIVE", "DRAINING"):
            return None
        service = found[0]
        deployment = service["deploymentConfiguration"]
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        live = {name: service.get(self.API_NAMES.get(name, name)) for name in self.SAME_NAME}
        return {
            **{name: value for name, value in live.items() if value is not None},
            "arn": identifier,
            "name": service["serviceName"],
            "cluster": service["clusterArn"],
            **known(service, "launchType"),
            "capacityProviderStrategies": service.get("capacityProviderStrategy") or [],
            "deploymentMinimumHealthyPercent": deployment["minimumHealthyPercent"],
            "deploymentMaximumPercent": deployment["maximumPercent"],
            "deploymentCircuitBreaker": deployment["deploymentCircuitBreaker"],
            **known(deployment, "alarms"),
            "deploymentConfiguration": {
                "strategy": deployment["strategy"],
                "bakeTimeInMinutes": str(deployment.get("bakeTimeInMinutes", 0)),
            },
            "networkConfiguration": {**network, "assignPublicIp": network.get("assignPublicIp") == "ENABLED"},
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """As the real provider does: to 0 first, then delete."""
        aws("ecs").update_service(cluster=state["cluster"], service=identifier, desiredCount=0)
        aws("ecs").delete_service(cluster=state["cluster"], service=identifier, force=True)
