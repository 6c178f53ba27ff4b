"""A status for people: the root cause first and once, and what is over in a line at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appdeploy.model.causes import because_it_failed
from appdeploy.render.status import root_cause_first, status_lines
from appdeploy.status.report import EcsEvent, FailedDeployment, ServiceStatus, StatusReport, StoppedTasks, TemplateDrift

AT = datetime(2026, 11, 30, 22, 10, tzinfo=UTC)
LONG = "4 tasks could not pull their image: CannotPullContainerError: not found"
RELEASE = "upgrade-2026-1130-220900-abc123"


def failed(cause, outcome="rolled-back"):
    return FailedDeployment("ROLLBACK_SUCCESSFUL", "stopped by user", AT, "v2", RELEASE, cause, outcome)


def service(name, **fields):
    given = {"running": 2, "healthy": 2} | fields
    return ServiceStatus(name, True, "v1", None, f"axonflow-staging-{name}:9", desired=2, **given)


def report(*services):
    return StatusReport("staging", "123456789012", "eu-central-1", "https://axonflow", services)


@pytest.fixture
def both():
    portal = service("customer-portal", last_failure=failed(because_it_failed("orchestrator", LONG)))
    return report(portal, service("orchestrator", last_failure=failed(LONG)))


def test_the_root_cause_of_two_failures_comes_first_and_once(both):
    text = "\n".join(status_lines(both))
    assert text.count("CannotPull") == 1
    assert text.index("CannotPull") < text.index("because of orchestrator")


def test_the_table_and_json_share_the_report_and_json_keeps_each_in_full(both):
    assert [item.name for item in root_cause_first(both).services] == ["orchestrator", "customer-portal"]
    assert both.to_json().count("CannotPull") == 2


def remarks_of(item):
    return [line.strip() for line in status_lines(report(item))][2:]


def crashed(count, revision, current=False):
    return StoppedTasks(count, f"{count} tasks exited with code 1", "", AT, current, f"axonflow-staging-agent:{revision}")


def test_what_is_over_is_one_line_at_the_end():
    event = EcsEvent("deployment failed: stopped by user.", AT)
    item = service(
        "agent",
        stopped_tasks=(crashed(20, 8),),
        event=event,
        last_failure=failed("4 tasks exited with code 1"),
        template_drift=TemplateDrift("axonflow-staging-agent-template:1", "axonflow-staging-agent-template:2"),
    )
    drift, *over = remarks_of(item)
    assert drift.startswith("newer template")
    assert over == [
        "earlier: 20 tasks of axonflow-staging-agent:8 exited with code 1 until 22:10Z; last deployment: v2"
        f" ({RELEASE}) at 2026-11-30 22:10:00Z, stopped by appdeploy: ROLLBACK_SUCCESSFUL: 4 tasks exited with code 1"
    ]


def test_tasks_of_the_deployment_that_failed_are_its_cause():
    last = replace(failed("4 tasks exited with code 1"), task_definition="axonflow-staging-agent:8")
    [over] = remarks_of(service("agent", stopped_tasks=(crashed(20, 8),), last_failure=last))
    assert over.startswith("earlier: last deployment: v2")


def test_a_stop_by_somebody_else_keeps_ecs_s_words():
    event = EcsEvent("deployment failed: stopped by user.", AT)
    [over] = remarks_of(service("agent", event=event, last_failure=failed("stopped", outcome=None)))
    assert over.startswith("earlier: ECS at 2026-11-30 22:10:00Z: deployment failed: stopped by user.; last deployment: v2")


def test_what_fails_now_comes_first_and_in_full():
    item = service("agent", running=1, stopped_tasks=(crashed(3, 9, current=True),), last_failure=failed("it crashed"))
    first, second, third = remarks_of(item)
    assert first.startswith("3 tasks exited with code 1 in the last 15 min")
    assert second.startswith("last deployment: v2")
    assert third.startswith("`appdeploy rollback")


def test_a_rollback_that_failed_is_not_over():
    item = service("agent", last_failure=replace(failed("it crashed"), status="ROLLBACK_FAILED"))
    assert remarks_of(item)[0].startswith("last deployment: ")
