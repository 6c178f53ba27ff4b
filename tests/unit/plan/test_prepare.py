"""`sync` and `restart`: the newest template with the version that runs, and the same in new tasks."""

from __future__ import annotations

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from appdeploy.model.errors import Refused
from appdeploy.model.operation import Restart, Sync
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DIGESTS, DONE, Moment, crashed, only


def ready(aws, **changes):
    service = aws.released(**changes)
    service.script = [Moment(), DONE]
    aws.environment(service)
    return service


def registered(aws):
    return next(sent for name, sent in aws.writes if name == "RegisterTaskDefinition")


# sync


def test_sync_brings_the_template_with_the_digest_that_runs(aws, run):
    service = ready(aws)
    template = aws.move_template(service, lambda fields: fields.update(cpu="512"))
    assert only(run(Sync())).outcome is Outcome.LIVE
    sent = registered(aws)
    assert (sent["family"], sent["cpu"]) == (service.contract.family, "512")
    assert sent["containerDefinitions"][0]["image"].endswith(f"@{DIGESTS['v1']}")
    tags = {tag["key"]: tag["value"] for tag in sent["tags"]}
    assert (tags["axonflow:template"], tags["axonflow:version"]) == (template, "v1")


def test_sync_takes_the_sidecars_from_the_template(aws, run):
    service = ready(aws)
    aws.move_template(service, lambda fields: fields["containerDefinitions"][1].update(image="public.ecr.aws/metrics/agent:8"))
    run(Sync())
    assert registered(aws)["containerDefinitions"][1]["image"] == "public.ecr.aws/metrics/agent:8"


def test_sync_of_the_newest_template_changes_nothing(aws, run):
    ready(aws)
    result = only(run(Sync()))
    assert (result.outcome, aws.writes) == (Outcome.UNCHANGED, [])
    assert result.serving == "it already uses axonflow-staging-agent-template:1; nothing was changed"


def test_sync_before_the_first_release_does_nothing_and_says_so(aws, run):
    aws.environment(aws.unreleased())
    result = only(run(Sync()))
    assert (result.outcome, aws.writes) == (Outcome.UNCHANGED, [])
    assert "never released" in result.serving


def test_sync_of_an_image_by_tag_is_refused(aws, run):
    service = ready(aws)
    aws.move_template(service)
    running = aws.task_definitions[service.task_definition]["taskDefinition"]
    running["containerDefinitions"][0]["image"] = f"{service.contract.repository}:v1"
    with pytest.raises(Refused, match="by tag"):
        run(Sync())


def test_sync_of_an_image_that_is_gone_is_refused(aws, run):
    service = ready(aws)
    aws.move_template(service)
    del aws.images["axonflow-staging-agent:v1"]
    with pytest.raises(Refused, match="is not in ECR any more: deploy a version with --sync"):
        run(Sync())


def test_only_the_services_that_drifted_are_synced(aws, run):
    services = [aws.released("agent"), aws.released("orchestrator")]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    aws.move_template(services[1])
    assert [result.outcome for result in run(Sync())] == [Outcome.UNCHANGED, Outcome.LIVE]


def test_sync_of_a_template_whose_deployment_failed_is_refused_not_called_done(aws, run):
    service = ready(aws)
    service.rollout = "FAILED"
    with pytest.raises(Refused, match="with the newest template is not complete"):
        run(Sync())


# restart


def test_restart_starts_a_deployment_of_the_same_task_definition(aws, run):
    service = ready(aws)
    assert only(run(Restart())).outcome is Outcome.LIVE
    [(name, sent)] = aws.writes
    assert (name, sent["taskDefinition"], sent["forceNewDeployment"]) == ("UpdateService", service.task_definition, True)


def test_a_deploy_does_not_force(aws, run):
    ready(aws)
    run("v2")
    assert "forceNewDeployment" not in aws.writes[1][1]


def test_a_restart_whose_tasks_crash_is_stopped_like_a_release(aws, run):
    service = ready(aws)
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")]
    result = only(run(Restart()))
    assert (result.outcome, aws.count("StopServiceDeployment")) == (Outcome.ROLLED_BACK, 1)


