"""One platform for all tests of this folder, brought back to its first moment for each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.emulator_scenario import Foundation, forget
from tests.support.pressure_world import World


@pytest.fixture(scope="module", autouse=True)
def _only_the_emulator() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1")
        yield


@pytest.fixture(scope="module")
def ready(_only_the_emulator: None) -> Iterator[tuple[World, object]]:
    """The platform and its snapshot."""
    made = World(Foundation.build())
    yield made, made.emulator.snapshot()
    made.emulator.close()
    forget()


@pytest.fixture
def world(ready: tuple[World, object]) -> World:
    """A platform whose service runs v3, and ran v1 and v2 before."""
    made, former = ready
    made.emulator.restore(former)
    made.app.planned.clear()
    made.events.clear()
    return made
