"""How a sandbox ends: killed in the middle of a release, started afresh, taken down without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import pytest

from sandbox.home import Home
from tests.support.engine_commands import LONGEST_COMMAND_SECONDS, ROOT, Sandbox

pytestmark = pytest.mark.engine


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_second_up_changes_nothing(staging: Sandbox) -> None:
    before = Home(staging.home).remembered()
    ran = staging.sandbox("up").expect(0)
    assert "already up" in ran.out
    assert Home(staging.home).remembered() == before


def test_an_emulator_killed_in_the_middle_of_a_release_ends_it_with_24(staging: Sandbox) -> None:
    """And everything that was the emulator's is reported to be lost, and started afresh together with Pulumi's state."""
    version = staging.push("v3.0.0", "unhealthy")
    running = Home(staging.home).remembered()
    assert running is not None
    release = staging.begin(version)
    os.kill(running.pid, signal.SIGKILL)
    _, errors = release.communicate(timeout=LONGEST_COMMAND_SECONDS)
    assert release.returncode == 24
    timed_out, untold = errors.strip().splitlines()
    assert timed_out.startswith("appdeploy: agent: timed-out: no answer for 30 s")
    assert untold.startswith("appdeploy: notification failed"), "EventBridge is gone too"

    status = staging.sandbox("status").expect(3)
    assert f"pid {running.pid}" in status.err
    up = staging.sandbox("up").expect(0)
    assert "starting afresh with an empty Pulumi state" in up.err
    listed = staging.pulumi_as(None, "stack", "--show-urns").expect(0)
    assert "aws:ecs" not in listed.out


def test_down_leaves_no_process_and_no_port(staging: Sandbox) -> None:
    running = Home(staging.home).remembered()
    assert running is not None
    port = int(running.endpoint.rsplit(":", 1)[1])
    assert listens(port)
    staging.sandbox("down").expect(0)
    assert not listens(port)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
    assert "was not up" in staging.sandbox("down").expect(0).out


def test_a_stale_record_is_told_and_replaced(staging: Sandbox) -> None:
    """The pid of the record belongs to someone else by now: it is left alone."""
    home = Home(staging.home)
    home.record.write_text(f'{{"pid": {os.getpid()}, "endpoint": "http://127.0.0.1:9", "boot": "x"}}')
    up = staging.sandbox("up").expect(0)
    assert f"(pid {os.getpid()}) is gone" in up.err
    staging.sandbox("down").expect(0)


def test_a_taken_port_is_named(staging: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = staging.sandbox("up", "--port", str(port)).expect(4)
    assert ran.error_lines == [
        f"sandbox: port {port} is taken by another program; choose another one with --port, or leave it out"
    ]
    assert Home(staging.home).remembered() is None


def test_two_ups_at_once_start_one_emulator(staging: Sandbox) -> None:
    both = [
        subprocess.Popen(["sandbox", "up"], cwd=ROOT, env=staging.outside, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=120)[0].split(":")[0].strip() for process in both)
    assert said == ["the sandbox is already up", "the sandbox is up"]
    staging.sandbox("down").expect(0)
