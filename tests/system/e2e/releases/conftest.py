"""A sandbox with staging brought up by the real engine, shared by the story of releases that this folder tells in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.engine_commands import Sandbox, staging_without_a_release


@pytest.fixture(scope="package")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Staging without a release. The sandbox is taken down whatever happens."""
    with staging_without_a_release(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox
