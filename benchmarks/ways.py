"""The ways to release that are compared: what each runs, and what a script has to do for it before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.estate import Estate
from tests.support.peer_tools import AWS_CLI, ECS_DEPLOY, installed, name_of

_BIN = Path(sys.executable).parent

Command = Sequence[str]


@dataclass(frozen=True)
class Way:
    """A way to release a version to all services of an environment."""

    name: str
    commands: Callable[[Estate, str], list[Command]]
    """One after the other, as in a script. What has to be there before them is made when they are asked for, unmeasured."""
    until_live: bool = False
    """Whether it ends when all new tasks serve, and not when ECS has finished."""


def _appdeploy(until: str) -> Callable[[Estate, str], list[Command]]:
    def commands(estate: Estate, version: str) -> list[Command]:
        return [[f"{_BIN}/appdeploy", "deploy", "-e", estate.environment, "--version", version, "--until", until]]

    return commands


def _ecs_deploy(estate: Estate, version: str) -> list[Command]:
    tool = f"{installed(ECS_DEPLOY)}/ecs"
    return [[tool, "deploy", estate.cluster, service, "--tag", version] for service in estate.services]


def _aws_cli(estate: Estate, version: str) -> list[Command]:
    """The revision is registered before: of what a script does for it, nothing is counted."""
    ecs = [f"{installed(AWS_CLI)}/aws", "ecs"]
    commands: list[Command] = []
    for family, service in zip(estate.families, estate.services, strict=True):
        definition = estate.register(family, version)
        of = ["--cluster", estate.cluster]
        asked = ["--service", service, "--task-definition", definition, "--query", "service.status"]
        commands += [[*ecs, "update-service", *of, *asked], [*ecs, "wait", "services-stable", *of, "--services", service]]
    return commands


OURS = Way("appdeploy --until complete", _appdeploy("complete"))
LIVE = Way("appdeploy --until live", _appdeploy("live"), until_live=True)
PEERS = (Way(name_of(ECS_DEPLOY), _ecs_deploy), Way("aws ecs update-service, wait", _aws_cli))
