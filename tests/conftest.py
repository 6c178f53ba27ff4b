"""What holds for all tests."""

from __future__ import annotations

import pytest

from tests.support.folder_times import FolderTimes


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FolderTimes(), "folder times")
