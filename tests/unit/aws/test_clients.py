"""The tool's AWS clients: made when used, for services that botocore has models of."""

from __future__ import annotations

import pytest
from botocore.session import get_session

from appdeploy.aws.clients import _SERVICES, connect
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
    assert str(tmp_path) in connect("eu-central-1")._maker._session._loader.search_paths


@pytest.mark.parametrize("endpoint", ["no address", "ftp//x"])
def test_an_endpoint_that_is_no_url_is_refused_at_the_first_client(monkeypatch, endpoint):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    clients = connect("eu-central-1")
    with pytest.raises(Refused, match="the AWS environment cannot be used"):
        _ = clients.ecs
