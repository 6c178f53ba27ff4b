"""First releases on a fresh stack: they fail without a trace until one is good."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.support.engine_commands import Sandbox
from tests.support.traffic import Traffic
from tests.system.e2e.changes import SERVICES

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def address(staging: Sandbox) -> str:
    return staging.pulumi("stack", "output", "url").expect(0).out.strip()


def test_a_stack_without_a_release_says_so_and_runs_nothing(staging: Sandbox) -> None:
    service = staging.status()
    assert (service["released"], service["running"], service["desired"]) == (False, 0, 0)


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("no-image", "could not pull their image"),
        ("crash", "exited with code 1"),
        ("unhealthy", "failed load balancer health checks"),
    ],
)
def test_a_failed_first_release_leaves_the_service_at_zero(staging: Sandbox, behaviour: str, cause: str) -> None:
    ran = staging.deploy(staging.push(f"v0.1.0-{behaviour}", behaviour)).expect(22)
    assert "there is no previous version" in ran.out + ran.err
    assert cause in ran.error_lines[0]
    service = staging.status()
    assert (service["released"], service["running"], service["desired"]) == (False, 0, 0)


def test_a_good_first_release_serves(staging: Sandbox, address: str) -> None:
    ran = staging.deploy(staging.push("v1.0.0")).expect(0)
    assert "first release" in ran.out
    service = staging.status()
    assert (service["version"], service["running"], service["healthy"]) == ("v1.0.0", 2, 2)
    assert address.startswith("https://127.0.0.1:")
    with urllib.request.urlopen(f"{address}/health", timeout=10, context=staging.encryption) as answer:
        assert json.loads(answer.read()) == {"status": "healthy"}
        assert answer.headers["X-Axonflow-Version"] == "v1.0.0"
        assert answer.headers["X-Axonflow-Task"]


def test_all_three_services_are_released_by_one_command_and_no_request_fails(staging: Sandbox, address: str) -> None:
    """The two that never had a release get their first one, the third a new version under encrypted traffic."""
    for service in SERVICES:
        staging.push("v1.0.1", service=service)
    with Traffic(address, staging.encryption) as traffic:
        staging.appdeploy("deploy", "-e", "staging", "--version", "v1.0.1").expect(0)
    assert traffic.report.failures == []
    assert traffic.report.answered == traffic.report.sent > 0
    assert set(traffic.report.versions) == {"v1.0.0", "v1.0.1"}
    for service in SERVICES:
        assert staging.status(service)["version"] == "v1.0.1"


def test_the_portal_answers_for_its_host_and_the_agent_for_every_other(staging: Sandbox, address: str) -> None:
    tasks = {
        host: _task_that_answers(staging, address, host) for host in ("portal.staging.axonflow.example", "elsewhere.example")
    }
    assert len(set(tasks.values())) == 2


def _task_that_answers(sandbox: Sandbox, address: str, host: str) -> str:
    request = urllib.request.Request(f"{address}/health", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=10, context=sandbox.encryption) as answer:
        return str(answer.headers["X-Axonflow-Task"])


def test_a_plain_request_is_sent_on_to_the_encrypted_address(staging: Sandbox, address: str) -> None:
    plain = address.replace("https://", "http://")
    with urllib.request.urlopen(f"{plain}/health?deep=1", timeout=10, context=staging.encryption) as answer:
        assert answer.geturl() == f"{address}/health?deep=1"
