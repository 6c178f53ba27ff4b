"""Database and cache, and how services reach them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.data.settings import CACHE_VARIABLES, DATABASE_VARIABLES
from tests.infra.declared import as_declared, declared
from tests.infra.mocked import TOKEN, Recording, one_service, stack_settings
from tests.infra.templates import container, plain

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
STACKS = ("staging", "production")


def secrets(recording: Recording, service: str = "agent") -> dict[str, str]:
    """The container's references into Secrets Manager, by variable."""
    references = {item["name"]: item["valueFrom"] for item in container(recording, service)["secrets"]}
    return {name: arn for name, arn in references.items() if ":secretsmanager:" in arn}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and "4dabf18193072939515e22adb298388d" in value


def test_the_settings_know_the_variables_of_database_and_cache(platform: tuple[str, Recording]) -> None:
    """They refuse a stack file that sets one of these."""
    only = container(platform[1])
    variables = {item["name"] for item in (*only["environment"], *only["secrets"])}
    connected = {name for name in variables if name.startswith(("DATABASE_", "REDIS_"))}
    assert connected == {*DATABASE_VARIABLES, *CACHE_VARIABLES}


def test_data_stands_in_the_isolated_subnets(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for kind in ("aws:rds/subnetGroup:SubnetGroup", "aws:elasticache/subnetGroup:SubnetGroup"):
        assert [group.inputs["subnetIds"] for group in recording.of(kind)] == [["isolated-1", "isolated-2"]]
    assert recording.one("aws:rds/instance:Instance", "database").inputs["publiclyAccessible"] is False


@pytest.mark.parametrize(("store", "port"), [("database", 5432), ("cache", 6379)])
def test_only_services_reach_data_each_by_a_rule_of_its_own(platform: tuple[str, Recording], store: str, port: int) -> None:
    """And the one-off tasks, which work on the database."""
    _, recording = platform
    rules = [rule for rule in recording.of(INGRESS) if rule.inputs["securityGroupId"] == f"{store}-id"]
    services = {*stack_settings("staging")["axonflow:platform"]["services"], *({"operations"} if store == "database" else ())}
    assert {rule.name for rule in rules} == {f"{store}-from-{service}" for service in services}
    for rule in rules:
        assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (port, port)
        assert rule.inputs["referencedSecurityGroupId"] in {f"{service}-id" for service in services}
        assert "cidrIpv4" not in rule.inputs


def test_data_opens_no_connection_of_its_own(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for rule in recording.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"):
        assert rule.inputs["securityGroupId"] not in ("database-id", "cache-id")


def test_a_service_that_does_not_use_the_cache_gets_nothing_of_it() -> None:
    config = one_service()
    config["axonflow:platform"]["services"]["agent"]["uses"] = ["database"]
    recording = declared("staging", config)
    assert "cache-from-agent" not in {rule.name for rule in recording.of(INGRESS)}
    assert sorted(secrets(recording)) == ["DATABASE_PASSWORD", "DATABASE_USER"]
    policy = recording.one("aws:iam/rolePolicy:RolePolicy", "agent-execution").inputs["policy"]
    assert "ReadTheSecretOfTheCache" not in {statement["Sid"] for statement in json.loads(policy)["Statement"]}


def test_a_service_gets_addresses_as_variables_and_secrets_as_references(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    given = container(recording)
    variables = {item["name"]: item["value"] for item in given["environment"]}
    assert {name: value for name, value in variables.items() if name.startswith("DATABASE")} == {
        "DATABASE_HOST": f"axonflow-{stack}-db.rds.amazonaws.com",
        "DATABASE_PORT": "5432",
        "DATABASE_NAME": "axonflow",
        "DATABASE_SSLMODE": "require",
    }
    database = f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:axonflow-{stack}/database-AbCdEf"
    assert secrets(recording) == {
        "DATABASE_USER": f"{database}:username::",
        "DATABASE_PASSWORD": f"{database}:password::",
        "REDIS_URL": f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:axonflow-{stack}/cache-AbCdEf",
    }


def test_tasks_may_start_with_the_secrets_that_their_template_names(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    policy = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", "agent-execution").inputs["policy"])
    allowed = {
        resource
        for statement in policy["Statement"]
        if statement["Action"] == ["secretsmanager:GetSecretValue"]
        for resource in statement["Resource"]
    }
    named = {":".join(arn.split(":")[:7]) for arn in secrets(recording).values()}
    assert allowed == named


def test_the_token_is_a_secret_wherever_it_stands(platform: tuple[str, Recording]) -> None:
    """And it stands in two places: the replication group, and the secret that services read."""
    _, recording = platform
    group = recording.one("aws:elasticache/replicationGroup:ReplicationGroup", "cache")
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion", "cache-url")
    assert is_secret(group.inputs["authToken"])
    assert is_secret(version.inputs["secretString"])
    assert f":{TOKEN}@" in plain(version.inputs["secretString"])
    for resource in recording.resources:
        shown = json.dumps({key: value for key, value in resource.inputs.items() if not is_secret(value)}, default=str)
        assert TOKEN not in shown, f"{resource.type} {resource.name}"
    assert TOKEN not in json.dumps(recording.exports)


def test_a_newly_generated_token_is_ignored(platform: tuple[str, Recording]) -> None:
    group = platform[1].one("aws:elasticache/replicationGroup:ReplicationGroup", "cache")
    assert group.ignores == ("authToken",)


def test_rds_sets_the_master_password_and_the_services_secret_begins_empty(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    instance = recording.one("aws:rds/instance:Instance", "database").inputs
    assert instance["manageMasterUserPassword"] is True
    assert "password" not in instance
    assert {version.name for version in recording.of("aws:secretsmanager/secretVersion:SecretVersion")} == {"cache-url"}


def test_data_is_encrypted_backed_up_and_watched(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    instance = recording.one("aws:rds/instance:Instance", "database").inputs
    redis = recording.one("aws:elasticache/replicationGroup:ReplicationGroup", "cache").inputs
    assert instance["storageEncrypted"] is True
    assert instance["backupRetentionPeriod"] >= 7
    assert instance["performanceInsightsEnabled"] is True
    assert (redis["atRestEncryptionEnabled"], redis["transitEncryptionEnabled"]) == (True, True)
    parameters = recording.one("aws:rds/parameterGroup:ParameterGroup", "database").inputs["parameters"]
    values = {item["name"]: item["value"] for item in parameters}
    assert values["rds.force_ssl"] == "1"
    assert int(values["log_min_duration_statement"]) > 0


def test_production_survives_a_zone_and_a_deletion_and_staging_can_be_built_anew() -> None:
    for stack, lasting in (("production", True), ("staging", False)):
        recording = as_declared(stack)
        instance = recording.one("aws:rds/instance:Instance", "database").inputs
        redis = recording.one("aws:elasticache/replicationGroup:ReplicationGroup", "cache").inputs
        assert (instance["multiAz"], redis["multiAzEnabled"], redis["automaticFailoverEnabled"]) == (lasting,) * 3
        assert instance["deletionProtection"] is lasting
        assert instance["skipFinalSnapshot"] is not lasting
        assert instance["deleteAutomatedBackups"] is not lasting
        names = [found.get("finalSnapshotIdentifier") for found in (instance, redis)]
        lasts = [f"axonflow-{stack}-db-final-database-id", f"axonflow-{stack}-cache-final-cache-id"]
        assert names == (lasts if lasting else [None, None])
        assert (instance["applyImmediately"], redis["applyImmediately"]) == (not lasting,) * 2
        windows = {secret.inputs["recoveryWindowInDays"] for secret in recording.of("aws:secretsmanager/secret:Secret")}
        assert windows == ({30} if lasting else {0})
