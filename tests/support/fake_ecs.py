"""ECS and the load balancer for unit tests, as far as a rollout moves them.

A rollout follows its service's script: each DescribeServices moves it to its next moment, and the last moment stays.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.release_scenario import (
    ACCOUNT,
    LONG_AGO,
    REGION,
    AwsSays,
    FakeErrand,
    FakeService,
    FakeTask,
    Moment,
    target_group,
    task_definition_arn,
)


class FakeEcs:
    """Services, their task definitions, deployments and tasks. A method `_Operation` answers that call."""

    def __init__(self) -> None:
        super().__init__()
        self.task_definitions: dict[str, dict[str, Any]] = {}
        self.services: dict[str, FakeService] = {}
        self.errand = FakeErrand()
        """How the next task goes that RunTask starts."""
        self.errands: dict[str, FakeErrand] = {}
        """By client token."""

    def _DescribeTaskDefinition(self, params: dict[str, Any]) -> Any:
        wanted = params["taskDefinition"]
        spellings = {
            arn: (arn, arn.rsplit("/", 1)[1], arn.rsplit("/", 1)[1].rsplit(":", 1)[0]) for arn in list(self.task_definitions)
        }
        names = [arn for arn, known in spellings.items() if wanted in known]
        return self.task_definitions[names[-1]] if names else AwsSays("ClientException", "Unable to describe task definition.")

    def _RegisterTaskDefinition(self, params: dict[str, Any]) -> Any:
        revision = 1 + sum(1 for arn in list(self.task_definitions) if f"/{params['family']}:" in arn)
        arn = task_definition_arn(f"{params['family']}:{revision + 4}")
        body = {key: value for key, value in params.items() if key != "tags"}
        self.task_definitions[arn] = {
            "taskDefinition": {**body, "status": "ACTIVE", "taskDefinitionArn": arn},
            "tags": params.get("tags", []),
        }
        return self.task_definitions[arn]

    def _ListTaskDefinitions(self, params: dict[str, Any]) -> Any:
        family = [arn for arn in self.task_definitions if arn.rsplit("/", 1)[1].rsplit(":", 1)[0] == params["familyPrefix"]]
        return {"taskDefinitionArns": sorted(family, key=lambda arn: -int(arn.rsplit(":", 1)[1]))[: params["maxResults"]]}

    def _UpdateService(self, params: dict[str, Any]) -> Any:
        service = self.services[params["service"]]
        wanted = self.task_definitions.get(params.get("taskDefinition", ""), {}).get("taskDefinition", {})
        if wanted.get("status") == "INACTIVE":
            return AwsSays("ClientException", "TaskDefinition is inactive")
        if params.get("desiredCount") == 0:
            service.desired = 0
            service.script = service.after_empty or service.script
            service.task_definition = params.get("taskDefinition", service.task_definition)
            service.taken_back = "taskDefinition" in params
        elif "taskDefinition" not in params:
            service.desired = params["desiredCount"]
        else:
            if service.ours not in (None, params["taskDefinition"]) and params["taskDefinition"] == service.task_definition:
                service.returned, service.script = True, service.after_return or service.script
            service.ours = params["taskDefinition"]
            service.desired = params.get("desiredCount", service.desired)
            service.moment = Moment()
        reply = self._service(service)
        if service.restarted_meanwhile:
            reply["deployments"].append(self._deployment(service, Moment(), "rival", "ACTIVE"))
        return {"service": reply}

    def _StopServiceDeployment(self, params: dict[str, Any]) -> Any:
        service = self._by_record(params["serviceDeploymentArn"])
        service.script, service.stopped = service.after_stop or service.script, True
        return {"serviceDeploymentArn": service.record_arn}

    def _ListServices(self, params: dict[str, Any]) -> Any:
        return {"serviceArns": [*self.services, "arn:aws:ecs:eu-central-1:123456789012:service/c/another-service"]}

    def _DescribeServices(self, params: dict[str, Any]) -> Any:
        by_name = {arn.rsplit("/", 1)[-1]: service for arn, service in self.services.items()}
        wanted = [arn.rsplit("/", 1)[-1] for arn in params["services"]]
        found = [by_name[name] for name in wanted if name in by_name]
        for service in found:
            if service.ours is not None:
                service.moment = service.script[0]
                service.script = service.script[1:] or service.script
                if service.moment.fail is not None:
                    return service.moment.fail
        return {"services": [self._service(service) for service in found], "failures": []}

    def _service(self, service: FakeService) -> dict[str, Any]:
        moment = service.moment or Moment(primary="former", rollout=service.rollout)
        count = service.desired if moment.count is None else moment.count
        new = [task for task in moment.tasks if not task.stopped and not task.foreign]
        task_definitions = {"ours": service.ours or "", "former": service.task_definition, "rival": task_definition_arn("x:1")}
        deployments = [self._deployment(service, moment, moment.primary, "PRIMARY")]
        if moment.rollout == "IN_PROGRESS" and service.ours and service.desired:
            other = "former" if moment.primary == "ours" else "ours"
            deployments.append(self._deployment(service, moment, other, "ACTIVE"))
        running = moment.running if moment.running is not None else count if moment.primary != "ours" else len(new)
        return {
            "serviceArn": service.contract.service,
            "serviceName": service.contract.service.rsplit("/", 1)[1],
            "status": service.status,
            "taskDefinition": task_definitions[moment.primary],
            "desiredCount": count,
            "runningCount": running,
            "pendingCount": 0,
            "deployments": deployments,
            # ECS tells of every task that it starts or stops.
            "healthCheckGracePeriodSeconds": 60,
            "loadBalancers": self._balancers(service),
            "currentServiceRevisions": [{"arn": service.revision}] if service.names_revisions else [],
            "deploymentConfiguration": service.configuration,
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
            "events": [
                {"id": f"{message} {moment.tasks}", "createdAt": service.told_at, "message": message}
                for message in (*moment.events, "(service x) has started a task")
            ],
        }

    def _balancers(self, service: FakeService) -> list[dict[str, Any]]:
        if not service.contract.target_groups:
            return []
        first, other = service.contract.target_groups
        advanced = {"alternateTargetGroupArn": other, "productionListenerRule": service.contract.listener_rule}
        return [{"targetGroupArn": first, "advancedConfiguration": advanced}]

    def _deployment(self, service: FakeService, moment: Moment, which: str, status: str) -> dict[str, Any]:
        count = service.desired if moment.count is None else moment.count
        new = sum(1 for task in moment.tasks if not task.stopped and not task.foreign)
        ids = {"ours": service.deployment_id, "former": service.former_id, "rival": "ecs-svc/9"}
        task_definitions = {"ours": service.ours or "", "former": service.task_definition, "rival": task_definition_arn("x:1")}
        return {
            "id": ids[which],
            "status": status,
            "taskDefinition": task_definitions[which],
            "desiredCount": count,
            "runningCount": max(new, int(status == "ACTIVE")) if which == "ours" else count,
            "pendingCount": 0,
            "failedTasks": 0,
            "rolloutState": moment.rollout if status == "PRIMARY" else "COMPLETED",
            "rolloutStateReason": "",
        }

    def _ListServiceDeployments(self, params: dict[str, Any]) -> Any:
        service = self.services[params["service"]]
        moment = service.moment or Moment()
        if service.history and service.ours is None:
            return {"serviceDeployments": self._history(service, params.get("status"))}
        if not moment.recorded or service.ours is None:
            return {"serviceDeployments": []}
        # The order is AWS's own business: an older one comes first here.
        older = {
            "serviceDeploymentArn": f"{service.record_arn[:-1]}0",
            "status": "SUCCESSFUL",
            "targetServiceRevisionArn": service.former_revision,
            "createdAt": LONG_AGO - timedelta(1),
        }
        return {
            "serviceDeployments": [
                older,
                {
                    "serviceDeploymentArn": service.record_arn,
                    "status": moment.status,
                    "statusReason": moment.reason,
                    "targetServiceRevisionArn": service.revision,
                    "createdAt": LONG_AGO,
                },
            ]
        }

    def _history(self, service: FakeService, statuses: list[str] | None) -> list[dict[str, Any]]:
        records = [
            {
                "serviceDeploymentArn": f"{service.record_arn}{index}",
                "status": status,
                "targetServiceRevisionArn": f"{service.revision}-{index}",
                "createdAt": LONG_AGO + timedelta(index),
            }
            for index, (_, status) in enumerate(service.history)
            if statuses is None or status in statuses
        ]
        # The order is AWS's own business.
        return records[1:] + records[:1]

    def _DescribeServiceDeployments(self, params: dict[str, Any]) -> Any:
        service = self._by_record(params["serviceDeploymentArns"][0])
        moment = service.moment or Moment()
        record = {
            "serviceDeploymentArn": service.record_arn,
            "status": moment.status,
            "statusReason": moment.reason,
            "targetServiceRevision": {"arn": service.revision},
            "createdAt": LONG_AGO,
            "deploymentCircuitBreaker": {"status": "TRIGGERED" if self._triggered(service, moment) else "MONITORING_COMPLETE"},
        }
        if moment.went_back:
            record["rollback"] = {"reason": "the circuit breaker threshold was exceeded", "startedAt": LONG_AGO}
        return {"serviceDeployments": [record]}

    def _triggered(self, service: FakeService, moment: Moment) -> bool:
        return moment.triggered or (moment.status.startswith("ROLLBACK") and not service.stopped)

    def _DescribeServiceRevisions(self, params: dict[str, Any]) -> Any:
        known = {arn: body for service in self.services.values() for arn, body in self._revisions(service).items()}
        wanted = params["serviceRevisionArns"]
        return {"serviceRevisions": [{"serviceRevisionArn": arn, **known[arn]} for arn in wanted if arn in known]}

    def _revisions(self, service: FakeService) -> dict[str, dict[str, Any]]:
        group = target_group(f"{service.contract.name}-{(service.moment or Moment()).resolved}")
        resolved = {"resolvedConfiguration": {"loadBalancers": [{"targetGroupArn": group}]}}
        history = {f"{service.revision}-{index}": arn for index, (arn, _) in enumerate(service.history)}
        runs = {**history, service.former_revision: service.task_definition}
        runs[service.revision] = service.ours or service.task_definition
        return {arn: {"taskDefinition": task_definition, **resolved} for arn, task_definition in runs.items()}

    def _ListTasks(self, params: dict[str, Any]) -> Any:
        service = next(item for arn, item in self.services.items() if arn.endswith(params["serviceName"]))
        stopped = params["desiredStatus"] == "STOPPED"
        moment = service.moment or Moment()
        tasks = moment.tasks if moment.listed else ()
        return {"taskArns": [self._task_arn(service, task) for task in tasks if task.stopped == stopped]}

    def _DescribeTasks(self, params: dict[str, Any]) -> Any:
        found = [
            self._task(service, task)
            for service in self.services.values()
            for task in (service.moment or Moment()).tasks
            if self._task_arn(service, task) in params["tasks"]
        ]
        errands = [self._errand(arn) for arn in params["tasks"] if arn.rsplit("/", 1)[1] in self.errands]
        return {"tasks": [*found, *(task for task in errands if task)]}

    def _RunTask(self, params: dict[str, Any]) -> Any:
        token = params["clientToken"]
        self.errands.setdefault(token, replace(self.errand))
        return {"tasks": [{"taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/axonflow-staging-cluster/{token}"}], "failures": []}

    def _StopTask(self, params: dict[str, Any]) -> Any:
        errand = self.errands[params["task"].rsplit("/", 1)[1]]
        errand.looks, errand.exit_code, errand.stop_code, errand.reason = 1, 0, "UserInitiated", params["reason"]
        return {"task": {}}

    def _errand(self, arn: str) -> dict[str, Any] | None:
        errand = self.errands[arn.rsplit("/", 1)[1]]
        if not errand.known:
            return None
        errand.looks -= 1
        if errand.looks >= 0:
            return {"taskArn": arn, "lastStatus": "RUNNING", "containers": [{"name": "agent"}]}
        container = {"name": "agent", "exitCode": errand.exit_code}
        return {
            "taskArn": arn,
            "lastStatus": "STOPPED",
            "stopCode": errand.stop_code,
            "stoppedReason": errand.reason,
            "containers": [{key: value for key, value in container.items() if value is not None}],
        }

    def _task_arn(self, service: FakeService, task: FakeTask) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/axonflow-staging-cluster/{service.contract.name}-{task.name}"

    def _task(self, service: FakeService, task: FakeTask) -> dict[str, Any]:
        container = {"name": service.contract.container, "exitCode": task.exit_code, "reason": task.container_reason}
        details = [{"name": "privateIPv4Address", "value": task.address}] if task.address else []
        return {
            "taskArn": self._task_arn(service, task),
            "createdAt": task.made,
            "startedBy": "ecs-svc/1" if task.foreign else service.deployment_id,
            "lastStatus": task.status or ("STOPPED" if task.stopped else "RUNNING"),
            "stopCode": task.stop_code,
            "stoppedReason": task.stopped_reason,
            **({"stoppingAt": task.made} if task.stopped else {}),
            "attachments": [{"type": "ElasticNetworkInterface", "details": details}],
            "containers": [{key: value for key, value in container.items() if value not in (None, "")}],
        }

    def _by_record(self, arn: str) -> FakeService:
        return next(service for service in self.services.values() if service.record_arn == arn)

    def _DescribeRules(self, params: dict[str, Any]) -> Any:
        return {"Rules": [self._rule(arn) for arn in params["RuleArns"]]}

    def _rule(self, arn: str) -> dict[str, Any]:
        service = next(item for item in self.services.values() if item.contract.listener_rule == arn)
        weighted = (service.moment or Moment()).weighted
        groups = [
            {"TargetGroupArn": target_group(f"{service.contract.name}-{key}"), "Weight": int(key == weighted)} for key in "ab"
        ]
        return {"RuleArn": arn, "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]}

    def _DescribeTargetHealth(self, params: dict[str, Any]) -> Any:
        tasks = [task for service in self.services.values() for task in (service.moment or Moment()).tasks if task.address]
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": task.address, "Port": 8080},
                    "TargetHealth": {"State": "healthy" if task.healthy else "unhealthy", "Description": task.reason},
                }
                for task in tasks
            ]
        }
