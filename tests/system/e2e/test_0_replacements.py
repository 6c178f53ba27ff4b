"""In which order the engine replaces: a small program of its own, beside the platform."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine_commands import Ran, Sandbox, run

pytestmark = pytest.mark.engine

STACK = "organization/replacements/test"
PROGRAM = """
import os
import pulumi, pulumi_aws as aws
why = os.environ["WHY"]
first = {"first": True, "second": False}.get(os.environ["FIRST"])
opts = pulumi.ResourceOptions(delete_before_replace=first)
document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
aws.iam.Policy("named", name="replaced-named", description=why, policy=document, opts=opts)
aws.iam.Policy("made", description=why, policy=document, opts=opts)
"""


class Program:
    """The program as a project of its own on a sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox, self._folder = sandbox, folder
        (folder / "Pulumi.yaml").write_text("name: replacements\nruntime: {name: python, options: {toolchain: pip}}\n")
        (folder / "Pulumi.test.yaml").write_text("config: {aws:region: eu-central-1}\n")
        (folder / "__main__.py").write_text(PROGRAM)

    def pulumi(self, *words: str, why: str = "", first: str = "") -> Ran:
        shell = self._sandbox.shell(WHY=why, FIRST=first, PULUMI_PYTHON_CMD=sys.executable)
        return run(["pulumi", "--cwd", str(self._folder), *words, "--stack", STACK, "--non-interactive"], shell)

    def steps(self, why: str, first: str = "") -> list[tuple[str, str]]:
        """What an update did, in its order."""
        done = self.pulumi("up", "--yes", "--skip-preview", "--json", why=why, first=first)
        events = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
        steps = [event["resOutputsEvent"]["metadata"] for event in events if "resOutputsEvent" in event]
        return [(step["op"], step["urn"].rsplit("::", 1)[1]) for step in steps if step["type"].startswith("aws:iam")]


@pytest.fixture(scope="module")
def program(staging: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    made = Program(staging, tmp_path_factory.mktemp("program"))
    run(["pulumi", "--cwd", str(made._folder), "stack", "init", STACK, "--non-interactive"], staging.shell()).expect(0)
    made.pulumi("up", "--yes", "--skip-preview", why="one").expect(0)
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview", why="one").expect(0)


def order(steps: list[tuple[str, str]], name: str) -> list[str]:
    return [operation for operation, of in steps if of == name]


def test_a_resource_with_a_name_of_the_program_is_deleted_first_and_one_without_is_made_first(program: Program) -> None:
    steps = program.steps("two")
    assert order(steps, "named") == ["delete-replaced", "replace", "create-replacement"]
    assert order(steps, "made") == ["create-replacement", "replace", "delete-replaced"]


def test_the_programs_own_option_overrides_it(program: Program) -> None:
    """Made first, a policy meets itself: AWS has one of a name."""
    steps = program.steps("three", "first")
    assert order(steps, "made") == ["delete-replaced", "replace", "create-replacement"]
    assert "EntityAlreadyExists" in program.pulumi("up", "--yes", "--skip-preview", why="four", first="second").out
