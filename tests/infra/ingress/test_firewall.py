"""The web firewall: in front of production's public load balancer, with reasons."""

from __future__ import annotations

from typing import Any

import pytest

from infra.ingress.firewall import MANAGED
from tests.infra.declared import as_declared
from tests.infra.mocked import Recording

ACL = "aws:wafv2/webAcl:WebAcl"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"


@pytest.fixture(scope="module")
def production() -> Recording:
    return as_declared("production")


def rules(recording: Recording) -> dict[str, dict[str, Any]]:
    [acl] = recording.of(ACL)
    return {rule["name"]: rule for rule in acl.inputs["rules"]}


def test_it_stands_in_front_of_the_public_load_balancer(production: Recording) -> None:
    [association] = production.of(ASSOCIATION)
    assert association.inputs["resourceArn"].endswith("loadbalancer/app/af-prod-public/1")


def test_it_has_the_rules_that_aws_keeps_and_each_says_why(production: Recording) -> None:
    assert {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"} <= set(rules(production))
    assert all(group.reason for group in MANAGED)


def test_a_long_prompt_is_counted_and_not_refused(production: Recording) -> None:
    group = rules(production)["AWSManagedRulesCommonRuleSet"]["statement"]["managedRuleGroupStatement"]
    assert group["ruleActionOverrides"] == [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}]


def test_one_address_has_a_limit(production: Recording) -> None:
    rule = rules(production)["requests-per-address"]
    assert rule["action"] == {"block": {}}
    limit = {"limit": 6000, "aggregateKeyType": "IP", "evaluationWindowSec": 300}
    assert rule["statement"]["rateBasedStatement"] == limit


def test_no_two_rules_have_the_same_place(production: Recording) -> None:
    places = [rule["priority"] for rule in rules(production).values()]
    assert len(set(places)) == len(places)


def test_a_stack_that_does_not_ask_for_it_has_none() -> None:
    assert as_declared("staging").of(ACL) == []
