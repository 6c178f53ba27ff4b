"""`sandbox fault` and `sandbox behaviour`, and what a client on a real connection sees of faults."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from click.testing import CliRunner

from sandbox import supervisor
from sandbox.cli import cli
from sandbox.cli.up import refuse_another_profile, refuse_to_enforce_from_now_on
from sandbox.errors import SandboxError
from sandbox.home import Running
from sandbox.session import assume
from tests.support.emulator_process import EmulatorProcess

pytestmark = pytest.mark.emulator
Command = Callable[..., str]


@pytest.fixture
def command(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `sandbox` on the emulator; returns what it printed."""
    ready = Running(pid=emulator.ready["pid"], endpoint=emulator.endpoint, boot=emulator.ready["boot"])
    monkeypatch.setattr(supervisor, "require", lambda _: ready)

    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    yield run
    run("fault", "clear")


def test_a_fault_is_added_listed_and_cleared(emulator: EmulatorProcess, command: Command) -> None:
    added = command("fault", "add", "throttle", "--service", "ecs", "--action", "List*", "--count", "1")
    with pytest.raises(ClientError, match="ThrottlingException"):
        emulator.client("ecs").list_clusters()
    emulator.client("ecs").list_clusters()
    number = added.split()[0]

    assert added.split(maxsplit=1)[1] == "throttle 0 struck  service=ecs action=List* count=1\n"
    assert command("fault", "list").split(maxsplit=1)[1] == "throttle 1 struck  service=ecs action=List* count=1\n"
    assert command("fault", "clear", number) == "1 ended\n"
    assert command("fault", "list") == ""


def test_a_reset_is_a_closed_connection(emulator: EmulatorProcess, command: Command) -> None:
    command("fault", "add", "reset", "--count", "1", "--moment", "after")
    ecs = emulator.client("ecs")

    with pytest.raises(ConnectionClosedError) as caught:
        ecs.create_cluster(clusterName="made")

    assert "Connection reset by peer" in str(caught.value.kwargs["error"])
    assert any(arn.endswith("/made") for arn in ecs.list_clusters()["clusterArns"]), "the call had its effect"


def test_a_call_without_an_answer_ends_when_the_client_gives_up(emulator: EmulatorProcess, command: Command) -> None:
    command("fault", "add", "timeout", "--count", "1")
    started = time.monotonic()

    with pytest.raises(ReadTimeoutError):
        emulator.client("ecs", read_timeout=0.3).list_clusters()

    assert time.monotonic() - started >= 0.3
    emulator.client("ecs").list_clusters()


def test_more_silent_calls_than_a_server_has_threads_do_not_stop_it(emulator: EmulatorProcess, command: Command) -> None:
    command("fault", "add", "timeout", "--action", "ListClusters")
    for _ in range(40):
        with pytest.raises(ReadTimeoutError):
            emulator.client("ecs", read_timeout=0.02).list_clusters()

    assert emulator.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_a_slow_answer_is_slow(emulator: EmulatorProcess, command: Command) -> None:
    command("fault", "add", "slow", "--seconds", "0.3", "--count", "1")
    started = time.monotonic()

    emulator.client("ecs").list_clusters()

    assert time.monotonic() - started >= 0.3


def test_a_sandbox_that_is_up_does_not_change_its_profile(emulator: EmulatorProcess) -> None:
    ready = Running(pid=emulator.ready["pid"], endpoint=emulator.endpoint, boot=emulator.ready["boot"])

    refuse_another_profile(ready, None)
    refuse_another_profile(ready, "fast")
    with pytest.raises(SandboxError, match="already up with the profile fast; `sandbox down` first"):
        refuse_another_profile(ready, "aws")


def test_a_pushed_image_can_be_given_another_behaviour(emulator: EmulatorProcess, command: Command) -> None:
    emulator.client("ecr").create_repository(repositoryName="axonflow-staging-portal")

    pushed = command("image", "push", "portal", "v1", "--behaviour", "slow:2.5")
    changed = command("behaviour", "*-portal:v*", "crash")

    assert pushed.endswith(" (slow:2.5)\n")
    assert changed == "axonflow-staging-portal:v1 (crash)\n"


def test_a_sandbox_that_is_up_does_not_begin_to_enforce(emulator: EmulatorProcess) -> None:
    ready = Running(**emulator.ready)
    refuse_to_enforce_from_now_on(ready, False)
    with pytest.raises(SandboxError, match="does not enforce IAM; `sandbox down` first"):
        refuse_to_enforce_from_now_on(ready, True)


def test_a_session_is_of_the_one_role_that_was_meant(emulator: EmulatorProcess) -> None:
    iam, ready = emulator.client("iam"), Running(**emulator.ready)
    trust = '{"Version": "2012-10-17", "Statement": []}'
    for name in ("axonflow-staging-release", "axonflow-production-release", "axonflow-staging-viewer"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    assert set(assume(ready, "viewer")) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    with pytest.raises(SandboxError, match="several roles end in -release: name one of axonflow-production-release, "):
        assume(ready, "release")
    assume(ready, "axonflow-staging-release")
    with pytest.raises(SandboxError, match="there is no role janitor"):
        assume(ready, "janitor")
