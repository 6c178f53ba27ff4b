"""Listener rules and health checks as functions: which action a request gets, what counts as healthy."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from multidict import CIMultiDict

from sandbox.emulator.elb.dataplane import ProbeFailure, ProbeResult
from sandbox.emulator.elb.health import HealthCheck
from sandbox.emulator.elb.rules import (
    FixedResponse,
    Forward,
    Redirect,
    RequestFacts,
    Rule,
    WeightedGroup,
    first_match,
    parse_action,
)

ANSWER = FixedResponse(200, "text/plain", "")


def facts(**changes: Any) -> RequestFacts:
    known: dict[str, Any] = {
        "method": "GET",
        "host": "api.example.com",
        "path": "/v1/chat",
        "query": (("mode", "fast"), ("trace", "1")),
        "headers": CIMultiDict({"X-Tenant": "Acme-7"}),
        "source_ip": "10.1.2.3",
    }
    return RequestFacts(**{**known, **changes})


def config(field: str, **values: Any) -> dict[str, Any]:
    return {"Field": field, **values}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (config("path-pattern", Values=["/v1/*"]), True),
        (config("path-pattern", PathPatternConfig={"Values": ["/v2/*", "/v1/cha?"]}), True),
        (config("path-pattern", Values=["/V1/*"]), False),
        (config("path-pattern", Values=["/v1"]), False),
        (config("path-pattern", Values=["/v1/c[h]at"]), False),
        (config("host-header", Values=["API.*.com"]), True),
        (config("host-header", HostHeaderConfig={"Values": ["example.com"]}), False),
        (config("http-header", HttpHeaderConfig={"HttpHeaderName": "x-tenant", "Values": ["acme-*"]}), True),
        (config("http-header", HttpHeaderConfig={"HttpHeaderName": "X-Other", "Values": ["*"]}), False),
        (config("http-request-method", HttpRequestMethodConfig={"Values": ["POST"]}), False),
        (config("http-request-method", HttpRequestMethodConfig={"Values": ["POST", "GET"]}), True),
        (config("query-string", QueryStringConfig={"Values": [{"Key": "MODE", "Value": "f*"}]}), True),
        (config("query-string", QueryStringConfig={"Values": [{"Key": "mode", "Value": "slow"}]}), False),
        (config("query-string", QueryStringConfig={"Values": [{"Value": "1"}]}), True),
        (config("source-ip", SourceIpConfig={"Values": ["10.1.0.0/16"]}), True),
        (config("source-ip", SourceIpConfig={"Values": ["10.2.0.0/16"]}), False),
        (config("of-the-future"), False),
    ],
)
def test_a_condition_holds_as_aws_documents_it(condition: Mapping[str, Any], holds: bool) -> None:
    assert (first_match([Rule((condition,), ANSWER)], facts()) is not None) == holds


def test_all_conditions_of_a_rule_must_hold_and_the_first_rule_wins() -> None:
    path, method = config("path-pattern", Values=["*"]), config("http-request-method", Values=["POST"])
    both, first, default = Rule((path, method), ANSWER), Rule((path,), ANSWER), Rule((), ANSWER)

    assert first_match([both, first, default], facts()) is first


def test_a_forward_chooses_by_weight() -> None:
    forward = parse_action(
        [
            {
                "Type": "forward",
                "ForwardConfig": {
                    "TargetGroups": [{"TargetGroupArn": "a", "Weight": 90}, {"TargetGroupArn": "b", "Weight": 10}]
                },
            }
        ]
    )
    assert isinstance(forward, Forward)

    rng = random.Random(7)
    chosen = Counter(forward.choose(rng) for _ in range(10_000))

    assert 8_800 < chosen["a"] < 9_200


def test_a_group_of_weight_0_gets_nothing() -> None:
    rng = random.Random(7)

    assert {Forward((WeightedGroup("a", 1), WeightedGroup("b", 0))).choose(rng) for _ in range(1000)} == {"a"}
    assert Forward((WeightedGroup("a", 0),)).choose(rng) is None


def test_a_forward_to_one_group_has_no_weights() -> None:
    assert parse_action([{"Type": "forward", "TargetGroupArn": "a"}]) == Forward((WeightedGroup("a", 1),))


def test_an_action_that_is_not_emulated_is_none() -> None:
    assert parse_action([{"Type": "authenticate-oidc"}]) is None


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://api.example.com:443/v1/chat?mode=fast&trace=1"),
        ({"Host": "www.#{host}", "Path": "/new/#{path}", "Query": "a=b"}, "http://www.api.example.com:80/new/v1/chat?a=b"),
    ],
)
def test_a_redirect_fills_in_the_request_s_parts(config: dict[str, str], location: str) -> None:
    action = parse_action([{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}])

    assert isinstance(action, Redirect)
    assert action.status == 301
    assert action.location(facts(), protocol="HTTP", port=80, ports={}) == location


@pytest.mark.parametrize(
    ("matcher", "result", "passes"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200-299,301", 204, True),
        ("200-299,301", 301, True),
        ("200-299,301", 302, False),
        ("200", ProbeFailure.TIMED_OUT, False),
    ],
)
def test_a_matcher_says_which_statuses_are_healthy(matcher: str, result: ProbeResult, passes: bool) -> None:
    check = HealthCheck("/health", 5, 2, 2, 2, matcher)

    assert check.passes(result) == passes
