"""`rollback`: where the way back leads, what it costs, and that it is found without the contract."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.aws.parallel import with_timeout
from appdeploy.aws.releases_table import put_of
from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import ServiceEntry, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.rollback.choose_target import CompletedDeployment, DeploymentHistory, choose_target
from appdeploy.rollback.report import TargetsReport
from tests.support.release_scenario import DONE, LONG_AGO, AwsSays, Moment, only, task_definition_arn
from tests.support.rollbacks import OK, entry_of, listed, remembered, sent


def history(*newest_last, gives_up=False):
    completed = [CompletedDeployment(name, LONG_AGO + timedelta(index)) for index, name in enumerate(newest_last)]
    return DeploymentHistory(tuple(reversed(completed)), gives_up)


@pytest.mark.parametrize(
    ("succeeded", "primary", "leads_to"),
    [
        (("v1", "v2"), "v2", "v1"),
        (("v1", "v2", "v3", "v2"), "v2", "v1"),
        (("v1", "v2", "v3", "v2", "v1"), "v1", None),
        (("v1", "v2", "v1", "v3"), "v3", "v1"),
        (("v1", "v2", "v2", "v2"), "v2", "v1"),
        (("v1", "v2"), "v3", "v2"),
        (("v1",), "v1", None),
        ((), "v1", None),
    ],
    ids=["plain", "after-a-rollback", "at-the-end", "after-a-fix", "after-restarts", "release-under-way", "first", "forgotten"],
)
def test_the_way_back(succeeded, primary, leads_to):
    assert choose_target(history(*succeeded), primary) == leads_to


def test_while_ecs_takes_a_release_back_the_way_back_is_the_last_success():
    assert choose_target(history("v1", "v2", gives_up=True), "v2") == "v2"


@given(st.integers(1, 8))
def test_rolling_back_again_and_again_visits_each_version_once_and_never_goes_forward(releases):
    log = [f"v{number}" for number in range(releases)]
    visited = [log[-1]]
    while (target := choose_target(history(*log), visited[-1])) is not None:
        log.append(target)
        visited.append(target)
    assert visited == [f"v{number}" for number in reversed(range(releases))]


def test_a_rollback_is_recorded_under_the_aws_identity_which_it_asks_for_after_its_update(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    back()
    [entry] = aws.ledger
    assert entry.who == "arn:aws:sts::123456789012:assumed-role/release/alice"
    names = [name for _, name, _ in aws.calls]
    assert names.index("GetCallerIdentity") > names.index("UpdateService")


def test_a_rollback_without_an_answer_of_sts_is_recorded_under_user_and_host(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetCallerIdentity"] = [EndpointConnectionError(endpoint_url="x")] * 4
    assert only(back()).outcome is Outcome.LIVE
    assert "@" in aws.ledger[0].who


def test_a_rollback_sends_the_former_task_definition_and_nothing_else(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    result = only(back())
    assert (result.outcome, result.serving) == (Outcome.LIVE, "v1 serves (2 tasks)")
    assert set(sent(aws)) == {"cluster", "service", "taskDefinition"}
    assert sent(aws)["taskDefinition"] == task_definition_arn("axonflow-staging-agent:1")


def test_failed_deployments_are_no_points(aws, back):
    remembered(aws, ("v1", OK), ("v3", "ROLLBACK_SUCCESSFUL"), ("v2", OK))
    back()
    assert sent(aws)["taskDefinition"].endswith("agent:1")


def test_a_release_under_way_is_superseded_by_the_last_success_and_told_apart_from_it(aws, back):
    service = remembered(aws, ("v1", OK), ("v2", OK))
    service.desired = 2
    rival = task_definition_arn("x:1")
    aws.task_definitions[rival] = aws.task_definitions[service.task_definition]
    service.moment = Moment(primary="rival")
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"].endswith("agent:2")
    assert back.plan.changed[0].previous.snapshot.deployments == {"ecs-svc/9"}


def test_the_template_is_never_returned_to(aws, back):
    remembered(aws, ("v1", OK))
    with pytest.raises(Refused, match="ECS has no record of a successful deployment before axonflow-staging-agent:1"):
        back()
    assert aws.writes == []


def test_a_template_that_goes_back_too_is_told(aws, command, capsys):
    service = remembered(aws, ("v1", OK))
    newer = aws.move_template(service)
    aws.remember(service, ("v1", OK), ("v2", OK), template=newer)
    assert command("rollback", "-e", "staging", "--reason", "too slow") == 0
    out = capsys.readouterr().out
    assert "reason: too slow" in out
    name = "axonflow-staging-agent-template"
    assert f"back to axonflow-staging-agent:1; the template goes back too: {name}:2 -> {name}:1" in out


def test_a_service_that_was_never_released_cannot_go_back(aws, back):
    aws.environment(aws.unreleased())
    with pytest.raises(Refused, match="never released"):
        back()


@pytest.fixture
def one_of_two(aws):
    """The agent can go back; the orchestrator was released once."""
    services = [aws.released("agent"), aws.released("orchestrator")]
    aws.remember(services[0], ("v1", OK), ("v2", OK))
    aws.remember(services[1], ("v1", OK))
    services[0].script = [Moment(), DONE]
    aws.environment(*services)


@pytest.mark.usefixtures("one_of_two")
def test_of_all_services_one_that_cannot_go_back_is_passed_over(aws, back):
    results = {result.service: result for result in back()}
    assert sent(aws)["taskDefinition"].endswith("agent:1")
    assert results["agent"].outcome is Outcome.LIVE
    assert results["orchestrator"].outcome is Outcome.UNCHANGED
    assert results["orchestrator"].serving.startswith("passed over: ECS has no record of a successful deployment before")


@pytest.mark.usefixtures("one_of_two")
def test_one_that_was_named_stops_all_and_the_command_for_the_rest_is_printed(aws, back):
    with pytest.raises(Refused, match=r"orchestrator: .*; `appdeploy rollback -e staging -s agent` rolls back the rest"):
        back(("agent", "orchestrator"))
    assert aws.writes == []


def test_when_none_can_go_back_it_is_refused(aws, back):
    for name in ("agent", "orchestrator"):
        remembered(aws, ("v1", OK), name=name)
    with pytest.raises(Refused, match="orchestrator: ECS has no record"):
        back()
    assert aws.writes == []


def test_after_ecs_rolled_a_release_back_a_rollback_says_that_it_goes_further(aws, back, capsys):
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", "ROLLBACK_SUCCESSFUL"))
    back()
    assert sent(aws)["taskDefinition"].endswith("agent:1")
    [remark] = [remark for service in back.plan.changed for remark in service.remarks if "further" in remark]
    assert "was rolled back already and axonflow-staging-agent:2 serves: this goes further back" in remark


def test_without_that_there_is_nothing_to_remark(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    back()
    assert not any("further" in remark for service in back.plan.changed for remark in service.remarks)


# --to


@pytest.mark.parametrize("to", ["v1", "axonflow-staging-agent:1", task_definition_arn("axonflow-staging-agent:1")])
def test_a_version_or_a_task_definition_can_be_named(aws, back, to):
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", OK))
    back(to=to)
    assert sent(aws)["taskDefinition"].endswith("agent:1")


def test_a_version_that_was_replaced_early_is_found_in_the_ledger_with_what_to_type(aws, back):
    service = remembered(aws, ("v1", OK), ("v2", OK))
    ran = ServiceEntry(
        service=service.contract.service,
        change="release",
        previous=VersionRef(),
        target=VersionRef(task_definition=task_definition_arn("axonflow-staging-agent:7"), version="v7"),
        deployment_id="ecs-svc/5",
        outcome="superseded",
        settled=True,
    )
    entry = entry_of(ran)
    aws.table.put(put_of("t", entry)["Put"]["Item"])
    with pytest.raises(Refused, match=r"\(superseded\); `--to axonflow-staging-agent:7` returns to that") as refused:
        back(to="v7")
    assert f"{entry.id} ran it as axonflow-staging-agent:7" in str(refused.value)


def test_a_task_definition_means_the_service_of_its_family_alone(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    remembered(aws, ("v1", OK), ("v2", OK), name="orchestrator")
    assert [result.service for result in back(to="axonflow-staging-orchestrator:1")] == ["orchestrator"]


def test_the_templates_family_is_refused(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    with pytest.raises(Refused, match="a rollback can only use axonflow-staging-agent"):
        back(to="axonflow-staging-agent-template:1")


def test_what_runs_already_is_unchanged(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    assert only(back(to="v2")).outcome is Outcome.UNCHANGED
    assert aws.writes == []


def test_an_unknown_version_and_an_unknown_revision(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    with pytest.raises(Refused, match="deployment of v9: `appdeploy rollback -e staging -s agent --list`"):
        back(to="v9")
    with pytest.raises(Refused, match="does not know the task definition axonflow-staging-agent:77"):
        back(to="axonflow-staging-agent:77")


# Without the contract


@pytest.mark.parametrize(
    "answer", [EndpointConnectionError(endpoint_url="x"), AwsSays("AccessDeniedException"), AwsSays("ServerException")]
)
@pytest.mark.parametrize("services", [(), ("agent",)], ids=["all", "named"])
def test_with_ssm_failing_the_names_lead_to_the_services(aws, back, answer, services):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [answer]
    assert only(back(services)).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"].endswith("agent:1")
    assert aws.count("GetParametersByPath") == 1
    assert "services found by name" in back.plan.purpose


def test_an_ssm_that_does_not_answer_is_waited_for_no_longer_than_its_bound(aws, back, monkeypatch):
    remembered(aws, ("v1", OK), ("v2", OK))
    never = threading.Event()
    monkeypatch.setattr("appdeploy.rollback.locate_services.CONTRACT_SECONDS", 0.1)
    monkeypatch.setattr(aws, "_GetParametersByPath", lambda params: never.wait() and {"Parameters": []})
    assert only(back()).outcome is Outcome.LIVE
    assert "no answer of SSM within" in back.plan.purpose
    never.set()


def test_a_service_found_by_its_name_keeps_its_target_groups_and_rule(aws, back):
    service = remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [AwsSays("ServerException")]
    back()
    found, known = back.plan.changed[0].contract, service.contract
    assert (found.target_groups, found.listener_rule, found.family) == (known.target_groups, known.listener_rule, known.family)


def test_a_name_that_is_no_service_is_refused(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["GetParametersByPath"] = [AwsSays("ServerException")]
    with pytest.raises(Refused, match="has no service axonflow-staging-agnet-service"):
        back(("agnet",))


def test_a_slow_read_is_left_behind():
    release = threading.Event()
    with pytest.raises(TimeoutError):
        with_timeout(0.05, release.wait)
    release.set()


def test_a_read_in_time_gives_its_result_or_its_error():
    assert with_timeout(5, lambda: 7) == 7
    with pytest.raises(ValueError, match="no"):
        with_timeout(5, lambda: int("no"))


# The lock


def test_a_rollback_takes_the_lock_from_a_live_release_and_through_a_freeze(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    text = {"M": {name: {"S": name} for name in ("who", "since", "reason")}}
    holder = {"M": {name: {"S": name} for name in ("release", "who", "since", "token")}}
    aws.lock_item = {"fence": {"N": "4"}, "beat": {"N": "2"}, "holder": holder, "freeze": text}
    assert only(back()).outcome is Outcome.LIVE
    assert (aws.lock_item["fence"], aws.lock_item["freeze"]) == ({"N": "5"}, text)
    assert "holder" not in aws.lock_item


@pytest.mark.parametrize("answer", [EndpointConnectionError(endpoint_url="x"), AwsSays("ResourceNotFoundException")])
def test_a_rollback_goes_on_without_a_lock_that_is_out_of_reach(aws, back, answer):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.answers["TransactWriteItems"] = [answer] * 20
    assert only(back()).outcome is Outcome.LIVE
    assert aws.lock_item == {}
    assert aws.ledger == []


TABLE_CALLS = ("GetItem", "UpdateItem", "TransactWriteItems", "Query")


# --list


def test_points_are_listed_with_what_can_still_be_returned_to(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", OK))
    aws.task_definitions[task_definition_arn("axonflow-staging-agent:1")]["taskDefinition"]["status"] = "INACTIVE"
    del aws.images["axonflow-staging-agent:v2"]
    out = listed(command, capsys)
    assert "agent: `appdeploy rollback -e staging -s agent` returns to axonflow-staging-agent:1" in out
    assert "axonflow-staging-agent:3, can be returned to, runs now" in out
    assert "axonflow-staging-agent:2, cannot be returned to: the image is not in ECR any more" in out
    again = "can be returned to (was deregistered: it is registered again), default target"
    assert f"axonflow-staging-agent:1, {again}" in out
    assert "template" not in out
    assert aws.writes == []


def test_an_archived_image_and_a_forgotten_task_definition_are_told(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.images["axonflow-staging-agent:v2"]["imageStatus"] = "ARCHIVED"
    del aws.task_definitions[task_definition_arn("axonflow-staging-agent:1")]
    out = listed(command, capsys)
    assert "the image is ARCHIVED in ECR" in out
    assert "ECS does not know the task definition any more" in out


def test_the_list_as_json_is_the_documented_model(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK))
    assert command("rollback", "-e", "staging", "--list", "--json") == 0
    report = TargetsReport.model_validate(json.loads(capsys.readouterr().out))
    assert [point.version for point in report.services[0].targets] == ["v2", "v1"]


def test_a_service_without_a_success_says_so(aws, command, capsys):
    aws.environment(aws.unreleased())
    assert command("rollback", "-e", "staging", "--list") == 0
    assert "agent: ECS has no record of a successful deployment" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--list", "--to", "v1"], ["--list", "--reason", "x"]], ids=" ".join)
def test_options_that_make_no_sense_together(aws, command, arguments):
    assert command("rollback", "-e", "staging", *arguments) == 2
    assert aws.calls == []


def test_a_plan_shows_where_it_leads_and_does_nothing(aws, command, capsys):
    remembered(aws, ("v1", OK), ("v2", OK))
    assert command("rollback", "-e", "staging", "--plan") == 0
    out = capsys.readouterr().out
    assert "agent: v2 (0000000) -> v1 (0000000)" in out.replace("sha256:", "").replace("000000000000", "0000000")
    assert "task definition: axonflow-staging-agent:2 -> axonflow-staging-agent:1" in out
    assert "expected: live " in out
    assert "preflight: none: a rollback looks only whether" in out
    assert "rollback-20" not in out, "the id of a release that never exists"
    assert out.endswith("to do it: appdeploy rollback -e staging\n")
    assert "nothing is changed by this" in out
    assert aws.writes == []
    assert aws.ledger == []
