"""The tool's AWS clients: made when used, for services that botocore has models of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.session import get_session

from appdeploy.aws.clients import _SERVICES, connect
from appdeploy.aws.errors import explain
from appdeploy.model.errors import Refused
from tests.support.tool_clients import every_client


def test_no_client_is_made_before_it_is_used(monkeypatch):
    clients = connect("eu-central-1")
    monkeypatch.setattr(clients._maker, "make", lambda *_: pytest.fail("a client is made"))
    assert clients.region == "eu-central-1"


def test_a_client_is_made_once():
    clients = connect("eu-central-1")
    assert clients.ssm is clients.ssm
    assert clients.ssm is not clients.once.ssm


def test_the_services_are_those_of_the_clients_and_known_to_botocore():
    made = {client.meta.service_model.service_name for client in every_client(connect("eu-central-1"))}
    assert made == set(_SERVICES) <= set(get_session().get_available_services())


def test_models_of_ones_own_are_still_found(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert str(tmp_path) in connect("eu-central-1")._maker._session.get_component("data_loader").search_paths


@pytest.mark.parametrize("endpoint", ["no address", "ftp//x"])
def test_an_endpoint_that_is_no_url_is_refused_at_the_first_client(monkeypatch, endpoint):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    clients = connect("eu-central-1")
    with pytest.raises(Refused, match="the AWS environment cannot be used"):
        _ = clients.ecs


def _failing(service: str, status: int = 500) -> Any:
    """A client whose every call is answered with an error, without a network."""
    client = getattr(connect("eu-central-1"), service)
    body = b'{"__type": "InternalFailure", "message": "Service exception"}'
    if service == "elbv2":
        body = b"<ErrorResponse><Error><Code>InternalFailure</Code><Message>Service exception</Message></Error></ErrorResponse>"
    answer = AWSResponse("https://aws", status, {}, SimpleNamespace(stream=lambda *_: iter([body]), close=lambda: None))
    client.meta.events.register("before-send", lambda **_: answer)
    return client


@pytest.fixture
def credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "sandbox")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("service", "call", "named"),
    [
        (
            "elbv2",
            lambda client: client.describe_target_health(TargetGroupArn="x"),
            "elasticloadbalancing:DescribeTargetHealth",
        ),
        ("dynamodb", lambda client: client.get_item(TableName="t", Key={}), "dynamodb:GetItem"),
    ],
)
def test_an_error_names_the_service_and_the_operation(service, call, named):
    client = _failing(service, 400)
    with pytest.raises(ClientError) as caught:
        call(client)
    assert explain(caught.value) == f"{named}: InternalFailure: Service exception"


@pytest.mark.usefixtures("credentials")
def test_a_call_without_an_answer_names_them_too(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    clients = connect("eu-central-1")
    calls = {
        "ecs:DescribeServices": lambda: clients.once.ecs.describe_services(services=["x"]),
        "cloudwatch:DescribeAlarms": lambda: clients.cloudwatch.describe_alarms(),
    }
    for named, call in calls.items():
        with pytest.raises(EndpointConnectionError) as caught:
            call()
        assert explain(caught.value).startswith(f"AWS is unreachable ({named}: ")
