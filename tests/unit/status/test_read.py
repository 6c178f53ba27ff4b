"""Status: what serves, what is under way, what went wrong last, and whether the template has moved on."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from appdeploy.render.status import status_lines
from appdeploy.status.read import read_status
from appdeploy.status.report import StatusReport
from tests.support.release_scenario import DIGESTS, Moment, task_definition_arn, up

TEMPLATE = "axonflow-staging-agent-template"


@pytest.fixture
def read(clients, aws):
    def go(service):
        aws.environment(service)
        report = read_status(clients, "staging", ())
        assert aws.writes == []
        return report, "\n".join(status_lines(report))

    return go


def deployed(aws, moment):
    """A service with a deployment of ours in the given state."""
    service = aws.released()
    service.ours = task_definition_arn("axonflow-staging-agent:5")
    aws.task_definitions[service.ours] = {
        **aws.task_definitions[service.task_definition],
        "tags": [{"key": "axonflow:version", "value": "v2"}],
    }
    service.script = [moment]
    return service


def test_a_running_version(aws, read):
    report, text = read(aws.released())
    service = report.services[0]
    assert (service.version, service.digest, service.running, service.desired) == ("v1", DIGESTS["v1"], 2, 2)
    assert "agent: v1 (sha256:000000000000), 2/2 tasks" in text


def test_healthy_targets_are_those_of_the_group_that_serves(aws, read):
    report, text = read(deployed(aws, Moment((up(1), up(2, False)), status="SUCCESSFUL", rollout="COMPLETED")))
    assert report.services[0].healthy == 1
    assert "1 healthy target" in text


def test_a_service_that_was_never_released_says_so(aws, read):
    report, text = read(aws.unreleased())
    assert (report.services[0].released, report.services[0].version) == (False, None)
    assert "agent: not released yet, 0/0 tasks" in text


def test_a_template_that_has_moved_on(aws, read):
    service = aws.released()
    tagged = service.contract.template
    service.contract = service.contract.model_copy(update={"template": task_definition_arn(f"{TEMPLATE}:2")})
    report, text = read(service)
    assert report.services[0].template_drift.running == tagged.rsplit("/", 1)[1]
    assert f"newer template: {TEMPLATE}:1 -> {TEMPLATE}:2; the running tasks keep the old one until `appdeploy sync`" in text


def test_a_deployment_in_progress(aws, read):
    report, text = read(deployed(aws, Moment((up(1),))))
    underway = report.services[0].underway
    assert (underway.kind, underway.version, underway.running, underway.desired) == ("rolling out", "v2", 1, 2)
    assert report.services[0].version == "v1"
    assert "rolling out: v2, 1/2 tasks" in text


def test_a_rollback_in_progress_serves_the_former_version(aws, read):
    report, _ = read(deployed(aws, Moment(status="ROLLBACK_IN_PROGRESS", primary="former")))
    assert report.services[0].underway.kind == "rolling back"
    assert report.services[0].version == "v1"


def test_a_rolled_back_deployment_says_why(aws, read):
    reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
    moment = Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", reason=reason)
    report, text = read(deployed(aws, moment))
    assert report.services[0].version == "v1"
    assert f"last deployment: ROLLBACK_SUCCESSFUL: {reason}" in text


def test_target_groups_that_disagree_are_told(aws, read):
    moment = Moment((up(1), up(2)), status="SUCCESSFUL", rollout="COMPLETED", resolved="b", weighted="a")
    report, text = read(deployed(aws, moment))
    assert report.services[0].healthy is None
    assert "target group unclear" in text


def test_a_service_without_a_load_balancer_has_no_targets(aws, read):
    report, _ = read(aws.released("worker", target_groups=(), listener_rule=None))
    assert (report.services[0].healthy, report.services[0].routing_problem) == (None, None)


def test_json_is_the_documented_model(aws, clients):
    aws.environment(aws.released())
    report = read_status(clients, "staging", ())
    assert TypeAdapter(StatusReport).validate_json(report.to_json()) == report
