"""A rollback and a contract that cannot be used: the names lead to the services, unless it is about another place."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.errors import Refused
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import AwsSays, only, platform_contract
from tests.support.rollbacks import OK, remembered, sent


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("platform", "not json", "contract/platform is malformed"),
        ("platform", json.dumps({"schema_version": "2.0"}), "schema version 2.0 is not 1.x"),
        ("services/agent", "{}", "services/agent is malformed: name: Field required"),
        ("services/agent", json.dumps({"schema_version": "7.1"}), "schema version 7.1 is not 1.x"),
        ("services/agent", None, "names no service"),
        ("platform", None, "contract/platform is missing"),
    ],
)
def test_a_contract_that_cannot_be_understood_holds_no_rollback_up_and_is_told(aws, back, name, text, why):
    remembered(aws, ("v1", OK), ("v2", OK))
    del aws.parameters[name]
    if text is not None:
        aws.parameters[name] = text
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"].endswith("agent:1")
    assert why in back.plan.purpose


def test_no_contract_at_all_holds_no_rollback_up(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.parameters.clear()
    assert only(back()).outcome is Outcome.LIVE
    assert "there is no environment staging" in back.plan.purpose


def test_an_environment_without_contract_and_cluster_is_refused_with_both(aws, back):
    aws.answers["ListServices"] = [AwsSays("ClusterNotFoundException")]
    with pytest.raises(Refused, match=r"no cluster axonflow-staging-cluster; contract: there is no environment staging"):
        back()


@pytest.mark.parametrize("elsewhere", [{"region": "us-east-1"}, {"environment": "production"}], ids=str)
def test_a_contract_about_another_place_refuses(aws, back, elsewhere):
    """The names would lead to services that were not meant."""
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.parameters["platform"] = platform_contract(**elsewhere).dump()
    with pytest.raises(Refused, match="use the credentials and region"):
        back()
    assert aws.writes == []


def test_a_service_that_the_contract_does_not_name_is_refused(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    with pytest.raises(Refused, match="staging has no service agnet: it has agent"):
        back(("agnet",))


def test_the_contract_names_the_table(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.parameters["platform"] = platform_contract(releases_table="others").dump()
    back()
    items = [next(iter(item.values())) for _, parameters in aws.lock_writes for item in parameters["TransactItems"]]
    assert {item["TableName"] for item in items} == {"others"}
