"""Targets whose tasks could not start are passed over, and deregistered ones are registered again."""

from __future__ import annotations

import json
import threading

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.model.errors import Refused
from appdeploy.model.events import Planned
from appdeploy.model.outcome import Outcome
from appdeploy.model.task_definition import RESTORES_TAG
from appdeploy.rollback.report import TargetsReport
from tests.support.release_scenario import DONE, AwsSays, Moment, only, task_definition_arn
from tests.support.rollbacks import OK, listed, remembered, sent

FAMILY = "axonflow-staging-agent"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"
OTHER = SECRET.replace("x-AbCdEf", "other-AbCdEf")
PARAMETER = "/axonflow/staging/config/agent/LOG_LEVEL"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


def arn(number):
    return task_definition_arn(f"{FAMILY}:{number}")


def fields(aws, number):
    return aws.task_definitions[arn(number)]["taskDefinition"]


@pytest.fixture
def three(aws):
    """Three versions that were live; the default target is the second."""
    return remembered(aws, ("v1", OK), ("v2", OK), ("v3", OK))


def lacks_secret(aws, number):
    fields(aws, number)["containerDefinitions"][0]["secrets"][0]["valueFrom"] = OTHER
    aws.missing.add("other")
    return f"{OTHER} does not exist"


def lacks_parameter(aws, number):
    fields(aws, number)["containerDefinitions"][0]["secrets"].append({"name": "LOG_LEVEL", "valueFrom": PARAMETER})
    aws.missing.add(PARAMETER)
    return f"{PARAMETER} does not exist"


def lacks_stage(aws, number):
    fields(aws, number)["containerDefinitions"][0]["secrets"][0]["valueFrom"] += "::AWSPREVIOUS:"
    return f"{SECRET} has no AWSPREVIOUS"


def lacks_image(aws, number):
    del aws.images[f"{FAMILY}:v{number}"]
    return "the image is not in ECR any more"


def lacks_sidecar(aws, number):
    image = f"{ECR}/metrics:7"
    fields(aws, number)["containerDefinitions"][1]["image"] = image
    return f"the image of container metrics ({image}) is not in ECR any more"


def lost(aws, number):
    del aws.task_definitions[arn(number)]
    return "ECS does not know the task definition any more"


LACKS = [lacks_secret, lacks_parameter, lacks_stage, lacks_image, lacks_sidecar, lost]


@pytest.mark.parametrize("lacks", LACKS)
def test_a_target_whose_tasks_could_not_start_is_passed_over_and_that_is_said(aws, back, run, three, lacks):
    why = lacks(aws, 2)
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"] == arn(1)
    [planned] = [event for event in run.events if isinstance(event, Planned)]
    assert f"agent: {FAMILY}:2 is passed over: {why}" in planned.lines()
    assert planned.services[0].remarks == (f"{FAMILY}:2 is passed over: {why}",)


@pytest.mark.parametrize("lacks", LACKS)
def test_the_list_says_so_and_marks_the_same_default(aws, command, capsys, three, lacks):
    why = lacks(aws, 2)
    out = listed(command, capsys)
    assert f"agent: `appdeploy rollback -e staging -s agent` returns to {FAMILY}:1" in out
    assert f"{FAMILY}:2, cannot be returned to: {why}" in out
    assert f"{FAMILY}:1, can be returned to, default target" in out


@pytest.mark.parametrize("lacks", LACKS)
def test_one_that_is_named_is_refused_and_no_other_taken(aws, back, three, lacks):
    lacks(aws, 2)
    with pytest.raises(Refused, match=r"agent: .*(cannot be returned to|does not know the task definition)"):
        back(to=f"{FAMILY}:2")
    assert aws.writes == []


def test_a_secret_without_a_value_leaves_no_target_and_each_is_named(aws, back, three):
    aws.secret_stages = []
    with pytest.raises(Refused) as refused:
        back()
    [line] = refused.value.lines
    assert f"{FAMILY}:2 is passed over: {SECRET} has no current value; {FAMILY}:1 is passed over" in line
    assert aws.writes == []


@pytest.mark.parametrize("operation", ["ListSecrets", "DescribeParameters", "DescribeImages"])
@pytest.mark.parametrize("answer", [EndpointConnectionError(endpoint_url="x"), AwsSays("AccessDeniedException")])
def test_what_cannot_be_looked_up_keeps_nothing_from_being_returned_to(aws, back, command, capsys, three, operation, answer):
    fields(aws, 2)["containerDefinitions"][0]["secrets"].append({"name": "LOG_LEVEL", "valueFrom": PARAMETER})
    aws.answers[operation] = [answer] * 99
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"] == arn(2)
    assert "not checked: " in listed(command, capsys)


@pytest.mark.parametrize("operation", ["ListSecrets", "DescribeImages", "DescribeTaskDefinition"])
def test_what_does_not_answer_is_not_waited_for(aws, back, monkeypatch, three, operation):
    never = threading.Event()
    usual = getattr(aws, f"_{operation}")
    monkeypatch.setattr("appdeploy.rollback.usable.CHECK_SECONDS", 0.1)
    monkeypatch.setattr("appdeploy.rollback.prepare.CHECK_SECONDS", 0.1)

    def answer(params):
        if aws.count("UpdateService") == 0:
            never.wait(5)
        return usual(params)

    monkeypatch.setattr(aws, f"_{operation}", answer)
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"] == arn(2)
    never.set()


