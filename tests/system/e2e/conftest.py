"""One sandbox with staging brought up by the real engine, shared by the story that the tests of this folder tell in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine_commands import ROOT, Sandbox, staging_without_a_release


@pytest.fixture(scope="package")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Staging without a release. The sandbox is taken down whatever happens."""
    with staging_without_a_release(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    """A copy of the stack file with another memory size for the agent."""
    text = (ROOT / "Pulumi.staging.yaml").read_text()
    changed = text.replace("memory: 512", "memory: 1024", 1)
    assert changed != text
    path = tmp_path / "Pulumi.staging.yaml"
    path.write_text(changed)
    return path
