"""Start the emulator, find it again, end it; and keep Pulumi's state in step with it.

Pulumi's state says what the emulator holds. The emulator keeps that in memory, so when it dies the state describes a
world that is no more: both are started afresh together, never one without the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sandbox.control import Control
from sandbox.errors import NotRunning, PortTaken, SandboxError
from sandbox.home import Home, Running

START_SECONDS = 60.0
STOP_SECONDS = 15.0
PORT_TAKEN_EXIT = 3
"""The emulator's exit status when it cannot have its port."""


def find(home: Home) -> Running | None:
    """The running emulator of this sandbox: the one of the record, and only if it still answers as itself."""
    running = home.remembered()
    if running is None:
        return None
    try:
        return running if Control(running.endpoint).status()["boot"] == running.boot else None
    except (SandboxError, KeyError):
        return None


def require(home: Home) -> Running:
    """The running emulator. Raises NotRunning, which says what to do."""
    running = find(home)
    if running is None:
        raise NotRunning("the sandbox is not up; start it with `sandbox up`")
    return running


def start(home: Home, port: int, report: Callable[[str], None], profile: str = "fast", *, enforce_iam: bool = False) -> Running:
    """Start a new emulator with an empty Pulumi state. The caller holds the sandbox's lock and has found none running.

    `profile` is one of sandbox.emulator.timings. Raises PortTaken if `port` is not 0 and cannot be had, SandboxError if the
    emulator does not come up.
    """
    _bury(home, report)
    home.root.mkdir(parents=True, exist_ok=True)
    options = ["--enforce-iam"] if enforce_iam else []
    with home.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.emulator", "--port", str(port), "--profile", profile, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the shell that started it is not meant for it
            env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))},
        )
    try:
        running = _first_words(process, home, port)
    except BaseException:
        process.kill()
        process.wait()
        raise
    _trust(home, running)
    home.remember(running)
    home.backend.mkdir(parents=True)
    return running


def _trust(home: Home, running: Running) -> None:
    """Write what a client in the sandbox's shell trusts: what it trusts already, and the emulator's certificate authority."""
    known = Path(os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().openssl_cafile)
    # In a shell that worked on this sandbox before, the former emulator's is in that file: that one is gone.
    of_before = known.read_text() if known.is_file() and known != home.authorities else ""
    home.authorities.write_text(of_before + str(Control(running.endpoint).status()["certificate_authority"]))


def _bury(home: Home, report: Callable[[str], None]) -> None:
    """Clear away what a former emulator left behind, and say so."""
    former = home.remembered()
    if former is not None:
        report(
            f"the emulator of before (pid {former.pid}) is gone, and what it held with it: "
            "starting afresh with an empty Pulumi state"
        )
    elif home.record.exists():
        report("the record of a former emulator cannot be read: starting afresh with an empty Pulumi state")
    forget(home)


def forget(home: Home) -> None:
    """Remove the record and Pulumi's state."""
    home.record.unlink(missing_ok=True)
    shutil.rmtree(home.backend, ignore_errors=True)
    shutil.rmtree(home.pulumi_home / "workspaces", ignore_errors=True)


def _first_words(process: subprocess.Popen[bytes], home: Home, port: int) -> Running:
    """Wait for the line by which the emulator says that it serves."""
    assert process.stdout is not None
    line = _read_line(process.stdout, START_SECONDS)
    if line:
        said = json.loads(line)
        return Running(pid=said["pid"], endpoint=said["endpoint"], boot=said["boot"])
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1)
    if process.returncode == PORT_TAKEN_EXIT:
        raise PortTaken(f"port {port} is taken by another program; choose another one with --port, or leave it out")
    raise SandboxError(f"the emulator did not start; its log is {home.log}")


def _read_line(stream: IO[bytes], seconds: float) -> bytes:
    """One line, or nothing if the stream ends or the time runs out first."""
    deadline, line = time.monotonic() + seconds, b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(stream.fileno(), 4096) if ready else b""
        if not chunk:
            return b""
        line += chunk
    return line


def stop(home: Home) -> Running | None:
    """End the emulator and remove Pulumi's state with it; the result is what was running, if anything was."""
    running = find(home)
    if running is not None:
        with contextlib.suppress(SandboxError):
            Control(running.endpoint).shut_down()
        _wait_for_end(running.pid)
    forget(home)
    return running


def _wait_for_end(pid: int) -> None:
    """Wait until the process is gone; one that does not end by itself is killed."""
    deadline = time.monotonic() + STOP_SECONDS
    while is_alive(pid):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """True while a process with this id runs; one that only waits for its parent to take note has ended."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
