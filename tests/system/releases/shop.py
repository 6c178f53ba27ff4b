"""The release tool's commands in the story of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support import aws_platform
from tests.support.cli_harness import LONGEST_SECONDS
from tests.support.engine_commands import Ran
from tests.support.forked import Forked
from tests.system.enforced_shop import EnforcedShop


class Releases(EnforcedShop):
    """Every release and look of the story is made by the role for releases, as the program declares it."""

    @property
    def address(self) -> str:
        return f"http://{self.platform.balancer.dns_name}"

    def appdeploy(self, *words: str) -> Ran:
        command = self.start_as("release", "appdeploy", *words)
        out, err = command.communicate(LONGEST_SECONDS)
        return Ran(command.wait(), out, err)

    def deploy(self, version: str, *options: str) -> Ran:
        return self.appdeploy("deploy", "-e", "staging", "--service", "agent", "--version", version, *options)

    @contextmanager
    def patient(self) -> Iterator[None]:
        """ECS's circuit breaker is off: a release whose tasks find no room goes on until it is `let_go`."""
        self._circuit_breaker(on=False)
        yield
        self._circuit_breaker(on=True)

    def _circuit_breaker(self, *, on: bool) -> None:
        wanted = {"deploymentCircuitBreaker": {"enable": on, "rollback": on}}
        self.client("ecs").update_service(
            cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, deploymentConfiguration=wanted
        )

    def begin(self, version: str) -> Forked:
        """Start a release whose tasks find no room, and come back when ECS has its deployment."""
        self.push(version, "no-capacity:1000000")
        release = self.start_as("release", "appdeploy", "deploy", "-e", "staging", "--version", version)
        for line in release.stdout:
            if line.rstrip().endswith("started"):
                return release
        raise AssertionError(f"the release ended before it began: {release.communicate()}")

    def let_go(self, version: str) -> None:
        """Its tasks find room from now on."""
        self.behaves(version, "healthy")

    def status(self) -> dict[str, Any]:
        """What `appdeploy status` knows of the service."""
        [service] = json.loads(self.appdeploy("status", "-e", "staging", "--json").expect(0).out)["services"]
        return dict(service)

    @contextmanager
    def no_write(self) -> Iterator[None]:
        """Fails if a call that may change something is recorded meanwhile."""
        self.forget_calls()
        yield
        assert [f"{call['service']}:{call['action']}" for call in self.recorded if call["mutates"]] == []
