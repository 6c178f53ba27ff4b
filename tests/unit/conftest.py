"""Every unit test runs without the machine's AWS settings, and without a network."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from appdeploy import cli
from appdeploy.aws import clients as aws_module
from appdeploy.lock.session import TakeoverAcquirer, WaitingAcquirer
from appdeploy.model.operation import Deploy
from appdeploy.plan.prepare import Request, prepare
from appdeploy.release.options import WatchOptions
from appdeploy.release.run import run_release
from appdeploy.watch.judge import Policy
from tests.support.fake_aws import FakeAws
from tests.support.release_scenario import REGION, Killed
from tests.support.rollbacks import roller
from tests.support.switchboard import StepClock, Switchboard


@pytest.fixture(autouse=True)
def _no_aws_settings(monkeypatch, tmp_path):
    _forget_aws(monkeypatch)
    for name in ("CI", "NO_COLOR", "GITHUB_STEP_SUMMARY", "APPDEPLOY_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _forget_aws(patch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)


@pytest.fixture(scope="session")
def switchboard() -> Iterator[Switchboard]:
    """Clients whose calls never leave the process."""
    with pytest.MonkeyPatch.context() as patch:
        _forget_aws(patch)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield Switchboard()


@pytest.fixture
def aws(switchboard) -> FakeAws:
    """An empty AWS account, behind the clients of `clients`."""
    switchboard.aws = FakeAws()
    return switchboard.aws


@pytest.fixture
def clients(switchboard, aws):
    return switchboard.clients


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture
def run(clients, aws, clock):
    """Release a version of all services, or reach another goal, and return the results; `run.events` are the events."""

    def go(
        goal="v2",
        *,
        until_complete=True,
        patient=False,
        timeout=1200.0,
        services=(),
        on_event=lambda event: None,
        plan=None,
        lock_wait=0.0,
        back_on_interrupt=False,
        atomic=None,
    ):
        policy = Policy(until_complete=until_complete, patient=patient)
        go.events = []

        def emit(event):
            go.events.append(event)
            on_event(event)

        request = Request("staging", Deploy(goal) if isinstance(goal, str) else goal, services, atomic=atomic)
        make_plan = plan or (lambda: prepare(request, clients).cleared())
        line = TakeoverAcquirer(clients, emit) if lock_wait is None else WaitingAcquirer(clients, clock, emit, lock_wait)
        return run_release(make_plan, WatchOptions(policy, timeout, back_on_interrupt), clients, clock, emit, line)

    return go


@pytest.fixture
def killed_at(aws, run):
    """Release, and let the process die at the first event of that kind of which `when` is true. Its lease goes on."""

    def go(kind, when=lambda event: True, **options):
        def strike(event):
            if isinstance(event, kind) and when(event):
                aws.dead = True
                raise Killed

        with pytest.raises(Killed):
            run(on_event=strike, **options)
        aws.dead = False

    return go


@pytest.fixture
def back(clients, run):
    """Roll back; `back.plan` is the plan."""
    return roller(clients, run)


@pytest.fixture
def command(monkeypatch, clients, aws):
    """Run a command line against the fake account, on a clock that does not wait."""
    monkeypatch.setattr(aws_module, "connect", lambda region: clients)
    slept = [0.0]
    monkeypatch.setattr("appdeploy.model.clock.SystemClock.sleep", lambda self, seconds: slept.append(seconds))
    monkeypatch.setattr("appdeploy.model.clock.SystemClock.now", lambda self: time.monotonic() + sum(slept))
    return lambda *arguments: cli.run(arguments)


@pytest.fixture
def interrupted(command, monkeypatch):
    """The person presses Ctrl-C when the command pauses for the first time; after `command`, which makes no pause last."""

    def interrupt(self, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("appdeploy.model.clock.SystemClock.sleep", interrupt)