def test_a_restart_whose_answer_is_lost_is_found_by_its_new_deployment(aws, run):
    ready(aws)
    aws.after["UpdateService"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run(Restart())).outcome is Outcome.LIVE
    assert aws.count("UpdateService") == 1


def test_a_restart_that_did_not_happen_is_not_taken_for_the_deployment_that_was_there(aws, run):
    ready(aws)
    aws.answers["UpdateService"] = [ConnectTimeoutError(endpoint_url="x")]
    assert only(run(Restart())).outcome is Outcome.LIVE
    assert aws.count("UpdateService") == 2


def test_a_restart_before_the_first_release_is_refused(aws, run):
    aws.environment(aws.unreleased())
    with pytest.raises(Refused, match="nothing to restart"):
        run(Restart())


def test_a_restart_that_times_out_speaks_of_tasks_not_of_versions(aws, run):
    service = ready(aws)
    service.script = [Moment()]
    result = only(run(Restart(), timeout=10))
    assert result.serving.startswith("v1 until the new tasks are live")


# The commands


def test_both_commands_reach_their_outcome(aws, command, capsys):
    service = ready(aws)
    aws.move_template(service)
    assert command("sync", "-e", "staging") == 0
    assert (
        "agent: v1 stays (sha256:000000000000); the template moves: axonflow-staging-agent-template:1 -> "
        in capsys.readouterr().out
    )


def test_restart_in_words(aws, command, capsys):
    ready(aws)
    assert command("restart", "-e", "staging") == 0
    out = capsys.readouterr().out
    assert out.startswith("restart-")
    assert "agent: v1 (sha256:000000000000) again, in new tasks of axonflow-staging-agent:4" in out


# status


def test_expect_synced_exits_10_on_a_drift(aws, command, capsys):
    service = ready(aws)
    assert command("status", "-e", "staging", "--expect-synced") == 0
    aws.move_template(service)
    assert command("status", "-e", "staging", "--expect-synced") == 10
    assert "until `appdeploy sync -e staging`" in capsys.readouterr().out
    assert command("status", "-e", "staging") == 0


def test_a_status_that_is_refused_does_not_speak_of_changes(aws, command, capsys):
    for operation in ("DescribeServices", "GetParametersByPath"):
        ready(aws)
        aws.answers[operation] = [ConnectTimeoutError(endpoint_url="x")]
        assert command("status", "-e", "staging") == 10
        assert "nothing was changed" not in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["sync", "restart"])
def test_a_plan_of_each_verb_shows_what_would_be_done_and_changes_nothing(aws, command, capsys, verb):
    service = aws.released()
    aws.environment(service)
    aws.move_template(service)
    assert command(verb, "-e", "staging", "--plan") == 0
    out = capsys.readouterr().out
    assert "nothing is changed by this" in out
    assert "write: UpdateService" in out
    assert aws.writes == []


# What refuses is said once


DEPLOY_NOWHERE = ("deploy", "-e", "staging", "--version", "v7.7.7")


def test_a_release_without_a_plan_prints_each_no_once_and_no_table(aws, command, capsys):
    aws.environment(aws.released("agent"), aws.released("orchestrator"))
    assert command(*DEPLOY_NOWHERE) == 10
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(": ")[1] for line in err.splitlines()] == ["agent", "orchestrator"]


def test_where_other_services_were_checked_the_nos_stand_alone_and_plan_shows_the_rest(aws, command, capsys):
    aws.environment(aws.released("agent"), aws.released("orchestrator"))
    words = ("-e", "staging", "--service", "agent=v7.7.7,orchestrator=v2")
    assert command("deploy", *words) == 10
    out, err = capsys.readouterr()
    assert out.endswith("1 refuse: `plan` shows all of them\n")
    assert len(err.splitlines()) == 1
    assert command("plan", *words) == 10
    out, err = capsys.readouterr()
    assert "SKIP  agent" not in out
    assert (out + err).count("v7.7.7") == err.count("v7.7.7") + 1
    assert "OK    orchestrator" in out
    assert err == ""
