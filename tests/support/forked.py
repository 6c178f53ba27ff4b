"""`appdeploy`, `sandbox` and the emulator as processes forked from one which has their modules and botocore's models ready.

Each command is a process of its own, with its own environment, streams, signals and exit status, as if it had been started
anew; only what Python and botocore read from the disk before it begins, most of a command's processor time, is read once.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.support import folder_times

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("appdeploy", "sandbox")
EMULATOR = "emulator"
"""Stands for `python -m sandbox.emulator`."""


class Forked:
    """A command under way: what tests use of `subprocess.Popen`, with text streams."""

    def __init__(self, args: Sequence[str], pid: int, out: IO[str], err: IO[str]) -> None:
        self.args = args
        self.pid = pid
        self.stdout = out
        self.stderr = err
        self.returncode: int | None = None
        self._ended = threading.Event()

    def ended(self, code: int) -> None:
        """The server says so."""
        self.returncode = code
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it prints from now on, once it has ended."""
        said = ["", ""]

        def read(place: int, stream: IO[str]) -> None:
            if stream.closed:
                return  # Read before, as `subprocess` allows it.
            with stream:
                said[place] = stream.read()

        readers = [threading.Thread(target=read, args=each, daemon=True) for each in enumerate((self.stdout, self.stderr))]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join()
        return said[0], said[1]

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(words: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> Forked:
    """Start `appdeploy ...`, `sandbox ...` or the emulator, without standard input."""
    assert words[0] in (*COMMANDS, EMULATOR), words
    return _server(words[0] == EMULATOR).start(words, environment, folder)


@functools.cache
def _server(emulator: bool) -> _Server:
    return _Server(*([EMULATOR] if emulator else COMMANDS))


class _Server:
    """The process that forks, as seen by the tests."""

    def __init__(self, *commands: str) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.support.forking", str(theirs.fileno()), *commands]
            clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
            self._process = subprocess.Popen(command, cwd=ROOT, env=clean, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._numbers = itertools.count()
        self._starting = threading.Lock()
        self._started: dict[int, tuple[threading.Event, list[int]]] = {}
        self._known: dict[int, Forked] = {}
        self._codes: dict[int, int] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, name="forked commands", daemon=True).start()
        atexit.register(self._end)

    def start(self, words: Sequence[str], environment: Mapping[str, str], folder: Path) -> Forked:
        number = next(self._numbers)
        reported, pid = self._started[number] = threading.Event(), list[int]()
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        request = {"number": number, "words": list(words), "environment": dict(environment), "folder": str(folder)}
        body = json.dumps(request).encode()
        with self._starting:
            socket.send_fds(self._channel, [len(body).to_bytes(4, "big")], [their_out, their_err])
            self._channel.sendall(body)
        os.close(their_out)
        os.close(their_err)
        reported.wait()
        made = Forked(words, pid[0], open(out, encoding="utf-8"), open(err, encoding="utf-8"))  # noqa: PTH123, SIM115
        with self._lock:
            self._known[number] = made
            code = self._codes.pop(number, None)
        if code is not None:
            made.ended(code)
        return made

    def _listen(self) -> None:
        with self._channel.makefile() as lines:
            for line in lines:
                message = json.loads(line)
                number = message["number"]
                if "pid" in message:
                    reported, pid = self._started.pop(number)
                    pid.append(message["pid"])
                    reported.set()
                    continue
                folder_times.forked_seconds += message["spent"]
                with self._lock:
                    made = self._known.pop(number, None)
                    if made is None:
                        self._codes[number] = message["code"]
                if made is not None:
                    made.ended(message["code"])

    def _end(self) -> None:
        self._channel.shutdown(socket.SHUT_RDWR)
        self._process.wait()
