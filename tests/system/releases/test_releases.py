"""Releases under traffic, good and bad, and what is refused."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.traffic import Traffic
from tests.system.releases.shop import Releases

pytestmark = [pytest.mark.emulator, pytest.mark.waits]

SERVING = "v1.3.0"


@pytest.fixture(scope="module")
def serving(shop: Releases) -> Releases:
    """Staging with a good version."""
    shop.deploy(shop.push("v1.2.0"), "--until", "complete").expect(0)
    shop.deploy(shop.push(SERVING), "--until", "complete").expect(0)
    return shop


def test_no_request_fails_while_bad_releases_come_and_go_and_a_good_one_takes_over(serving: Releases) -> None:
    bad = {
        "no-image": "could not pull their image",
        "crash": "exited with code 1",
        "unhealthy": "failed load balancer health checks",
    }
    for behaviour in bad:
        serving.push(f"v2.0.0-{behaviour}", behaviour)
    serving.push("v2.1.0")
    with Traffic(serving.address) as traffic:
        for behaviour, cause in bad.items():
            ran = serving.deploy(f"v2.0.0-{behaviour}")
            assert ran.exit_code in (20, 21), f"{behaviour}: exit code {ran.exit_code}\n{ran.out}\n{ran.err}"
            assert cause in ran.error_lines[0]
            assert (serving.status()["version"], serving.status()["healthy"]) == (SERVING, 2)
        serving.deploy("v2.1.0").expect(0)
        time.sleep(1)
    print(traffic.report)
    assert traffic.report.failures == []
    assert traffic.report.answered == traffic.report.sent > 500
    assert set(traffic.report.versions) == {SERVING, "v2.1.0"}


def test_the_version_that_runs_is_not_released_again(serving: Releases) -> None:
    with serving.no_write():
        ran = serving.deploy("v2.1.0").expect(0)
    assert "unchanged" in ran.out


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["-e", "stagging", "--version", "v2.1.0"], 10, "stagging"),
        (["-e", "staging", "--version", "v2.1.0", "--service", "agnet"], 10, "agent"),
        (["-e", "staging", "--service", "agent", "--version", "v9.9.9"], 10, "axonflow-staging-agent"),
        (["-e", "staging", "--version", "v2.1.0", "--region", "eu-west-1"], 10, "eu-west-1"),
        (["-e", "staging", "--version", "not a version"], 2, "not a version"),
        (["-e", "staging"], 2, "--version"),
        (["-e", "Staging!", "--version", "v2.1.0"], 2, "Staging!"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line_and_writes_nothing(
    serving: Releases, arguments: list[str], exit_code: int, said: str
) -> None:
    with serving.no_write():
        ran = serving.appdeploy("deploy", *arguments).expect(exit_code)
    assert said in ran.err
    assert len(ran.error_lines) == 1


@pytest.fixture
def patient(serving: Releases) -> Iterator[None]:
    with serving.patient():
        yield


@pytest.fixture
def tampered(serving: Releases, request: pytest.FixtureRequest) -> Iterator[None]:
    """One of the contract's parameters with something else in it."""
    name, change = request.param
    ssm = serving.client("ssm")
    former = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=change(former), Type="String", Overwrite=True)
    yield
    ssm.put_parameter(Name=name, Value=former, Type="String", Overwrite=True)


def _with(**changes: Any) -> Any:
    return lambda text: json.dumps({**json.loads(text), **changes})


PLATFORM, AGENT = "/axonflow/staging/contract/platform", "/axonflow/staging/contract/services/agent"


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ((PLATFORM, _with(account="999999999999")), "999999999999"),
        ((PLATFORM, _with(region="eu-west-3")), "eu-west-3"),
        ((PLATFORM, _with(schema_version="2.0")), "2.0"),
        ((AGENT, lambda text: text[:-3]), "services/agent"),
        ((AGENT, _with(desired_count="many")), "desired_count"),
    ],
    indirect=["tampered"],
    ids=["account", "region", "major-version", "not-json", "wrong-type"],
)
@pytest.mark.usefixtures("tampered")
def test_a_contract_that_cannot_be_right_is_refused_and_nothing_is_written(serving: Releases, said: str) -> None:
    with serving.no_write():
        ran = serving.deploy("v2.1.0").expect(10)
    assert said in ran.err
    assert len(ran.error_lines) == 1


@pytest.mark.usefixtures("patient")
def test_ctrl_c_says_what_goes_on_and_the_release_does_go_on(serving: Releases) -> None:
    release = serving.begin("v2.2.0")
    release.send_signal(signal.SIGINT)
    _, errors = release.communicate(timeout=30)
    assert release.returncode == 130
    assert "appdeploy resume -e staging" in errors
    assert len(errors.strip().splitlines()) == 1
    serving.let_go("v2.2.0")
    deadline = time.monotonic() + 60
    while (serving.status()["version"], serving.status()["underway"]) != ("v2.2.0", None):
        assert time.monotonic() < deadline, serving.status()
        time.sleep(0.5)


@pytest.mark.usefixtures("patient")
def test_two_releases_at_once_are_one_after_the_other(serving: Releases) -> None:
    """The second one is turned away, or stands in line when it is asked to."""
    first = serving.begin("v2.3.0")
    serving.push("v2.4.0")
    turned_away = serving.deploy("v2.4.0").expect(11)
    assert "held by upgrade-" in turned_away.err
    assert len(turned_away.error_lines) == 1
    second = serving.start_as("release", "appdeploy", "deploy", "-e", "staging", "--version", "v2.4.0", "--lock-wait", "60")
    assert any("waiting for the lock" in line for line in second.stdout)
    serving.let_go("v2.3.0")
    assert first.wait(timeout=60) == 0
    assert second.wait(timeout=60) == 0
    assert serving.status()["version"] == "v2.4.0"


def test_a_frozen_environment_takes_a_rollback_and_no_release(serving: Releases) -> None:
    serving.push("v2.7.0")
    serving.appdeploy("lock", "-e", "staging", "--reason", "load test").expect(0)
    refused = serving.deploy("v2.7.0").expect(11)
    assert "load test" in refused.err
    back = serving.appdeploy("rollback", "-e", "staging", "--service", "agent").expect(0)
    assert "v2.4.0 -> " in back.out
    former = serving.status()["version"]
    assert former != "v2.4.0"
    further = serving.appdeploy("rollback", "-e", "staging", "--service", "agent").expect(0)
    assert f"{former} -> " in further.out
    assert serving.status()["version"] not in (former, "v2.4.0")
    serving.appdeploy("unlock", "-e", "staging").expect(0)
    serving.deploy("v2.7.0").expect(0)


def test_a_restart_replaces_the_tasks_and_nothing_else(serving: Releases) -> None:
    before = serving.status()
    serving.appdeploy("restart", "-e", "staging", "--service", "agent").expect(0)
    after = serving.status()
    assert (after["task_definition"], after["version"], after["healthy"]) == (before["task_definition"], "v2.7.0", 2)
