"""What a rollback asks of AWS before its update, from the record of calls, and what it reads afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.aws.releases_table import put_of
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment
from appdeploy.model.events import Planned, PreviousVersionResolved
from appdeploy.model.ledger_entry import ServiceEntry, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.rollback.choose_target import candidates, choose_target
from appdeploy.rollback.deployment_history import HistoryReader, find_candidates
from tests.support.fake_table import TABLE
from tests.support.release_scenario import LONG_AGO, AwsSays, Moment, described, only, service_contract, task_definition_arn
from tests.support.rollbacks import OK, entry_of, listed, remembered, sent

MOST = 10
"""Four of them show whether the target's tasks could start, and whether the running revision is one that was restored."""
SILENCE = EndpointConnectionError(endpoint_url="x")
FORMER = "axonflow-staging-agent:2"


def before_update(aws) -> Counter[str]:
    """The calls of all services before the first update."""
    names = [name for _, name, _ in aws.calls]
    return Counter(names[: names.index("UpdateService")])


def test_ten_calls_with_those_of_lock_and_ledger_come_before_the_update(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", "ROLLBACK_SUCCESSFUL"))
    back()
    calls = before_update(aws)
    assert calls.total() <= MOST, calls
    assert calls["TransactWriteItems"] == 1
    assert calls["GetItem"] == 0


@pytest.mark.parametrize("services", [(), ("agent",)], ids=["all", "named"])
@pytest.mark.parametrize("contract", ["silent", "malformed"])
def test_ten_calls_do_without_a_contract_too(aws, back, services, contract):
    remembered(aws, ("v1", OK), ("v2", OK))
    if contract == "silent":
        aws.answers["GetParametersByPath"] = [SILENCE]
    else:
        aws.parameters["platform"] = "{"
    assert only(back(services)).outcome is Outcome.LIVE
    assert before_update(aws).total() <= MOST, before_update(aws)


def test_a_further_service_costs_seven_calls_more_and_no_shared_one(aws, back):
    for name in ("agent", "orchestrator", "portal"):
        remembered(aws, ("v1", OK), ("v2", OK), name=name)
    back()
    calls = before_update(aws)
    pages = calls.pop("GetParametersByPath")
    assert pages == len(aws.parameters) // 2, "two a page here, ten as a rule"
    history = {"ListServiceDeployments": 3, "DescribeServiceRevisions": 3}
    own = {**history, "DescribeTaskDefinition": 6, "DescribeImages": 3, "ListSecrets": 3}
    assert calls == {"DescribeServices": 1, "TransactWriteItems": 1, "Query": 1, **own}


@pytest.mark.parametrize("lock", [SILENCE, AwsSays("ServerException")], ids=["silent", "failing"])
def test_a_lock_that_fails_is_not_asked_twice(aws, back, lock):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["TransactWriteItems"] = [lock] * 20
    back()
    assert before_update(aws)["TransactWriteItems"] == 1


# A service of many releases, which one DescribeServiceRevisions does not tell


def many(aws, *steps):
    """A service with more successes than one call tells, each task definition registered just before its first."""
    service = remembered(aws, *((step, OK) for step in steps))
    for index, (arn, _) in reversed(list(enumerate(service.history))):
        aws.task_definitions[arn]["taskDefinition"]["registeredAt"] = LONG_AGO + timedelta(index, seconds=-1)
    return service


LONG_PASTS = {
    "restarts": (["v1", *["v2"] * 30], "1"),
    "restarts-of-what-was-returned-to": (["v1", "v2", "v3", *["v2"] * 30], "1"),
    "a-rival-in-between": (["v1", "v2", *["v3"] * 30, "v2"], "1"),
    "new-ones": (["v1"] * 25 + ["v2", "v3"], "2"),
}


@pytest.mark.parametrize(("steps", "number"), LONG_PASTS.values(), ids=LONG_PASTS)
@pytest.mark.parametrize("answers", ["all", "ssm-silent"])
def test_a_long_past_is_looked_at_where_it_decides(aws, back, steps, number, answers):
    many(aws, *steps)
    if answers == "ssm-silent":
        aws.answers["GetParametersByPath"] = [SILENCE]
    back(("agent",))
    assert sent(aws)["taskDefinition"].endswith(f"agent:{number}")
    assert before_update(aws).total() <= MOST, before_update(aws)


@pytest.mark.parametrize(("steps", "number"), LONG_PASTS.values(), ids=LONG_PASTS)
def test_the_ledger_tells_where_to_look_in_a_long_past(aws, back, steps, number):
    service = many(aws, *steps)
    first = next(index for index, (arn, _) in enumerate(service.history) if arn == service.task_definition)
    reported = ServiceEntry(
        service=service.contract.service,
        change="release",
        previous=VersionRef(),
        target=VersionRef(task_definition=service.task_definition),
        listed_at=LONG_AGO + timedelta(first, seconds=-2),
        outcome="live",
        settled=True,
    )
    aws.table.put(put_of(TABLE, entry_of(reported))["Put"]["Item"])
    back(("agent",))
    assert sent(aws)["taskDefinition"].endswith(f"agent:{number}")
    assert before_update(aws).total() < MOST, before_update(aws)
    assert before_update(aws)["DescribeTaskDefinition"] == 1, "the target"


def test_a_release_under_way_is_taken_back_to_the_last_of_many(aws, back):
    service = many(aws, *["v1"] * 30, "v2")
    rival = task_definition_arn("x:1")
    aws.task_definitions[rival] = described("x:1", "x")
    aws.task_definitions[rival]["taskDefinition"]["registeredAt"] = LONG_AGO + timedelta(99)
    service.moment = Moment(primary="rival")
    back()
    assert sent(aws)["taskDefinition"].endswith("agent:2")
    assert before_update(aws).total() <= MOST, before_update(aws)


@pytest.mark.parametrize("registered", ["unknown", "long-before-its-first-success"])
def test_where_the_registration_leads_nowhere_all_is_read(aws, back, registered):
    service = many(aws, "v1", *["v2"] * 30, "v3", "v3")
    fields = aws.task_definitions[service.task_definition]["taskDefinition"]
    if registered == "unknown":
        del fields["registeredAt"]
    else:
        fields["registeredAt"] = LONG_AGO
    back()
    assert sent(aws)["taskDefinition"].endswith("agent:2")
    assert before_update(aws)["DescribeServiceRevisions"] >= 2


@given(st.lists(st.integers(1, 9), min_size=1, max_size=70), st.integers(0, 60))
def test_the_way_back_in_a_part_is_that_of_the_whole(numbers, early):
    """Registered at its first success, or up to `early` deployments before it."""
    past = of_numbers(numbers)
    for number in {*numbers, 10}:
        primary = f"agent:{number}"
        first = numbers.index(number) if number in numbers else len(numbers)
        registered = LONG_AGO + timedelta(first - min(early, first))
        found = find_candidates(past, primary, lambda at=registered: at)
        assert next(found, None) == choose_target(past.whole(), primary)
        assert {*found} <= {*candidates(past.whole(), primary)}


def of_numbers(numbers):
    """A past in which revisions of these numbers succeeded, oldest first."""
    records = [
        ServiceDeployment(f"arn{index}", DeploymentStatus.SUCCESSFUL, "", f"r{index}", LONG_AGO + timedelta(index))
        for index in range(len(numbers))
    ]
    return HistoryReader(Revisions(numbers), service_contract(), tuple(reversed(records)), rolling_back=False)


class Revisions:
    """ECS, as far as it is asked what a deployment deployed."""

    def __init__(self, numbers):
        self.numbers = numbers

    def describe_service_revisions(self, serviceRevisionArns):
        assert len(serviceRevisionArns) <= 20
        deployed = {arn: f"agent:{self.numbers[int(arn[1:])]}" for arn in serviceRevisionArns}
        found = [{"serviceRevisionArn": arn, "taskDefinition": name} for arn, name in deployed.items()]
        return {"serviceRevisions": found}


def test_the_list_holds_the_way_back_however_many_came_between(aws, command, capsys):
    many(aws, "v1", *["v2"] * 40)
    out = listed(command, capsys)
    assert "axonflow-staging-agent:1" in out
    assert "`appdeploy rollback -e staging -s agent` returns to axonflow-staging-agent:1" in out


# What is read afterwards


def test_what_is_replaced_is_told_when_the_update_is_sent(aws, back, run):
    remembered(aws, ("v1", OK), ("v2", OK))
    back()
    [planned] = [event.plan.changed[0] for event in run.events if isinstance(event, Planned)]
    [recalled] = [event.plan for event in run.events if isinstance(event, PreviousVersionResolved)]
    assert (planned.previous.version, recalled.previous.version) == (FORMER, "v2")
    assert recalled.version == "v1"


def test_a_revision_that_was_not_read_before_is_told_afterwards(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [SILENCE]
    aws.answers["DescribeTaskDefinition"] = [AwsSays("ServerException")] * 2  # The running one, and the target.
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
    [planned] = [event.plan.changed[0] for event in run.events if isinstance(event, Planned)]
    assert (planned.version, planned.previous.version) == ("v1", FORMER)
    assert not [event for event in run.events if isinstance(event, PreviousVersionResolved)], "nothing more is known"


def test_a_new_revision_that_cannot_be_read_for_a_moment_is_waited_for(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [SILENCE]
    aws.answers["DescribeTaskDefinition"] = [SILENCE] * 20
    assert only(back()).outcome is Outcome.LIVE


def test_a_new_revision_that_cannot_be_read_is_never_called_live(aws, back):
    """What its containers check is written there."""
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [SILENCE]
    aws.answers["DescribeTaskDefinition"] = [AwsSays("AccessDeniedException")] * 9
    result = only(back())
    assert result.outcome is Outcome.TIMED_OUT
    assert "it cannot be watched: not allowed" in result.cause
