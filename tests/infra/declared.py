"""What the program declares, run once for each distinct configuration in a whole test session."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml

from bootstrap import program as bootstrap
from infra import program
from tests.infra.mocked import ROOT, Recording, run, stack_settings


def as_declared(stack: str, *, unknown: bool = False) -> Recording:
    """The resources of a real stack file; `unknown` as the first preview of a new stack has them. Not to be changed."""
    return declared(stack, stack_settings(stack), unknown=unknown)


def declared(stack: str, config: dict[str, Any], *, unknown: bool = False) -> Recording:
    """The resources of a configuration, likewise."""
    return _declared(stack, json.dumps(config, sort_keys=True), unknown)


@cache
def _declared(stack: str, config: str, unknown: bool) -> Recording:
    return run(program.main, stack, json.loads(config), unknown=unknown)


@cache
def account() -> Recording:
    """What the account's program declares. Not to be changed."""
    config = yaml.safe_load((ROOT / "bootstrap/Pulumi.account.yaml").read_text())["config"]
    return run(bootstrap.main, "account", config)
