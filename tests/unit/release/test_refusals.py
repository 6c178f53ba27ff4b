"""Everything that is turned down before a write: one line that says what is wrong and what to do, and no write."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from appdeploy.aws.clients import connect
from appdeploy.aws.contract_reader import read_contract
from appdeploy.model.errors import Refused
from appdeploy.model.operation import Deploy
from appdeploy.plan.prepare import Request, prepare
from tests.support.release_scenario import AwsSays, Moment, platform_contract, service_contract


@pytest.fixture
def refusal(clients, aws):
    """Ask for a release; the lines of its refusal. No write may have gone out."""

    def ask(environment="staging", version="v2", services=()):
        with pytest.raises(Refused) as caught:
            prepare(Request(environment, Deploy(version), services), clients).cleared()
        assert aws.writes == []
        assert all("\n" not in line for line in caught.value.lines)
        return caught.value.lines

    return ask


def test_an_environment_without_a_contract(aws, refusal):
    aws.environment(aws.released())
    (line,) = refusal(environment="prodution")
    assert line.startswith("there is no environment prodution in account 123456789012, region eu-central-1")


def test_an_unknown_service_lists_the_known_ones(aws, refusal):
    aws.environment(aws.released("agent"), aws.released("orchestrator"))
    assert refusal(services=("xyzzy",)) == ("staging has no service xyzzy: it has agent, orchestrator",)


def test_a_contract_without_a_service(aws, refusal):
    aws.environment()
    assert refusal() == ("the contract of staging names no service: there is nothing to release",)


def test_a_missing_image_names_the_repository_and_the_newest_tags(aws, refusal):
    aws.environment(aws.released())
    (line,) = refusal(version="v9")
    assert line.endswith("axonflow-staging-agent has no image v9: its newest tags are v2, v1")


def test_a_missing_repository(aws, refusal):
    aws.environment(aws.released())
    aws.images.clear()
    (line,) = refusal()
    assert "does not exist" in line


def test_an_archived_image(aws, refusal):
    aws.environment(aws.released())
    aws.images["axonflow-staging-agent:v2"]["imageStatus"] = "ARCHIVED"
    (line,) = refusal()
    assert "ARCHIVED" in line
    assert "restore it" in line


def test_a_service_that_is_gone(aws, refusal):
    aws.environment(aws.released())
    aws.services.clear()
    (line,) = refusal()
    assert "does not exist: run pulumi up for staging again" in line


def test_a_service_that_is_being_deleted(aws, refusal):
    service = aws.released()
    service.status = "DRAINING"
    aws.environment(service)
    (line,) = refusal()
    assert "DRAINING, not ACTIVE" in line


def test_a_released_service_at_zero_tasks(aws, refusal):
    service = aws.released()
    service.desired = 0
    aws.environment(service)
    (line,) = refusal()
    assert "has 0 tasks, so the version could not be checked" in line


def test_a_first_release_of_zero_tasks(aws, refusal):
    aws.environment(aws.unreleased(desired_count=0))
    (line,) = refusal()
    assert "0 tasks for the first release" in line


def test_a_deployment_in_progress_is_named(aws, refusal):
    service = aws.released()
    service.moment = Moment()
    service.ours = service.task_definition
    aws.environment(service)
    (line,) = refusal()
    assert f"agent: deployment: {service.deployment_id} is still in progress (0 of 2 tasks, 0 healthy)" in line
    assert "appdeploy status" in line


def test_a_container_that_is_not_in_the_task_definition(aws, refusal):
    aws.environment(aws.released(container="agnet"))
    arn = next(arn for arn in aws.task_definitions if arn.endswith("agent:4"))
    aws.task_definitions[arn]["taskDefinition"]["containerDefinitions"][0]["name"] = "agent"
    (line,) = refusal()
    assert "has no container agnet: it has agent, metrics" in line


def test_each_service_that_cannot_be_released_has_its_own_line(aws, refusal):
    services = [aws.released("agent"), aws.released("orchestrator")]
    services[0].desired = 0
    services[1].status = "INACTIVE"
    aws.environment(*services)
    assert [line.split(":")[0] for line in refusal()] == ["agent", "orchestrator"]


# The contract


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("platform", "not json", "contract/platform is malformed"),
        ("services/agent", "{}", "contract/services/agent is malformed: name: Field required"),
        ("services/agent", json.dumps({"schema_version": "2.0"}), "schema version 2.0 is not 1.x"),
        ("platform", json.dumps({"schema_version": "7.1"}), "schema version 7.1 is not 1.x"),
        ("services/agent", service_contract("portal").dump(), "contract/services/agent is malformed: name: says portal"),
        (
            "services/agent",
            service_contract(repository="docker.io/agent").dump(),
            "repository: 'docker.io/agent' is not the URI",
        ),
        (
            "platform",
            platform_contract(account="999999999999").dump(),
            "is for account 999999999999, and this is 123456789012",
        ),
        ("platform", platform_contract(region="us-east-1").dump(), "is for region us-east-1, and this is eu-central-1"),
        (
            "platform",
            platform_contract(environment="production").dump(),
            "is for environment production, and this is staging",
        ),
    ],
)
def test_a_contract_that_cannot_be_used(aws, refusal, name, text, said):
    aws.environment(aws.released())
    aws.parameters[name] = text
    (line,) = refusal()
    assert said in line


def test_a_contract_that_was_written_by_half(aws, refusal):
    aws.environment(aws.released())
    del aws.parameters["platform"]
    (line,) = refusal()
    assert line == "/axonflow/staging/contract/platform is missing: run pulumi up for staging again"


def test_the_contract_is_read_to_its_last_page(aws, clients):
    aws.environment(*(aws.released(name) for name in ("a", "b", "c", "d", "e")))
    contract = read_contract(clients, "staging")
    assert [service.name for service in contract.services] == ["a", "b", "c", "d", "e"]
    assert aws.count("GetParametersByPath") == 3


def test_a_later_minor_version_may_know_more(aws, clients):
    aws.environment(aws.released())
    document = {**json.loads(aws.parameters["platform"]), "schema_version": "1.9", "news": True}
    aws.parameters["platform"] = json.dumps(document)
    assert read_contract(clients, "staging").platform.environment == "staging"


# The AWS environment


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (NoCredentialsError(), "sign in, or set AWS_PROFILE"),
        (AwsSays("ExpiredTokenException", "The security token is expired"), "renew them"),
        (AwsSays("UnrecognizedClientException", "bad token"), "renew them"),
        (AwsSays("AccessDeniedException", "no ssm:GetParametersByPath"), "not allowed"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "unreachable"),
    ],
)
def test_an_aws_that_does_not_let_us_read(aws, refusal, answer, said):
    aws.environment(aws.released())
    aws.answers["GetParametersByPath"] = [answer]
    (line,) = refusal()
    assert said in line
    assert line.endswith("nothing was changed")


def test_no_region():
    with pytest.raises(Refused, match="no AWS region is set: give --region"):
        connect(None)


def test_a_profile_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(Refused, match="missing"):
        connect("eu-central-1")
