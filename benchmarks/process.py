"""Runs one command and measures it: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CUT_OFF = -9
"""Exit code of a command that was ended because it took too long."""
_SAMPLING = 0.25
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a command came out."""

    seconds: float
    processor_seconds: float
    """User and system time."""
    peak_megabytes: float
    """Of resident memory, as last seen a quarter of a second before the end at the latest."""
    exit_code: int
    output: str
    """Both streams."""


def run(command: Sequence[str], environment: Mapping[str, str], *, longest: float = 600) -> Ran:
    """Run a command to its end, or end it after so many seconds."""
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    memory = _Memory(process.pid)
    end = threading.Timer(longest, process.kill)
    end.start()
    assert process.stdout is not None
    with process.stdout as stream:
        output = stream.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    end.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(seconds, used.ru_utime + used.ru_stime, memory.end(), process.returncode, output)


def peak_of(status: str) -> float | None:
    """Megabytes, from /proc/PID/status; None when the process has ended."""
    found = _PEAK.search(status)
    return int(found[1]) / 1024 if found else None


class _Memory:
    """Follows a process's peak. Not the one of wait4: that includes the copy of the parent before the command began."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak

    def _follow(self) -> None:
        while not self._over.wait(_SAMPLING):
            try:
                self._peak = peak_of(self._status.read_text()) or self._peak
            except OSError:
                return
