"""The real commands against an emulator of their own, on a platform made without Pulumi."""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import aws_platform
from tests.support import release_platform as platform
from tests.support.emulator_process import EmulatorProcess
from tests.support.forked import Forked, start

LONGEST_SECONDS = 120


class Shop:
    """An emulator process with a platform in it, and the shell in which `sandbox` and `appdeploy` work on it."""

    def __init__(self, emulator: EmulatorProcess, home: Path) -> None:
        self.emulator = emulator
        ready = {name: emulator.ready[name] for name in ("pid", "endpoint", "boot")}
        (home / "emulator.json").write_text(json.dumps(ready))
        self.shell: Mapping[str, str] = {**shell(emulator.endpoint), "AXONFLOW_SANDBOX_HOME": str(home)}
        network = aws_platform.create_network(self.client)
        self.platform = platform.build(self.client, network, self._execution_role())

    def _execution_role(self) -> str:
        """The ARN of the role with which the platform's tasks are started."""
        return aws_platform.create_role(self.client)

    @functools.cache  # noqa: B019 - as long-lived as the shop
    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def push(self, version: str, behaviour: str = "healthy") -> str:
        """Push an image; the result is the version, for use in a call."""
        sent = {"repository": aws_platform.REPOSITORY, "tag": version, "behaviour": behaviour}
        status, document = self.emulator.control("POST", "images", sent)
        assert status == 200, document
        return version

    def start(self, *words: str) -> Forked:
        """Start a command."""
        return start(words, self.shell)

    def run(self, *words: str, expect: int = 0) -> str:
        """Run a command to its end; returns what it printed."""
        return ended(self.start(*words), expect)[0]

    def fault(self, kind: str, *options: str) -> None:
        """`sandbox fault add`."""
        self.run("sandbox", "fault", "add", kind, *options)

    @property
    def calls(self) -> list[str]:
        """The actions of the calls so far, in the order of their answers."""
        return [call["action"] for call in self.recorded]

    @property
    def recorded(self) -> list[dict[str, Any]]:
        """The same with all that the emulator's record has."""
        found: list[dict[str, Any]] = self.emulator.control("GET", "calls?since=0")[1]["calls"]
        return found

    def forget_calls(self) -> None:
        self.emulator.control("DELETE", "calls")

    @property
    def stands_on(self) -> str:
        """`family:revision`."""
        described = self.client("ecs").describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
        arn: str = described["services"][0]["taskDefinition"]
        return arn.rsplit("/", 1)[-1]


def ended(process: Forked, expect: int) -> tuple[str, str]:
    """What a command printed on both streams, once it has ended as expected."""
    out, err = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == expect, f"exit code {process.returncode}, not {expect}\n{out}\n{err}"
    return out, err


def shell(endpoint: str) -> dict[str, str]:
    """The environment in which commands reach the emulator, and nothing else of AWS."""
    return {**_outside(), **_inside(endpoint)}


def _outside() -> dict[str, str]:
    names = ("PYTHONDONTWRITEBYTECODE", "CI")
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name not in names}


def _inside(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": platform.REGION,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def wait_for(shop: Shop, action: str) -> None:
    """Until a call of that action has been answered."""
    end = time.monotonic() + 30
    while action not in shop.calls:
        assert time.monotonic() < end, shop.calls
        time.sleep(0.05)
