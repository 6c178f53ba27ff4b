"""Tasks whose secrets cannot be fetched do not start, and say why in ECS's words."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source

PARAMETER = "/axonflow/staging/config/agent/LOG_LEVEL"
PARAMETER_ARN = f"arn:aws:ssm:eu-central-1:123456789012:parameter{PARAMETER}"
ASM = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: "
)
SSM = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
)


def register(scenario: Scenario, reference: str, **more: Any) -> str:
    sent = aws_platform.task_definition(scenario.push(f"v{uuid.uuid4().hex}"), scenario.role)
    sent["containerDefinitions"][0] |= {"secrets": [{"name": "X", "valueFrom": reference}], **more}
    arn: str = scenario.ecs.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    return arn


def why_stopped(scenario: Scenario, reference: str) -> str:
    definition = register(scenario, reference)
    scenario.create(definition, 1)
    scenario.until(lambda: bool(scenario.stopped(definition)))
    task = scenario.stopped(definition)[0]
    assert task["stopCode"] == "TaskFailedToStart"
    reason: str = task["stoppedReason"]
    return reason


@pytest.fixture
def secret(scenario: Scenario) -> Any:
    """Makes a secret; returns its ARN. Secrets outlive a scenario."""
    client, made = scenario.client("secretsmanager"), []

    def make(**value: str) -> str:
        arn: str = client.create_secret(Name="axonflow-staging/database", **value)["ARN"]
        made.append(arn)
        return arn

    yield make
    for arn in made:
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.mark.source(Source.INITIALIZATION)
@pytest.mark.parametrize("reference", [PARAMETER, PARAMETER_ARN], ids=["name", "arn"])
def test_a_missing_parameter(scenario: Scenario, reference: str) -> None:
    assert why_stopped(scenario, reference) == f"{SSM}invalid ssm parameters: {reference}"


@pytest.mark.source(Source.INITIALIZATION)
@pytest.mark.parametrize("suffix", ["", ":password::", "::AWSCURRENT:"], ids=["plain", "key", "stage"])
def test_a_missing_secret(scenario: Scenario, suffix: str) -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:axonflow-staging/database-AbCdEf"
    found = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    assert why_stopped(scenario, arn + suffix) == (
        f"{ASM}service call has been retried 1 time(s): failed to fetch secret {arn} from secrets manager: {found}"
    )


@pytest.mark.source(Source.INITIALIZATION)
@pytest.mark.parametrize(
    ("suffix", "searched"),
    [("", "staging label: AWSCURRENT"), (":password::", "staging label: AWSCURRENT"), ("::MINE:", "staging label: MINE")],
    ids=["plain", "key", "stage"],
)
def test_a_secret_without_that_value(scenario: Scenario, secret: Any, suffix: str, searched: str) -> None:
    reason = why_stopped(scenario, secret() + suffix)
    assert reason.endswith(f"ResourceNotFoundException: Secrets Manager can't find the specified secret value for {searched}")


@pytest.mark.source(Source.INITIALIZATION)
def test_a_stage_and_a_version_are_what_is_fetched(scenario: Scenario, secret: Any) -> None:
    arn = secret(SecretString='{"current": "x"}')
    pending = scenario.client("secretsmanager").put_secret_value(
        SecretId=arn, SecretString='{"pending": "x"}', VersionStages=["AWSPENDING"]
    )["VersionId"]
    assert "did not contain json key pending" in why_stopped(scenario, f"{arn}:pending::")
    scenario.update(taskDefinition=register(scenario, f"{arn}:pending::{pending}"))
    scenario.until(scenario.settled)
    scenario.update(taskDefinition=register(scenario, f"{arn}:pending:AWSPENDING:"))
    scenario.until(scenario.settled)
    other = register(scenario, f"{arn}:::{'0' * 32}")
    scenario.update(taskDefinition=other)
    scenario.until(lambda: bool(scenario.stopped(other)))
    assert scenario.stopped(other)[0]["stoppedReason"].endswith(f"secret value for VersionId: {'0' * 32}")


@pytest.mark.source(Source.INITIALIZATION)
def test_a_secret_that_waits_for_its_deletion(scenario: Scenario, secret: Any) -> None:
    arn = secret(SecretString="{}")
    scenario.client("secretsmanager").delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    assert "because it was marked for deletion" in why_stopped(scenario, arn)


@pytest.mark.source(Source.INITIALIZATION)
def test_a_key_that_the_secret_lacks(scenario: Scenario, secret: Any) -> None:
    reason = why_stopped(scenario, secret(SecretString='{"username": "axonflow"}') + ":password::")
    assert reason == f"{ASM}retrieved secret from Secrets Manager did not contain json key password"


@pytest.mark.source(Source.INITIALIZATION)
def test_an_arn_that_is_cut_short_after_the_key(scenario: Scenario, secret: Any) -> None:
    reason = why_stopped(scenario, secret(SecretString="{}") + ":password")
    assert "an invalid ARN format for the AWS Secrets Manager secret was specified" in reason


@pytest.mark.source(Source.INITIALIZATION)
def test_what_can_be_fetched_keeps_no_task_from_starting(scenario: Scenario, secret: Any) -> None:
    scenario.client("ssm").put_parameter(Name=PARAMETER, Type="String", Value="info")
    arn = secret(SecretString='{"password": "x"}')
    references = [PARAMETER, PARAMETER_ARN, arn, arn[:-7], f"{arn}:password::", f"{arn}:password:AWSCURRENT:"]
    wanted = [{"name": f"X{number}", "valueFrom": reference} for number, reference in enumerate(references)]
    scenario.create(register(scenario, PARAMETER, secrets=wanted), 1)
    scenario.until(scenario.settled)
    assert scenario.describe()["runningCount"] == 1


@pytest.mark.source(Source.INITIALIZATION)
def test_a_secret_of_the_log_driver_is_fetched_too(scenario: Scenario) -> None:
    scenario.client("ssm").put_parameter(Name=PARAMETER, Type="String", Value="info")
    driver = {"logDriver": "splunk", "secretOptions": [{"name": "splunk-token", "valueFrom": "/gone"}]}
    definition = register(scenario, PARAMETER, logConfiguration=driver)
    scenario.create(definition, 1)
    scenario.until(lambda: bool(scenario.stopped(definition)))
    assert scenario.stopped(definition)[0]["stoppedReason"].endswith("invalid ssm parameters: /gone")
