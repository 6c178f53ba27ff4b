"""A pytest plugin for scenarios under a mutant: `pytest -p tests.sandbox.emulator.mutated --mutant breaker-off-by-one`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.scheduler_mutants import MUTANTS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutant", required=True, choices=[each.name for each in MUTANTS])


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Scenarios are collected from the sound emulator and run in the broken one."""
    name = session.config.getoption("--mutant")
    with next(each for each in MUTANTS if each.name == name).applied():
        return (yield)
