"""The modules with the scheduler's scenarios, as subjects of other tests: their sources, and what each catches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType

from tests.support.emulator_scenario import Scenario

_PACKAGE = "tests.sandbox.emulator"
MODULES = ("test_rolling", "test_failures", "test_alarms", "test_lost_tasks", "test_passing_failures")


def scenario_modules() -> tuple[ModuleType, ...]:
    """All of them."""
    return tuple(import_module(f"{_PACKAGE}.{name}") for name in MODULES)


def scenario_named(name: str) -> Callable[[Scenario], None]:
    """The scenario `module::function`."""
    module, _, function = name.partition("::")
    found: Callable[[Scenario], None] = getattr(import_module(f"{_PACKAGE}.{module}"), function)
    return found


def sources(module: ModuleType) -> Iterator[tuple[str, list[object]]]:
    """Each scenario of a module with the sources of its marks and of its module's."""
    whole = getattr(module, "pytestmark", None)
    for name, scenario in vars(module).items():
        if name.startswith("test_"):
            marks = [*getattr(scenario, "pytestmark", []), *([whole] if whole else [])]
            yield name, [argument for mark in marks if mark.name == "source" for argument in mark.args]
