"""An AWS account for unit tests: answers the calls of one environment from plain data, and records them.

A rollout follows its service's script: each DescribeServices moves it to its next moment, and the last moment stays.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from botocore.exceptions import EndpointConnectionError
from moto.core.exceptions import JsonRESTError

from appdeploy.ledger.entry import Entry
from appdeploy.ledger.store import Ledger
from tests.unit.fake_table import LOCK, TABLE, FakeTable
from tests.unit.scenario import (
    ACCOUNT,
    DIGESTS,
    ENVIRONMENT,
    LONG_AGO,
    REGION,
    AwsSays,
    FakeService,
    FakeTask,
    Moment,
    described,
    platform_contract,
    service_contract,
    target_group,
    task_definition_arn,
)


class _Direct:
    """As much of a DynamoDB client as reading the ledger takes."""

    def __init__(self, table: FakeTable) -> None:
        self._table = table

    def query(self, **request: Any) -> Any:
        return self._table.call("Query", request)


class FakeAws:
    """Answers calls, and records them as (service, operation, parameters)."""

    def __init__(self) -> None:
        self.account = ACCOUNT
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.parameters: dict[str, str] = {}
        self.page = 2
        """Parameters in one reply: ten is the most that AWS sends, and it may send as few as it likes."""
        self.images: dict[str, dict[str, Any]] = {}
        self.task_definitions: dict[str, dict[str, Any]] = {}
        self.services: dict[str, FakeService] = {}
        self.log_lines: list[str] = []
        self.table = FakeTable()
        self.alarms: dict[str, str] = {}
        self.kept: list[tuple[str, str]] = []
        """Digests and the tags that releases put on them."""
        self.missing: set[str] = set()
        """Names of roles, secrets, parameters and log groups that do not exist."""
        self.architectures: tuple[str, ...] = ("amd64", "arm64")
        self.answers: dict[str, list[Any]] = {}
        """Per operation: exceptions to raise or AwsSays to answer with, used up in turn before the usual answer."""
        self.after: dict[str, list[Exception]] = {}
        """Per operation: raised after the call took effect."""
        self.minimums: dict[str, int] = {}
        """What autoscaling keeps to, by service name; a service that is not named keeps to 0."""
        self.dead = False
        """Whether the command was killed: nothing that it still tries happens."""

    def environment(self, *services: FakeService, versions: tuple[str, ...] = ("v1", "v2")) -> None:
        """Write a contract for these services, and push the versions to each repository."""
        self.parameters["platform"] = platform_contract().dump()
        for service in services:
            contract = service.contract
            self.parameters[f"services/{contract.name}"] = contract.dump()
            self.services[contract.service] = service
            for index, version in enumerate(versions):
                repository = contract.repository.split("/", 1)[1]
                pushed = {"imageDigest": DIGESTS[version], "imageTags": [version], "imagePushedAt": LONG_AGO + timedelta(index)}
                self.images[f"{repository}:{version}"] = pushed
            template = contract.template.rsplit("/", 1)[1]
            self.task_definitions[contract.template] = described(
                template, f"{contract.repository}:unreleased", contract.container
            )

    def released(self, name: str = "agent", version: str = "v1", **changes: Any) -> FakeService:
        """A service that runs a version."""
        contract = service_contract(name, **changes)
        revision = f"{contract.family}:4"
        tags = {"axonflow:version": version, "axonflow:template": contract.template, "team": "platform", "aws:ours": "no"}
        image = f"{contract.repository}@{DIGESTS[version]}"
        self.task_definitions[task_definition_arn(revision)] = described(revision, image, contract.container, tags)
        return FakeService(contract, task_definition_arn(revision))

    def remember(self, service: FakeService, *steps: tuple[str, str], template: str | None = None) -> None:
        """Give the service a history of versions with a status each, oldest first; it runs what it ran."""
        contract = service.contract
        history = [(contract.template, "SUCCESSFUL")]
        for version, status in steps:
            arn = task_definition_arn(f"{contract.family}:{version[1:]}")
            image = f"{contract.repository}@{DIGESTS[version]}"
            tags = {"axonflow:version": version, "axonflow:template": template or contract.template}
            self.task_definitions.setdefault(arn, described(arn.rsplit("/", 1)[1], image, contract.container, tags))
            history.append((arn, status))
        service.history = tuple(history)
        last = [arn for arn, status in history if status == "SUCCESSFUL"][-1]
        service.task_definition = last

    def move_template(self, service: FakeService, change: Callable[[dict[str, Any]], None] = lambda fields: None) -> str:
        """infra makes the next revision of the template, changed so, and names it in the contract. Returns its ARN."""
        former = service.contract.template
        name, number = former.rsplit("/", 1)[1].rsplit(":", 1)
        arn = task_definition_arn(f"{name}:{int(number) + 1}")
        self.task_definitions[arn] = copy.deepcopy(self.task_definitions[former])
        self.task_definitions[arn]["taskDefinition"]["taskDefinitionArn"] = arn
        change(self.task_definitions[arn]["taskDefinition"])
        service.contract = service.contract.model_copy(update={"template": arn})
        self.parameters[f"services/{service.contract.name}"] = service.contract.dump()
        return arn

    def unreleased(self, name: str = "agent", **changes: Any) -> FakeService:
        """A service as infra made it."""
        contract = service_contract(name, **changes)
        return FakeService(contract, contract.template, desired=0)

    @property
    def lock_item(self) -> dict[str, Any]:
        """The lock's item, without its key."""
        return {name: value for name, value in self.table.get(LOCK).items() if name not in LOCK}

    @lock_item.setter
    def lock_item(self, item: dict[str, Any]) -> None:
        self.table.delete(LOCK)
        if item:
            self.table.put({**LOCK, **item})

    def let_lease_pass(self) -> None:
        """Free the lock, as it is for others once its dead holder has been still for a lease."""
        self.lock_item = {name: value for name, value in self.lock_item.items() if name != "holder"}

    @property
    def ledger(self) -> list[Entry]:
        """The ledger's entries, newest first."""
        return Ledger(self.direct, TABLE).newest(100)

    @property
    def direct(self) -> Any:
        """A client of the table that leaves no trace among the calls."""
        return _Direct(self.table)

    @property
    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that change what runs; those of the lock are in `lock_writes`."""
        return self._writes(lambda service: service == "ecs")

    @property
    def lock_writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The writes of the releases table."""
        return [(name, params) for name, params in self._writes(lambda service: service == "dynamodb") if name != "Query"]

    def _writes(self, wanted: Callable[[str], bool]) -> list[tuple[str, dict[str, Any]]]:
        reading = ("Describe", "List", "Get", "BatchGet")
        return [
            (operation, params)
            for service, operation, params in self.calls
            if wanted(service) and not operation.startswith(reading)
        ]

    def count(self, operation: str) -> int:
        return sum(1 for _, name, _ in self.calls if name == operation)

    def answer(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        if self.dead:
            return EndpointConnectionError(endpoint_url="killed")
        self.calls.append((service, operation, params))
        planned = self.answers.get(operation, [])
        if planned:
            return planned.pop(0)
        is_table = service == "dynamodb"
        reply = self._table_call(operation, params) if is_table else getattr(self, f"_{operation}")(params)
        late = self.after.get(operation, [])
        return late.pop(0) if late else reply

    def _GetCallerIdentity(self, params: dict[str, Any]) -> Any:
        return {"Account": self.account, "Arn": f"arn:aws:sts::{self.account}:assumed-role/release/alice"}

    def _GetParametersByPath(self, params: dict[str, Any]) -> Any:
        names = sorted(self.parameters)
        start = int(params.get("NextToken", "0"))
        end = start + self.page
        page = [{"Name": params["Path"] + name, "Value": self.parameters[name]} for name in names[start:end]]
        wanted = params["Path"] == f"/axonflow/{ENVIRONMENT}/contract/"
        reply: dict[str, Any] = {"Parameters": page if wanted else []}
        if wanted and end < len(names):
            reply["NextToken"] = str(end)
        return reply

    def _DescribeScalableTargets(self, params: dict[str, Any]) -> Any:
        bounds = {resource: self.minimums.get(resource.rsplit("/", 1)[1], 0) for resource in params["ResourceIds"]}
        return {"ScalableTargets": [{"ResourceId": resource, "MinCapacity": count} for resource, count in bounds.items()]}

    def _RegisterScalableTarget(self, params: dict[str, Any]) -> Any:
        self.minimums[params["ResourceId"].rsplit("/", 1)[1]] = params["MinCapacity"]
        return {"ScalableTargetARN": "arn"}

    def _DescribeImages(self, params: dict[str, Any]) -> Any:
        repository = params["repositoryName"]
        held = {key: detail for key, detail in self.images.items() if key.startswith(f"{repository}:")}
        if not held:
            return AwsSays("RepositoryNotFoundException")
        if "imageIds" not in params:
            return {"imageDetails": list(held.values())}
        wanted = params["imageIds"][0]
        by_digest = (item for item in held.values() if item["imageDigest"] == wanted.get("imageDigest"))
        found = held.get(f"{repository}:{wanted.get('imageTag')}") or next(by_digest, None)
        return {"imageDetails": [found]} if found else AwsSays("ImageNotFoundException")

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
        self.task_definitions[arn] = {"taskDefinition": {**body, "taskDefinitionArn": arn}, "tags": params.get("tags", [])}
        return self.task_definitions[arn]

    def _ListTaskDefinitions(self, params: dict[str, Any]) -> Any:
        family = [arn for arn in self.task_definitions if arn.rsplit("/", 1)[1].rsplit(":", 1)[0] == params["familyPrefix"]]
        return {"taskDefinitionArns": sorted(family, key=lambda arn: -int(arn.rsplit(":", 1)[1]))[: params["maxResults"]]}

    def _UpdateService(self, params: dict[str, Any]) -> Any:
        service = self.services[params["service"]]
        if params.get("desiredCount") == 0:
            service.desired = 0
            service.script = service.after_empty or service.script
            service.task_definition = params.get("taskDefinition", service.task_definition)
        else:
            service.ours = params["taskDefinition"]
            service.desired = params.get("desiredCount", service.desired)
            service.moment = Moment()
        return {"service": self._service(service)}

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
        ids = {"ours": service.deployment_id, "former": "ecs-svc/1", "rival": "ecs-svc/9"}
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

    def _DescribeRules(self, params: dict[str, Any]) -> Any:
        return {"Rules": [self._rule(arn) for arn in params["RuleArns"]]}

    def _rule(self, arn: str) -> dict[str, Any]:
        service = next(item for item in self.services.values() if item.contract.listener_rule == arn)
        weighted = (service.moment or Moment()).weighted
        groups = [
            {"TargetGroupArn": target_group(f"{service.contract.name}-{key}"), "Weight": int(key == weighted)} for key in "ab"
        ]
        return {"RuleArn": arn, "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]}

    def _DescribeAlarms(self, params: dict[str, Any]) -> Any:
        found = [{"AlarmName": name, "StateValue": self.alarms[name]} for name in params["AlarmNames"] if name in self.alarms]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def _GetRole(self, params: dict[str, Any]) -> Any:
        name = params["RoleName"]
        return AwsSays("NoSuchEntity") if name in self.missing else {"Role": {"RoleName": name}}

    def _ListSecrets(self, params: dict[str, Any]) -> Any:
        wanted = params["Filters"][0]["Values"]
        names = [f"{name}-AbCdEf" for name in wanted if name not in self.missing]
        return {"SecretList": [{"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"} for name in names]}

    def _DescribeParameters(self, params: dict[str, Any]) -> Any:
        wanted = params["ParameterFilters"][0]["Values"]
        return {"Parameters": [{"Name": name} for name in wanted if name not in self.missing]}

    def _DescribeLogGroups(self, params: dict[str, Any]) -> Any:
        name = params["logGroupNamePrefix"]
        return {"logGroups": [{"logGroupName": f"{name}-other" if name in self.missing else name}]}

    def _BatchGetImage(self, params: dict[str, Any]) -> Any:
        manifests = [{"platform": {"architecture": name, "os": "linux"}} for name in self.architectures]
        return {"images": [{"imageManifest": json.dumps({"manifests": manifests})}]}

    def _PutImage(self, params: dict[str, Any]) -> Any:
        self.kept.append((params["imageDigest"], params["imageTag"]))
        return {"image": {}}

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

    def _DescribeTargetGroups(self, params: dict[str, Any]) -> Any:
        return {
            "TargetGroups": [{"HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2} for _ in params["TargetGroupArns"]]
        }

    def _DescribeTargetGroupAttributes(self, params: dict[str, Any]) -> Any:
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "120"}]}

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
        return {"tasks": found}

    def _GetLogEvents(self, params: dict[str, Any]) -> Any:
        return {"events": [{"message": line, "timestamp": 0} for line in self.log_lines[-params["limit"] :]]}

    def _task_arn(self, service: FakeService, task: FakeTask) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/axonflow-staging-cluster/{service.contract.name}-{task.name}"

    def _task(self, service: FakeService, task: FakeTask) -> dict[str, Any]:
        container = {"name": service.contract.container, "exitCode": task.exit_code, "reason": task.container_reason}
        details = [{"name": "privateIPv4Address", "value": task.address}] if task.address else []
        return {
            "taskArn": self._task_arn(service, task),
            "startedBy": "ecs-svc/1" if task.foreign else service.deployment_id,
            "lastStatus": task.status or ("STOPPED" if task.stopped else "RUNNING"),
            "stopCode": task.stop_code,
            "stoppedReason": task.stopped_reason,
            "attachments": [{"type": "ElasticNetworkInterface", "details": details}],
            "containers": [{key: value for key, value in container.items() if value not in (None, "")}],
        }

    def _by_record(self, arn: str) -> FakeService:
        return next(service for service in self.services.values() if service.record_arn == arn)

    def _table_call(self, operation: str, params: dict[str, Any]) -> Any:
        try:
            return self.table.call(operation, params)
        except JsonRESTError as refused:
            body = json.loads(refused.description or "{}")
            more = {"CancellationReasons": body["CancellationReasons"]} if "CancellationReasons" in body else {}
            return AwsSays(refused.error_type.rsplit("#", 1)[-1], str(refused.message), more=more)
