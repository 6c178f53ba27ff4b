"""The rules: both stacks hold to them, and each of them finds the fault that it is there for."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.rules import RULES, Stack, violations
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
def test_a_stack_holds_to_every_rule(stack: str, unknown: bool) -> None:
    assert [str(found) for found in violations(recorded(stack, unknown=unknown), RULES)] == []


def test_rules_have_names_of_their_own_and_say_where_they_come_from() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(set(names)) == sorted(names)
    assert all(len(rule.source) > 3 for rule in RULES)


def test_every_rule_looks_at_something_in_production(production: Stack) -> None:
    """A rule about a type that is not there would hold whatever anyone did."""
    types = {resource.type for resource in production.resources}
    assert [rule.name for rule in RULES if rule.type not in types] == []


# A failing example of each rule


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


UNPROTECTED = "unprotected"
UNIGNORED = "unignored"
GONE = "gone: "

EXAMPLES: dict[str, Change | str] = {
    "internet-gets-web-alone": lambda inputs: inputs.update(cidrIpv4="0.0.0.0/0", fromPort=22.0, toPort=22.0),
    "rules-say-what-for": sets("description", ""),
    "rules-apart": sets("ingress", [{"fromPort": 80}]),
    "flow-logs": GONE + "aws:ec2/flowLog:FlowLog",
    "balancer-drops-bad-headers": sets("dropInvalidHeaderFields", False),
    "balancer-undeletable": sets("enableDeletionProtection", False),
    "balancer-spans-zones": sets("subnets", ["one"]),
    "internet-encrypted": sets("defaultActions", [{"type": "fixed-response"}]),
    "tls-of-today": lambda inputs: inputs.update(protocol="HTTPS", sslPolicy="ELBSecurityPolicy-2016-08"),
    "unasked-paths-not-forwarded": sets("defaultActions", [{"type": "forward"}]),
    "database-not-public": sets("publiclyAccessible", True),
    "database-encrypted": sets("storageEncrypted", False),
    "database-standby": sets("multiAz", False),
    "database-monitored": sets("monitoringInterval", 0),
    "database-undeletable": sets("deletionProtection", False),
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
    "cache-token-kept": UNIGNORED,
    "cache-protected": UNPROTECTED,
    "table-recoverable": sets("pointInTimeRecovery.enabled", False),
    "table-undeletable": sets("deletionProtectionEnabled", False),
    "table-protected": UNPROTECTED,
    "images-scanned": sets("imageScanningConfiguration.scanOnPush", False),
    "images-immutable": sets("imageTagMutability", "MUTABLE"),
    "images-expire": GONE + "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "logs-expire": sets("retentionInDays", None),
    "tasks-in-private": sets("networkConfiguration.assignPublicIp", True),
    "releases-stay": UNIGNORED,
    "services-start-empty": sets("desiredCount", 2),
    "services-go-back": sets("deploymentCircuitBreaker", {"enable": True, "rollback": False}),
    "services-can-shift": sets("loadBalancers", [{"targetGroupArn": "arn"}]),
    "services-not-waited-for": sets("waitForSteadyState", True),
    "services-on-demand": sets("capacityProviderStrategies", [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]),
    "services-protected": UNPROTECTED,
    "tasks-no-secret-variables": container(environment=[{"name": "DATABASE_PASSWORD", "value": "x"}]),
    "tasks-variables-once": container(environment=[{"name": "PORT", "value": "1"}, {"name": "PORT", "value": "2"}]),
    "tasks-logged": container(logConfiguration={}),
    "tasks-not-root": container(user="0"),
    "templates-claim-no-image": container(image="nginx:latest"),
    "tasks-fit-fargate": sets("memory", "100"),
    "templates-stay": sets("skipDestroy", False),
    "templates-tracked-by-arn": sets("trackLatest", True),
    "cluster-insights": sets("settings", []),
    "targets-drain": sets("deregistrationDelay", 5),
    "targets-checked-often": sets("healthCheck.interval", 30),
    "targets-short-names": "renamed",
    "routes-hold-both-groups": sets("actions", [{"type": "forward", "forward": {"targetGroups": [{"arn": "a"}]}}]),
    "weights-stay": UNIGNORED,
    "inline-policies-bounded": statement(Action=["s3:*"], Resource=["*"]),
    "inline-policies-say-why": statement(Sid=""),
    "inline-policies-pass-by-name": statement(Action=["iam:PassRole"], Resource=["*"]),
    "managed-policies-bounded": statement(Action="*", Resource="*"),
    "managed-policies-say-why": statement(Sid=""),
    "managed-policies-pass-by-name": statement(Action=["iam:PassRole"], Resource=["*"]),
    "roles-bounded": sets("permissionsBoundary", None),
    "roles-trusted-by-name": trusting({"AWS": "*"}),
    "no-broad-managed-policy": sets("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    "balancer-logs": sets("accessLogs.enabled", False),
    "bucket-never-public": GONE + "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucket-encrypted": GONE + "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "bucket-forgets": GONE + "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "bucket-encrypted-on-the-way": statement(Effect="Allow"),
    "bucket-protected": UNPROTECTED,
    "alarms-watch-what-is-there": sets("metricQueries", [{"metric": {"period": 60, "dimensions": {"ServiceName": "gone"}}}]),
    "alarms-within-limits": sets("evaluationPeriods", 1500),
}


def test_every_rule_has_a_failing_example() -> None:
    assert sorted(EXAMPLES) == sorted(rule.name for rule in RULES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_finds_its_fault(name: str, production: Stack) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    # Not every resource of the type is one that the rule is about: a listener inside may do without encryption.
    tried = [violations(broken(production, victim, EXAMPLES[name]), RULES) for victim in production.of(rule.type)]
    found = next((each for each in tried if name in {violation.rule for violation in each}), ())
    assert found, f"{name} found nothing"
    assert all(violation.finding and violation.source for violation in found)
    assert len({violation.rule for violation in found}) <= 2, f"one fault broke {[str(violation) for violation in found]}"


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
