"""First releases on a fresh stack: they fail without a trace until one is good."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.support.engine_commands import Sandbox

pytestmark = pytest.mark.engine


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


def test_a_good_first_release_serves(staging: Sandbox) -> None:
    ran = staging.deploy(staging.push("v1.0.0")).expect(0)
    assert "first release" in ran.out
    service = staging.status()
    assert (service["version"], service["running"], service["healthy"]) == ("v1.0.0", 2, 2)
    address = staging.pulumi("stack", "output", "url").expect(0).out.strip()
    assert address.startswith("https://127.0.0.1:")
    with urllib.request.urlopen(f"{address}/health", timeout=10, context=staging.encryption) as answer:
        assert json.loads(answer.read()) == {"status": "healthy"}
        assert answer.headers["X-Axonflow-Version"] == "v1.0.0"
        assert answer.headers["X-Axonflow-Task"]
