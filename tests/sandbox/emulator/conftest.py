"""Fixtures of the emulator's scenarios."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.emulator_process import EmulatorProcess
from tests.support.emulator_scenario import Foundation, Scenario, forget


@pytest.fixture(autouse=True)
def _no_aws_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def foundation() -> Foundation:
    """Network and role of all scenarios in this process."""
    return Foundation.build()


@pytest.fixture
def scenario(foundation: Foundation) -> Iterator[Scenario]:
    """A stepped emulator with network, load balancer, repository and cluster, and no service yet."""
    made = Scenario(foundation)
    yield made
    made.emulator.close()
    forget()


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    """The emulator as a process of its own on a free port; it is ended whatever happens."""
    with EmulatorProcess() as process:
        yield process
