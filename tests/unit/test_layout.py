"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_nothing_is_imported_from_a_test_module():
    found = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in python_files("tests", "benchmarks")
        for name in imported(path)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split(".")[1:])
    ]
    assert found == []


def test_benchmarks_import_support_alone():
    found = [
        (path.name, name)
        for path in python_files("benchmarks")
        for name in imported(path)
        if name.startswith("tests") and not name.startswith("tests.support")
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["appdeploy", "infra", "bootstrap", "sandbox"])
def test_no_file_is_too_long(folder):
    lengths = {path.name: len(path.read_text().splitlines()) for path in python_files(folder)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_each_package_of_unit_tests_is_one_of_the_release_tool():
    tested = {path.parent.name for path in python_files("tests/unit") if path.parent.name != "unit"}
    assert tested <= {path.parent.name for path in python_files("appdeploy") if path.name == "__init__.py"}
