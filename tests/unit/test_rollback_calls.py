"""What a rollback asks of AWS before its update, from the record of calls, and what it reads afterwards."""

from __future__ import annotations

from collections import Counter

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.events import Planned, Recalled
from appdeploy.outcome import Outcome
from tests.unit.rollbacks import OK, remembered
from tests.unit.scenario import AwsSays, only

MOST = 6
SILENCE = EndpointConnectionError(endpoint_url="x")
FORMER = "axonflow-staging-agent:2"


def before_update(aws) -> Counter[str]:
    """The calls of all services before the first update."""
    names = [name for _, name, _ in aws.calls]
    return Counter(names[: names.index("UpdateService")])


def test_six_calls_with_the_locks_one_come_before_the_update(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", "ROLLBACK_SUCCESSFUL"))
    back()
    calls = before_update(aws)
    assert calls.total() <= MOST, calls
    assert calls["TransactWriteItems"] == 1
    assert calls["GetItem"] == 0


@pytest.mark.parametrize("services", [(), ("agent",)], ids=["all", "named"])
@pytest.mark.parametrize("contract", ["silent", "malformed"])
def test_six_calls_do_without_a_contract_too(aws, back, services, contract):
    remembered(aws, ("v1", OK), ("v2", OK))
    if contract == "silent":
        aws.answers["GetParametersByPath"] = [SILENCE]
    else:
        aws.parameters["platform"] = "{"
    assert only(back(services)).outcome is Outcome.LIVE
    assert before_update(aws).total() <= MOST, before_update(aws)


def test_a_further_service_costs_three_calls_more_and_no_shared_one(aws, back):
    for name in ("agent", "orchestrator", "portal"):
        remembered(aws, ("v1", OK), ("v2", OK), name=name)
    back()
    calls = before_update(aws)
    pages = calls.pop("GetParametersByPath")
    assert pages == len(aws.parameters) // 2, "two a page here, ten as a rule"
    own = {"ListServiceDeployments": 3, "DescribeServiceRevisions": 3, "DescribeTaskDefinition": 3}
    assert calls == {"DescribeServices": 1, "TransactWriteItems": 1, **own}


@pytest.mark.parametrize("lock", [SILENCE, AwsSays("ServerException")], ids=["silent", "failing"])
def test_a_lock_that_fails_is_not_asked_twice(aws, back, lock):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["TransactWriteItems"] = [lock] * 20
    back()
    assert before_update(aws)["TransactWriteItems"] == 1


# What is read afterwards


def test_what_is_replaced_is_told_when_the_update_is_sent(aws, back, run):
    remembered(aws, ("v1", OK), ("v2", OK))
    back()
    [planned] = [event.plan.changed[0] for event in run.events if isinstance(event, Planned)]
    [recalled] = [event.plan for event in run.events if isinstance(event, Recalled)]
    assert (planned.former.version, recalled.former.version) == (FORMER, "v2")
    assert recalled.version == "v1"


def test_a_revision_that_was_not_read_before_is_told_afterwards(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [SILENCE]
    assert command("rollback", "-e", "staging") == 0
    out = capsys.readouterr().out
    assert f"agent: {FORMER} -> axonflow-staging-agent:1, back to axonflow-staging-agent:1" in out
    assert "agent: v2 -> v1 (sha256:000000000000), back to axonflow-staging-agent:1" in out
    assert "v1 serves" in out


def test_a_former_revision_that_cannot_be_read_keeps_its_name_and_is_in_nobodys_way(aws, back, run):
    remembered(aws, ("v1", OK), ("v2", OK))
    target = aws.task_definitions
    del target[next(arn for arn in target if arn.endswith(FORMER))]
    assert only(back()).outcome is Outcome.LIVE
    assert not [event for event in run.events if isinstance(event, Recalled)]


def test_a_new_revision_that_cannot_be_read_is_never_called_live(aws, back):
    """What its containers check is written there."""
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [SILENCE]
    aws.answers["DescribeTaskDefinition"] = [AwsSays("AccessDeniedException")] * 9
    result = only(back())
    assert result.outcome is Outcome.TIMED_OUT
    assert "it cannot be watched: not allowed" in result.cause
