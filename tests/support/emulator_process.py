"""The emulator as a process, for the scenarios that need real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from botocore.config import Config

from tests.support.forked import EMULATOR, Forked, start
from tests.support.inprocess import REGION, session

_ENDING_SECONDS = 10


def command(port: int = 0, *options: str) -> list[str]:
    return [sys.executable, "-m", "sandbox.emulator", "--port", str(port), *options]


def environment() -> dict[str, str]:
    """Without anything of AWS that the machine may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}


class EmulatorProcess:
    """Starts the emulator and waits for its ready line; a context manager that always ends it."""

    def __init__(self, *options: str) -> None:
        self.process = self._started(options)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate()
            raise AssertionError(f"the emulator did not start: {errors}")
        self.ready: dict[str, Any] = json.loads(line)
        self.endpoint: str = self.ready["endpoint"]

    def _started(self, options: Sequence[str]) -> subprocess.Popen[str] | Forked:
        return start([EMULATOR, "--port", "0", *options], environment())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    def end(self) -> tuple[int, str]:
        """End it with SIGTERM; returns its exit status and what it wrote to stderr."""
        self.process.terminate()
        try:
            _, errors = self.process.communicate(timeout=_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, errors = self.process.communicate()
        return self.process.returncode, errors

    def client(self, service: str, region: str = REGION, read_timeout: float = 60) -> Any:
        """A boto3 client with one attempt per call."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout)
        return session().client(service, region_name=region, endpoint_url=self.endpoint, config=config)

    def control(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """A control request; returns its status and its document."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_sandbox/{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


class EmulatorFromScratch(EmulatorProcess):
    """The same by a Python of its own, as `sandbox up` starts it."""

    def _started(self, options: Sequence[str]) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(command(0, *options), stdout=pipe, stderr=pipe, text=True, env=environment())