def test_images_outside_of_this_regions_registries_are_not_looked_up(aws, back, three):
    fields(aws, 2)["containerDefinitions"][1]["image"] = f"{ECR.replace('eu-central-1', 'us-east-1')}/metrics:7"
    assert only(back()).outcome is Outcome.LIVE
    assert sent(aws)["taskDefinition"] == arn(2)
    assert aws.count("DescribeImages") == 1


def test_an_image_named_by_tag_is_passed_over_but_can_be_named(aws, back, three):
    fields(aws, 2)["containerDefinitions"][0]["image"] = f"{ECR}/{FAMILY}:v2"
    back()
    assert sent(aws)["taskDefinition"] == arn(1)
    aws.calls.clear()
    back(to=f"{FAMILY}:2")
    assert sent(aws)["taskDefinition"] == arn(2)


# Deregistered


def registered(aws):
    [revision] = [params for name, params in aws.writes if name == "RegisterTaskDefinition"]
    return revision


def updated(aws):
    return [params["taskDefinition"] for name, params in aws.writes if name == "UpdateService"]


@pytest.mark.parametrize("to", [None, "v2", f"{FAMILY}:2"], ids=["default", "version", "task-definition"])
def test_a_deregistered_target_is_registered_again_and_that_is_said(aws, back, run, three, to):
    fields(aws, 2)["status"] = "INACTIVE"
    result = only(back(to=to))
    assert (result.outcome, result.serving) == (Outcome.LIVE, "v2 serves (2 tasks)")
    revision = registered(aws)
    assert revision["containerDefinitions"] == fields(aws, 2)["containerDefinitions"]
    assert {"key": RESTORES_TAG, "value": arn(2)} in revision["tags"]
    [new] = updated(aws)
    assert new not in (arn(1), arn(2), arn(3))
    [planned] = [event for event in run.events if isinstance(event, Planned)]
    assert any(
        "back to axonflow-staging-agent:2, which was deregistered and is registered again" in line for line in planned.lines()
    )


def test_the_ledger_names_the_revision_that_runs_and_the_one_that_it_restores(aws, back, three):
    fields(aws, 2)["status"] = "INACTIVE"
    back()
    [entry] = aws.ledger
    recorded = entry.services["agent"]
    assert (recorded.target.task_definition, recorded.base) == (updated(aws)[0], arn(2))
    assert [step.kind.value for step in entry.steps][:2] == ["register", "update"]


def test_a_deregistered_target_whose_image_is_gone_too_is_passed_over(aws, back, three):
    fields(aws, 2)["status"] = "INACTIVE"
    lacks_image(aws, 2)
    assert only(back()).outcome is Outcome.LIVE
    assert updated(aws) == [arn(1)]


@pytest.mark.parametrize("ledger", ["known", "unknown"])
def test_a_second_rollback_goes_further_back_from_what_was_restored(aws, back, three, ledger):
    fields(aws, 2)["status"] = "INACTIVE"
    back()
    [restored] = updated(aws)
    three.history, three.task_definition = (*three.history, (restored, OK)), restored
    three.ours, three.script, three.moment = None, [Moment(), DONE], None
    aws.calls.clear()
    if ledger == "unknown":
        aws.answers["Query"] = [AwsSays("ServerException")] * 9
    assert only(back()).outcome is Outcome.LIVE
    assert updated(aws) == [arn(1)]


def test_a_release_on_what_was_restored_restores_nothing(aws, back, run, three):
    fields(aws, 2)["status"] = "INACTIVE"
    back()
    [restored] = updated(aws)
    three.task_definition, three.ours, three.script, three.moment = restored, None, [Moment(), DONE], None
    aws.calls.clear()
    run("v1")
    assert RESTORES_TAG not in {tag["key"] for tag in registered(aws)["tags"]}


def test_a_refused_registration_leaves_the_service_as_it_is(aws, back, three):
    fields(aws, 2)["status"] = "INACTIVE"
    aws.answers["RegisterTaskDefinition"] = [AwsSays("ClientException", "no")]
    assert only(back()).outcome is Outcome.REFUSED
    assert updated(aws) == []


def test_the_json_list_has_what_was_deregistered(aws, command, capsys, three):
    fields(aws, 2)["status"] = "INACTIVE"
    assert command("rollback", "-e", "staging", "--list", "--json") == 0
    [service] = TargetsReport.model_validate(json.loads(capsys.readouterr().out)).services
    assert service.default == f"{FAMILY}:2"
    assert [target.deregistered for target in service.targets] == [False, True, False]


def test_ssm_that_was_silent_for_the_contract_is_not_asked_again(aws, back, three):
    fields(aws, 2)["containerDefinitions"][0]["secrets"].append({"name": "LOG_LEVEL", "valueFrom": PARAMETER})
    back()
    assert aws.count("DescribeParameters") == 1
    aws.calls.clear()
    remembered(aws, ("v1", OK), ("v2", OK), ("v3", OK))
    fields(aws, 2)["containerDefinitions"][0]["secrets"].append({"name": "LOG_LEVEL", "valueFrom": PARAMETER})
    aws.answers["GetParametersByPath"] = [EndpointConnectionError(endpoint_url="x")] * 4
    assert only(back()).outcome is Outcome.LIVE
    assert aws.count("DescribeParameters") == 0
