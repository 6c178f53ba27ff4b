"""What holds for all tests."""

from __future__ import annotations

import gc
import sys

import pytest

from tests.support.folder_times import FolderTimes


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FolderTimes(), "folder times")


def pytest_collection_finish() -> None:
    _spare_what_stays()
    # The same examples at each run: what a search by chance may find is for `make prove`.
    if "hypothesis" in sys.modules:
        from hypothesis import settings

        settings.register_profile("suite", derandomize=True, max_examples=50, deadline=None)
        settings.load_profile("suite")


def _spare_what_stays() -> None:
    """To look for garbage among the modules of moto and Pulumi again and again costs a fifth of the tests' processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
