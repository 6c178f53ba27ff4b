"""The preflight: what is in the way of a release is said before the first write, in one table."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.operation import Deploy, Restart
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.plan.prepare import Request, prepare
from appdeploy.preflight.check import Check, Verdict, table
from appdeploy.preflight.dependencies import SecretReference, dependencies_of
from tests.support.release_scenario import DIGESTS, DONE, AwsSays, Moment, described, target_group, under_way, up

INDEX = "application/vnd.oci.image.index.v1+json"
RINGING = {"alarms": {"alarmNames": ["5xx"], "enable": True, "rollback": True}}


@pytest.fixture
def look(clients, aws):
    """The checks of the first service, by name."""

    def go(goal=Deploy("v2")):  # noqa: B008
        prepared = prepare(Request("staging", goal, ()), clients)
        assert aws.writes == []
        go.refused = any(check.verdict is Verdict.NO for check in prepared.checks)
        return {check.what: check for check in prepared.checks if check.service == prepared.live[0].contract.name}

    return go


def test_nothing_is_in_the_way_of_a_good_release(aws, look):
    aws.environment(aws.released())
    checks = look()
    assert not look.refused
    skipped = {what for what, check in checks.items() if check.verdict is Verdict.SKIP}
    assert skipped == {"sidecars", "architecture", "alarms", "parameters"}
    assert list(checks)[:3] == ["service", "deployment", "image"]


def test_a_service_that_stays_as_it_is_needs_no_preflight(aws, look):
    aws.environment(aws.released(version="v2"))
    assert look() == {}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("start-tasks", "roles"),
        ("x", "secrets"),
        ("/axonflow/staging/config/agent/LOG_LEVEL", "parameters"),
        ("/ecs/axonflow-staging/agent", "log groups"),
    ],
)
def test_what_the_task_definition_names_must_exist(aws, look, name, what):
    service = aws.released()
    aws.environment(service)
    container = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][0]
    container["secrets"].append({"name": "LOG_LEVEL", "valueFrom": "/axonflow/staging/config/agent/LOG_LEVEL"})
    assert look()[what].verdict is Verdict.OK
    aws.missing.add(name)
    check = look()[what]
    assert (check.verdict, check.found.endswith("does not exist")) == (Verdict.NO, True)


@pytest.mark.parametrize(
    ("suffix", "stages", "fault"),
    [
        ("", ["AWSCURRENT"], None),
        ("", [], "has no current value"),
        ("", ["AWSPENDING"], "has no current value"),
        (":password::", [], "has no current value"),
        ("::AWSPENDING:", ["AWSPENDING"], None),
        ("::AWSPENDING:", ["AWSCURRENT"], "has no AWSPENDING"),
        (":::version-1", ["AWSPENDING"], None),
        ("::AWSCURRENT:version-0", ["AWSCURRENT"], "has no AWSCURRENT in version version-0"),
    ],
)
def test_a_secret_must_have_the_value_that_is_fetched(aws, look, suffix, stages, fault):
    service = aws.released()
    aws.environment(service)
    [secret] = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][0]["secrets"]
    secret["valueFrom"] += suffix
    aws.secret_stages = stages
    check = look()["secrets"]
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"
    assert (check.verdict, check.found) == ((Verdict.NO, f"{arn} {fault}") if fault else (Verdict.OK, arn))
    assert not fault or check.remedy.startswith("give it a value")
    assert aws.count("GetSecretValue") == 0


@pytest.mark.parametrize(
    "operation", ["GetRole", "ListSecrets", "DescribeLogGroups", "DescribeRules"], ids=lambda operation: operation
)
def test_what_cannot_be_asked_is_skipped_not_refused(aws, look, operation):
    aws.environment(aws.released())
    aws.answers[operation] = [AwsSays("AccessDenied", "no")]
    skipped = [check for check in look().values() if "not allowed" in check.found]
    assert [check.verdict for check in skipped] == [Verdict.SKIP]
    assert not look.refused


def test_an_alarm_that_rings_is_in_the_way(aws, look):
    service = aws.released()
    service.configuration = RINGING
    aws.environment(service)
    aws.alarms = {"5xx": "ALARM"}
    check = look()["alarms"]
    found = "5xx is in ALARM, so ECS would not watch its alarms during this deployment"
    assert (check.verdict, check.found) == (Verdict.NO, found)


@pytest.mark.parametrize(("state", "verdict"), [("OK", Verdict.OK), ("INSUFFICIENT_DATA", Verdict.OK), (None, Verdict.NO)])
def test_an_alarm_that_is_quiet_or_gone(aws, look, state, verdict):
    service = aws.released()
    service.configuration = RINGING
    aws.environment(service)
    aws.alarms = {"5xx": state} if state else {}
    assert look()["alarms"].verdict is verdict


@pytest.mark.parametrize(
    ("minimum", "maximum", "desired", "verdict"),
    [
        (100, 200, 2, Verdict.OK),
        (100, 100, 2, Verdict.NO),
        (50, 100, 2, Verdict.OK),
        (51, 100, 2, Verdict.NO),
        (100, 120, 2, Verdict.NO),
        (100, 150, 2, Verdict.OK),
    ],
)
def test_percentages_that_let_ecs_neither_start_nor_stop_a_task(aws, look, minimum, maximum, desired, verdict):
    service = aws.released()
    service.desired = desired
    service.configuration = {"minimumHealthyPercent": minimum, "maximumPercent": maximum}
    aws.environment(service)
    assert look()["room"].verdict is verdict


def test_a_first_release_needs_room_for_new_tasks_alone(aws, look):
    service = aws.unreleased()
    service.configuration = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    aws.environment(service)
    assert look()["room"].verdict is Verdict.OK


@pytest.mark.parametrize(
    ("media_type", "held", "verdict"),
    [
        ("application/vnd.oci.image.manifest.v1+json", (), Verdict.SKIP),
        (INDEX, ("amd64", "arm64"), Verdict.OK),
        (INDEX, ("arm64",), Verdict.NO),
    ],
)
def test_the_architecture_of_an_index(aws, look, media_type, held, verdict):
    aws.environment(aws.released())
    aws.images["axonflow-staging-agent:v2"]["imageManifestMediaType"] = media_type
    aws.architectures = held
    assert look()["architecture"].verdict is verdict


def test_an_index_that_ecr_does_not_return_is_no_reason_to_refuse(aws, look):
    aws.environment(aws.released())
    aws.images["axonflow-staging-agent:v2"]["imageManifestMediaType"] = INDEX
    aws.answers["BatchGetImage"] = [{"images": [], "failures": []}]
    check = look()["architecture"]
    assert (check.verdict, check.found) == (Verdict.SKIP, "ECR returned no index of it")


def test_a_restart_of_an_image_that_is_gone_is_refused(aws, look):
    aws.environment(aws.released())
    del aws.images["axonflow-staging-agent:v1"]
    assert look(Restart())["image"].verdict is Verdict.NO


def test_an_archived_image_that_runs_cannot_be_restarted(aws, look):
    aws.environment(aws.released())
    aws.images["axonflow-staging-agent:v1"]["imageStatus"] = "ARCHIVED"
    assert "ARCHIVED" in look(Restart())["image"].found


ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.mark.parametrize("goal", [Deploy("v2"), Restart()], ids=["deploy", "restart"])
@pytest.mark.parametrize(
    ("image", "verdict", "found"),
    [
        (f"{ECR}/metrics:7", Verdict.OK, "the image of metrics is in ECR"),
        (f"{ECR}/metrics@{DIGESTS['v7']}", Verdict.OK, "the image of metrics is in ECR"),
        (f"{ECR}/metrics:8", Verdict.NO, f"metrics ({ECR}/metrics:8) is not in ECR any more"),
        (f"{ECR}/metrics", Verdict.NO, f"metrics ({ECR}/metrics) is not in ECR any more"),
        (f"{ECR}/gone@{DIGESTS['v7']}", Verdict.NO, f"metrics ({ECR}/gone@{DIGESTS['v7']}) is not in ECR any more"),
        (f"{ECR}/metrics:old", Verdict.NO, f"metrics ({ECR}/metrics:old) is ARCHIVED in ECR"),
        ("public.ecr.aws/metrics/agent:7", Verdict.SKIP, "metrics: not in ECR of this region"),
        (f"{ECR.replace('central', 'west')}/metrics:7", Verdict.SKIP, "metrics: not in ECR of this region"),
    ],
)
def test_images_of_sidecars_in_ecr_must_be_there(aws, look, goal, image, verdict, found):
    service = aws.released()
    aws.environment(service)
    aws.images["metrics:7"] = {"imageDigest": DIGESTS["v7"]}
    aws.images["metrics:old"] = {"imageDigest": DIGESTS["v6"], "imageStatus": "ARCHIVED"}
    aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]["image"] = image
    check = look(goal)["sidecars"]
    assert (check.verdict, check.found) == (verdict, found)


def test_an_image_of_a_sidecar_that_may_not_be_read_is_skipped(aws, look, clients):
    service = aws.released()
    aws.environment(service)
    sidecar = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]
    sidecar["image"] = f"{ECR}/metrics:7"
    usual = aws._DescribeImages
    denied = AwsSays("AccessDeniedException", "no")
    aws._DescribeImages = lambda params: denied if params["repositoryName"] == "metrics" else usual(params)
    check = look()["sidecars"]
    assert check.verdict is Verdict.SKIP
    assert check.found.startswith("metrics: not allowed")


def test_a_service_without_a_sidecar_has_none_to_look_at(aws, look):
    service = aws.released()
    aws.environment(service)
    del aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]
    assert look()["sidecars"].found == "it has none"


def test_a_sidecar_by_tag_is_named_in_the_plan(aws, clients, command, capsys):
    service = aws.released()
    aws.environment(service)
    plan = prepare(Request("staging", Deploy("v2"), ()), clients).plan
    assert plan.changed[0].remarks == ()
    sidecar = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]
    sidecar["image"] = "public.ecr.aws/metrics/agent:7"
    remark = "sidecar metrics runs public.ecr.aws/metrics/agent:7 by tag: a later deployment may get another image"
    plan = prepare(Request("staging", Deploy("v2"), ()), clients).plan
    assert plan.changed[0].remarks == (remark,)
    assert command("plan", "-e", "staging", "--version", "v2") == 0
    assert f"  note: {remark}" in capsys.readouterr().out
    assert command("plan", "-e", "staging", "--version", "v2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["services"][0]["remarks"] == [remark]


def test_target_groups_that_disagree_are_in_the_way(aws, look):
    service = aws.released()
    service.names_revisions = True
    service.moment = Moment(primary="former", rollout="COMPLETED", resolved="b", weighted="a")
    aws.environment(service)
    check = look()["target group"]
    assert check.verdict is Verdict.NO
    assert "listener rule sends traffic to agent-a" in check.found


def test_the_target_group_that_serves_is_named(aws, look):
    aws.environment(aws.released())
    assert look()["target group"].found == target_group("agent-a").split("/")[-2]


# A deployment under way


def test_a_deployment_whose_new_tasks_are_all_healthy_may_be_superseded(aws, look):
    under_way(aws, up(1), up(2))
    check = look()["deployment"]
    assert (check.verdict, "this release replaces it" in check.found) == (Verdict.OK, True)


@pytest.mark.parametrize("tasks", [(up(1), up(2, False)), (up(1),), ()], ids=["unhealthy", "starting", "none"])
def test_a_deployment_that_is_not_live_yet_is_in_the_way(aws, look, tasks):
    under_way(aws, *tasks)
    check = look()["deployment"]
    assert (check.verdict, "is still in progress" in check.found) == (Verdict.NO, True)


def test_a_deployment_whose_tasks_cannot_be_read_is_in_the_way(aws, look):
    under_way(aws, up(1), up(2))
    aws.answers["ListTasks"] = [AwsSays("AccessDeniedException")]
    assert look()["deployment"].verdict is Verdict.NO


# The table


def test_a_no_refuses_with_one_line_for_each_and_names_what_shows_the_rest(aws, command, capsys):
    aws.environment(aws.released())
    aws.missing = {"start-tasks", "x"}
    assert command("deploy", "-e", "staging", "--version", "v2") == 10
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "appdeploy: agent: roles: start-tasks does not exist: run pulumi up",
        "appdeploy: agent: secrets: arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf does not exist:"
        " create it, or sync a template without it",
    ]
    assert out.splitlines() == ["13 checks were made, 2 refuse: `plan` shows all of them"]
    assert aws.writes == []


def test_a_plan_shows_the_table_and_exits_10_on_a_no(aws, command, capsys):
    aws.environment(aws.released())
    assert command("plan", "-e", "staging", "--version", "v2") == 0
    assert "preflight: nothing is in the way" in capsys.readouterr().out
    aws.missing = {"start-tasks"}
    assert command("plan", "-e", "staging", "--version", "v2") == 10
    assert "preflight: a release would be refused" in capsys.readouterr().out
    assert command("plan", "-e", "staging", "--version", "v2", "--json") == 10
    assert {check["verdict"] for check in json.loads(capsys.readouterr().out)["checks"]} == {"OK", "NO", "SKIP"}


def test_the_table_is_aligned():
    checks = [Check("agent", "service", Verdict.OK, "fine"), Check("portal", "room", Verdict.NO, "none", "make some")]
    assert list(table(checks)) == ["OK    agent   service  fine", "NO    portal  room     none: make some"]


def test_an_incident_passes_an_alarm_that_rings_but_not_one_that_is_gone(aws, clients):
    service = aws.released()
    service.configuration = RINGING
    aws.environment(service)
    for states, verdict in (({"5xx": "ALARM"}, Verdict.OK), ({}, Verdict.NO)):
        aws.alarms = states
        prepared = prepare(Request("staging", Deploy("v2"), (), "customers cannot log in"), clients)
        [row] = [check for check in prepared.checks if check.what == "alarms"]
        assert row.verdict is verdict
        assert ("bypassed during an incident" in row.found) is (verdict is Verdict.OK)


def test_rollback_passes_the_preflight(aws, command):
    service = aws.released()
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    service.script = [Moment(), DONE]
    service.configuration = RINGING
    aws.environment(service)
    aws.alarms = {"5xx": "ALARM"}
    assert command("rollback", "-e", "staging") == 0
    assert aws.count("DescribeAlarms") == 0


@pytest.mark.parametrize(
    ("reference", "kind", "name"),
    [
        ("arn:aws:secretsmanager:r:1:secret:db-AbCdEf:password::", "secrets", "arn:aws:secretsmanager:r:1:secret:db-AbCdEf"),
        ("arn:aws:ssm:r:1:parameter/axonflow/KEY", "parameters", "/axonflow/KEY"),
        ("arn:aws:ssm:r:1:parameter/KEY", "parameters", "KEY"),
        ("KEY", "parameters", "KEY"),
    ],
)
def test_references_of_every_form(reference, kind, name):
    reply = described("t:1", "image")
    reply["taskDefinition"]["containerDefinitions"][0]["secrets"] = [{"name": "X", "valueFrom": reference}]
    [found] = getattr(dependencies_of(TaskDefinition.from_reply(reply)), kind)
    assert found == (SecretReference(name) if kind == "secrets" else name)


def test_a_log_group_that_the_driver_makes_is_not_needed():
    reply = described("t:1", "image")
    options = reply["taskDefinition"]["containerDefinitions"][0]["logConfiguration"]["options"]
    options["awslogs-create-group"] = "true"
    assert dependencies_of(TaskDefinition.from_reply(reply)).log_groups == frozenset()


def test_a_version_that_is_under_way_already_is_not_released_again(aws, command, capsys):
    under_way(aws, up(1), up(2))
    assert command("deploy", "-e", "staging", "--version", "v1") == 10
    assert "v1 is already being deployed (ecs-svc/7" in capsys.readouterr().err
    assert aws.writes == []
