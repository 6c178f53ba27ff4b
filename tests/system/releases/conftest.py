"""The story of releases: one platform whose roles are the program's, shared by the tests of this folder in their order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator_process import EmulatorProcess
from tests.system.releases.shop import Releases


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """Staging without a release."""
    with EmulatorProcess("--enforce-iam") as emulator:
        yield Releases(emulator, tmp_path_factory.mktemp("home"))
