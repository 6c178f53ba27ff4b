"""The policy checks: both stacks pass them, and each of them finds its fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.policy_checks import CHECKS, Stack, violations
from tests.infra.declared import as_declared
from tests.infra.mocked import Declared

STACKS = ("staging", "production")
Change = Callable[[dict[str, Any]], None]


def recorded(stack: str, *, unknown: bool = False) -> Stack:
    return Stack(stack, tuple(as_declared(stack, unknown=unknown).resources))


@pytest.fixture(scope="module")
def production() -> Stack:
    return recorded("production")


@pytest.mark.parametrize("unknown", [False, True], ids=["known", "first-preview"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_passes_every_check(stack: str, unknown: bool) -> None:
    assert [str(found) for found in violations(recorded(stack, unknown=unknown), CHECKS)] == []


def test_checks_have_distinct_names_and_a_source() -> None:
    names = [check.name for check in CHECKS]
    assert sorted(set(names)) == sorted(names)
    assert all(len(check.source) > 3 for check in CHECKS)


def test_every_check_has_a_resource_in_production(production: Stack) -> None:
    """A check of a type that is not declared would always pass."""
    types = {resource.type for resource in production.resources}
    assert [check.name for check in CHECKS if check.type not in types] == []


# A failing example of each check


def sets(path: str, value: Any) -> Change:
    """Another value of one input."""

    def change(inputs: dict[str, Any]) -> None:
        *outer, last = path.split(".")
        for part in outer:
            inputs = inputs.setdefault(part, {})
        inputs[last] = value

    return change


def container(**changes: Any) -> Change:
    """Other values in the first container."""

    def change(inputs: dict[str, Any]) -> None:
        found = json.loads(inputs["containerDefinitions"])
        found[0].update(changes)
        inputs["containerDefinitions"] = json.dumps(found)

    return change


def statement(**changes: Any) -> Change:
    """A policy of one statement."""
    allowed = {"Sid": "Why", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::x/*"]} | changes
    return sets("policy", json.dumps({"Statement": [allowed]}))


def trusting(principal: Any) -> Change:
    return sets("assumeRolePolicy", json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal}]}))


def publishing(action: str) -> Change:
    """A policy with the condition that AWS does not support here."""
    condition = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    return statement(Action=[action], Principal={"Service": "events.amazonaws.com"}, Condition=condition)


UNPROTECTED = "unprotected"
UNIGNORED = "unignored"
GONE = "gone: "

EXAMPLES: dict[str, Change | str] = {
    "internet-only-web-ports": lambda inputs: inputs.update(cidrIpv4="0.0.0.0/0", fromPort=22.0, toPort=22.0),
    "rules-have-description": sets("description", ""),
    "groups-no-inline-rules": sets("ingress", [{"fromPort": 80}]),
    "default-group-closed": GONE + "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "flow-logs": GONE + "aws:ec2/flowLog:FlowLog",
    "load-balancer-drops-invalid-headers": sets("dropInvalidHeaderFields", False),
    "load-balancer-deletion-protection": sets("enableDeletionProtection", False),
    "load-balancer-spans-zones": sets("subnets", ["one"]),
    "internet-tls": sets("defaultActions", [{"type": "fixed-response"}]),
    "tls-modern-policy": lambda inputs: inputs.update(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08"),
    "listeners-no-default-forward": sets("defaultActions", [{"type": "forward"}]),
    "database-not-public": sets("publiclyAccessible", True),
    "database-encrypted": sets("storageEncrypted", False),
    "database-standby": sets("multiAz", False),
    "database-monitored": sets("monitoringInterval", 0),
    "database-deletion-protection": sets("deletionProtection", False),
    "database-logs": sets("enabledCloudwatchLogsExports", []),
    "database-backups": sets("backupRetentionPeriod", 1),
    "database-minor-upgrades": sets("autoMinorVersionUpgrade", False),
    "database-snapshot-tags": sets("copyTagsToSnapshot", False),
    "database-managed-password": sets("manageMasterUserPassword", False),
    "database-no-password": sets("password", "drawn"),
    "database-insights": sets("performanceInsightsEnabled", False),
    "database-log-group": sets("identifier", "another"),
    "database-protected": UNPROTECTED,
    "cache-failover": sets("automaticFailoverEnabled", False),
    "cache-minor-upgrades": sets("autoMinorVersionUpgrade", False),
    "cache-encrypted": sets("atRestEncryptionEnabled", False),
    "cache-tls": sets("transitEncryptionEnabled", False),
    "cache-ignores-token": UNIGNORED,
    "cache-protected": UNPROTECTED,
    "table-recoverable": sets("pointInTimeRecovery.enabled", False),
    "table-deletion-protection": sets("deletionProtectionEnabled", False),
    "table-protected": UNPROTECTED,
    "images-scanned": sets("imageScanningConfiguration.scanOnPush", False),
    "images-immutable": sets("imageTagMutability", "MUTABLE"),
    "images-expire": GONE + "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "logs-expire": sets("retentionInDays", None),
    "tasks-no-public-ip": sets("networkConfiguration.assignPublicIp", True),
    "services-ignore-releases": UNIGNORED,
    "database-final-snapshot": sets("skipFinalSnapshot", True),
    "database-backups-outlive-it": sets("deleteAutomatedBackups", True),
    "services-not-redeployed": sets("forceNewDeployment", True),
    "scalable-targets-left-alone": UNIGNORED,
    "services-start-empty": sets("desiredCount", 2),
    "services-circuit-breaker": sets("deploymentCircuitBreaker", {"enable": True, "rollback": False}),
    "services-two-target-groups": sets("loadBalancers", [{"targetGroupArn": "arn"}]),
    "services-no-steady-state-wait": sets("waitForSteadyState", True),
    "services-no-spot": sets("capacityProviderStrategies", [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]),
    "services-protected": UNPROTECTED,
    "tasks-no-secret-variables": container(environment=[{"name": "DATABASE_PASSWORD", "value": "x"}]),
    "tasks-variables-once": container(environment=[{"name": "PORT", "value": "1"}, {"name": "PORT", "value": "2"}]),
    "tasks-logged": container(logConfiguration={}),
    "tasks-not-root": container(user="0"),
    "templates-no-image": container(image="nginx:latest"),
    "tasks-fit-fargate": sets("memory", "100"),
    "templates-skip-destroy": sets("skipDestroy", False),
    "templates-no-track-latest": sets("trackLatest", True),
    "cluster-insights": sets("settings", []),
    "targets-drain": sets("deregistrationDelay", 5),
    "targets-checked-often": sets("healthCheck.interval", 30),
    "targets-short-names": "renamed",
    "listener-rules-two-target-groups": sets("actions", [{"type": "forward", "forward": {"targetGroups": [{"arn": "a"}]}}]),
    "listener-rules-ignore-weights": UNIGNORED,
    "inline-policies-no-wildcard": statement(Action=["s3:*"], Resource=["*"]),
    "inline-policies-have-sids": statement(Sid=""),
    "inline-policies-pass-named-roles": statement(Action=["iam:PassRole"], Resource=["*"]),
    "managed-policies-no-wildcard": statement(Action="*", Resource="*"),
    "managed-policies-have-sids": statement(Sid=""),
    "managed-policies-pass-named-roles": statement(Action=["iam:PassRole"], Resource=["*"]),
    "roles-have-boundary": sets("permissionsBoundary", None),
    "roles-trust-named-principals": trusting({"AWS": "*"}),
    "no-broad-managed-policy": sets("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    "load-balancer-access-logs": sets("accessLogs.enabled", False),
    "bucket-public-access-block": GONE + "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucket-encrypted": GONE + "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "bucket-lifecycle": GONE + "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "bucket-requires-tls": statement(Effect="Allow"),
    "bucket-protected": UNPROTECTED,
    "roles-trust-services-of-the-account": trusting({"Service": ["ecs-tasks.amazonaws.com"]}),
    "topics-take-events": publishing("sns:Publish"),
    "topic-keys-take-events": publishing("kms:Decrypt"),
    "alarms-dimensions-exist": sets("metricQueries", [{"metric": {"period": 60, "dimensions": {"ServiceName": "gone"}}}]),
    "alarms-within-limits": sets("evaluationPeriods", 1500),
}


def test_every_check_has_a_failing_example() -> None:
    assert sorted(EXAMPLES) == sorted(check.name for check in CHECKS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_check_finds_its_fault(name: str, production: Stack) -> None:
    check = next(check for check in CHECKS if check.name == name)
    # Not every resource of the type is covered: an internal listener needs no TLS.
    tried = [violations(broken(production, victim, EXAMPLES[name]), CHECKS) for victim in production.of(check.type)]
    found = next((each for each in tried if name in {violation.check for violation in each}), ())
    assert found, f"{name} found nothing"
    assert all(violation.finding and violation.source for violation in found)
    assert len({violation.check for violation in found}) <= 2, f"one fault broke {[str(violation) for violation in found]}"


def broken(stack: Stack, victim: Declared, example: Change | str) -> Stack:
    """The stack with one fault in it."""
    if isinstance(example, str) and example.startswith(GONE):
        gone = example.removeprefix(GONE)
        return replace(stack, resources=tuple(resource for resource in stack.resources if resource.type != gone))
    return replace(stack, resources=tuple(faulty(item, example) if item is victim else item for item in stack.resources))


def faulty(resource: Declared, example: Change | str) -> Declared:
    match example:
        case "unprotected":
            return replace(resource, protected=False)
        case "unignored":
            return replace(resource, ignores=())
        case "renamed":
            return replace(resource, name="axonflow-production-customer-portal")
    inputs = copy.deepcopy(resource.inputs)
    example(inputs)
    return replace(resource, inputs=inputs)
