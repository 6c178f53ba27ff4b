"""How long the tests of each folder take: a pytest plugin, loaded by tests/conftest.py.

Processor time is that of this process and of those that it has started and that have ended, so that an emulator counts
where it is taken down. With FOLDER_TIMES in the environment the figures go to that file, as `tests.support.suite` sums
them up; a run by hand prints them with its summary.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "FOLDER_TIMES"
forked_seconds = 0.0
"""Of the processes that `forked` has started and that have ended: they are not this one's children."""


@dataclass
class Times:
    """Of one folder."""

    tests: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0

    def __iadd__(self, other: Times) -> Times:
        self.tests += other.tests
        self.seconds += other.seconds
        self.processor_seconds += other.processor_seconds
        return self


def processor_seconds() -> float:
    """Of this process and its children so far."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system + forked_seconds


class FolderTimes:
    def __init__(self) -> None:
        self.folders: dict[str, Times] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        begun, spent = time.monotonic(), processor_seconds()
        try:
            return (yield)
        finally:
            folder = item.path.parent.relative_to(item.config.rootpath).as_posix()
            times = self.folders.setdefault(folder, Times())
            times += Times(1, time.monotonic() - begun, processor_seconds() - spent)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        place = os.environ.get(VARIABLE)
        if place:
            Path(place).write_text(json.dumps({folder: asdict(times) for folder, times in self.folders.items()}))
        elif len(self.folders) > 1:
            terminalreporter.write_line(table(self.folders))


def table(folders: dict[str, Times]) -> str:
    """One line a folder, the longest first, and one for all of them."""
    width = max(map(len, folders), default=0)
    lines = [f"{'folder':<{width}}  tests  seconds  processor"]
    whole = Times()
    for folder, times in sorted(folders.items(), key=lambda item: -item[1].processor_seconds):
        whole += times
        lines.append(_line(folder, times, width))
    return "\n".join([*lines, _line("all", whole, width)])


def _line(name: str, times: Times, width: int) -> str:
    return f"{name:<{width}}  {times.tests:>5}  {times.seconds:>7.1f}  {times.processor_seconds:>9.1f}"
