"""`appdeploy plan`: what a release would do, shown without doing any of it."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.operation import Deploy
from appdeploy.plan.prepare import Request
from appdeploy.plan.preview import read_preview
from appdeploy.plan.report import PlanReport
from appdeploy.render.plan import plan_lines
from tests.support.release_scenario import DIGESTS, AwsSays

TEMPLATE = "axonflow-staging-agent-template"


@pytest.fixture
def preview(clients, aws):
    def go(version="v2", sync=False):
        report = read_preview(Request("staging", Deploy(version, sync), ()), clients)
        assert aws.writes == []
        return report.services[0], "\n".join(plan_lines(report))

    return go


def moved(aws, change=lambda fields: None):
    service = aws.released()
    aws.environment(service)
    aws.move_template(service, change)
    return service


def test_versions_digests_and_task_definitions_before_and_after(aws, preview):
    aws.environment(aws.released())
    service, text = preview()
    assert (service.before.version, service.before.digest) == ("v1", DIGESTS["v1"])
    assert (service.after.version, service.after.digest, service.after.task_definition) == ("v2", DIGESTS["v2"], None)
    assert "agent: v1 (sha256:000000000000) -> v2 (sha256:000000000000)" in text
    assert "task definition: axonflow-staging-agent:4 -> a new revision" in text


def test_the_writes_are_told_in_their_order(aws, preview):
    aws.environment(aws.released())
    register, update = preview()[0].writes
    assert register.startswith("RegisterTaskDefinition: a new revision of axonflow-staging-agent with agent at ")
    assert update == "UpdateService: axonflow-staging-agent-service to that revision"


def test_a_first_release_tells_its_count(aws, preview):
    aws.environment(aws.unreleased())
    service, text = preview()
    assert service.writes[1].endswith("to that revision and desiredCount 2")
    assert "agent: first release: v2" in text


def test_the_expected_duration_says_how_it_is_computed(aws, preview):
    aws.environment(aws.released())
    service, text = preview()
    assert (service.duration.live_soonest, service.duration.live_latest, service.duration.complete_after_live) == (5, 70, 120)
    assert "expected: live 5 s to 70 s after the new tasks answer, complete 2 min 0 s later" in text
    assert "one health check every 5 s, latest the grace period of 60 s and 2 checks; then deregistration delay 120 s" in text


def test_an_unchanged_service_writes_nothing(aws, preview):
    aws.environment(aws.released(version="v2"))
    service, text = preview()
    assert (service.writes, service.duration) == ((), None)
    assert "agent: unchanged: v2 already serves" in text


def test_a_deploy_leaves_the_drift_and_tells_what_it_is(aws, preview):
    moved(aws, lambda fields: fields["containerDefinitions"][0]["environment"][0].update(value="debug"))
    service, text = preview()
    assert (service.drift.running, service.drift.target) == (f"{TEMPLATE}:1", f"{TEMPLATE}:2")
    assert f"{TEMPLATE}:1 -> {TEMPLATE}:2; this release leaves it; --sync brings it" in text
    assert "~ containerDefinitions.agent.environment.LOG_LEVEL: info -> debug" in text


def test_a_synced_deploy_brings_the_drift(aws, preview):
    moved(aws, lambda fields: fields.update(cpu="512"))
    service, text = preview(sync=True)
    assert service.after.template == f"{TEMPLATE}:2"
    assert "this release brings it" in text
    assert "~ cpu: 256 -> 512" in text


def test_a_secret_in_the_drift_has_no_value(aws, preview):
    secret = {"name": "DATABASE_PASSWORD", "valueFrom": "arn:aws:ssm:eu-central-1:1:parameter/hush"}
    moved(aws, lambda fields: fields["containerDefinitions"][0].update(secrets=[secret]))
    service, text = preview()
    assert "secrets.DATABASE_PASSWORD: another secret" in text
    assert "hush" not in service.model_dump_json() + text


def test_a_template_that_moved_without_a_change_says_so(aws, preview):
    moved(aws)
    assert "no setting differs" in preview()[1]


def test_a_template_that_ecs_forgot_is_told(aws, preview):
    service = moved(aws)
    former = next(arn for arn in aws.task_definitions if arn.endswith(f"{TEMPLATE}:1"))
    del aws.task_definitions[former]
    assert service.contract.template in aws.task_definitions
    assert f"{TEMPLATE}:1 cannot be read any more" in preview()[1]


def test_a_plan_that_cannot_be_read_to_its_end_is_refused(aws, command, capsys):
    aws.environment(aws.released())
    aws.answers["DescribeTargetGroups"] = [AwsSays("AccessDenied")]
    assert command("plan", "-e", "staging", "--version", "v2") == 10


@pytest.mark.parametrize("arguments", [["plan"], ["deploy", "--plan"]], ids=" ".join)
def test_both_spellings_print_the_documented_model(arguments, aws, command, capsys):
    aws.environment(aws.released())
    assert command(*arguments, "-e", "staging", "--version", "v2", "--json") == 0
    report = PlanReport.model_validate(json.loads(capsys.readouterr().out))
    assert (report.environment, aws.writes) == ("staging", [])


def test_a_synced_deploy_writes_what_was_planned(aws, run):
    service = moved(aws)
    run(Deploy("v2", sync=True))
    tags = {tag["key"]: tag["value"] for tag in aws.writes[0][1]["tags"]}
    assert (tags["axonflow:template"], tags["axonflow:version"]) == (service.contract.template, "v2")
