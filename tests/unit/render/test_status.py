"""A status for people: the root cause first and once, and what is over in a line at the end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appdeploy.model.causes import because_it_failed
from appdeploy.render.status import root_cause_first, status_lines
from appdeploy.status.report import FailedDeployment, ServiceStatus, StatusReport

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
