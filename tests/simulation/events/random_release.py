"""Random releases of the search for lies, heard by everyone, in a world whose secrets are marked."""

from __future__ import annotations

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from appdeploy.model.errors import AppdeployError
from appdeploy.model.operation import Deploy
from appdeploy.plan.prepare import Request
from appdeploy.plan.preview import read_preview
from appdeploy.reconcile.list import list_releases
from appdeploy.render.plan import plan_lines
from appdeploy.render.releases import detail_lines, json_lines, release_lines
from appdeploy.render.rollback_targets import target_lines
from appdeploy.render.status import status_lines
from appdeploy.rollback.list_targets import read_targets
from appdeploy.status.read import read_status
from tests.simulation.events.checks import CANARY, leaks, wrong_lines
from tests.simulation.events.sinks import listening
from tests.simulation.faults import platform
from tests.simulation.faults.draw import draw_episode
from tests.simulation.faults.perform import perform
from tests.simulation.faults.search import Stage, seed_of
from tests.simulation.faults.simulation import INFRA, World, open_world
from tests.support.inprocess import REGION

_SECRET = f"axonflow-{platform.ENVIRONMENT}/database"
_PARAMETER = f"/axonflow/{platform.ENVIRONMENT}/config/agent/LOG_LEVEL"
_LOGGERS = ("appdeploy", "boto3", "botocore")


@dataclass
class Tried:
    """What came of it."""

    releases: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    """Of `--json`, by their event."""
    ends: Counter[str] = field(default_factory=Counter)
    """Of commands, by what was reported last: an outcome or an exit status."""
    notices: int = 0
    searched: Counter[str] = field(default_factory=Counter)
    """Letters in which the mark was looked for, by where they stood."""
    wrong: list[str] = field(default_factory=list)


class Trial:
    """A stage for episodes."""

    def __init__(self, stage: Stage, world: World, page: Path) -> None:
        self._stage = stage
        self._world = world
        self._page = page

    def run(self, seed: int, releases: int) -> Tried:
        """Try so many releases, or a few more: an episode is played to its end."""
        tried, number = Tried(), 0
        while tried.releases < releases:
            for wrong in self._episode(seed_of(seed, number), tried):
                tried.wrong.append(f"{wrong} (seed {seed}, episode {number})")
            number += 1
        return tried

    def _episode(self, seed: str, tried: Tried) -> Iterator[str]:
        episode = draw_episode(seed)
        world = self._stage.begin(episode, seed)
        for number, release in enumerate(episode.releases):
            with _log() as log, listening(world, self._page) as (everyone, heard):
                reported = perform(world, release, f"r{number}", everyone)
            tried.releases += 1
            tried.notices += len(heard.notices)
            lines = [json.loads(line) for line in heard.json_lines]
            tried.lines.update(line["event"] for line in lines)
            tried.ends[str(lines[-1].get("outcome", f"error {reported.exit_code}"))] += 1
            yield from wrong_lines(heard, reported.exit_code)
            yield from _search({**heard.texts, "logs": log.getvalue()}, tried)
        yield from _search(dict(_afterwards(world)), tried)


def _search(texts: Mapping[str, str], tried: Tried) -> Iterator[str]:
    tried.searched.update({place: len(text) for place, text in texts.items()})
    yield from leaks(texts)


def _afterwards(world: World) -> Iterator[tuple[str, str]]:
    """What can be read when all is over, and what the table holds."""
    world.finish()
    clients, environment = world.clients, platform.ENVIRONMENT
    scan = world.client(INFRA, "dynamodb").scan
    yield "items of the ledger", json.dumps(scan(TableName=platform.TABLE)["Items"])
    readings = list_releases(clients, environment, 100, None, only_open=False)
    details = (line for reading in readings for line in detail_lines(reading))
    yield "releases", "\n".join([*release_lines(readings), *json_lines(readings), *details])
    platform.renew_template(partial(world.client, INFRA), world.role, "agent")  # So that a plan has something to compare.
    for name, read in _READERS.items():
        yield name, _said(partial(read, clients, environment))


def _plan(clients: Any, environment: str) -> str:
    report = read_preview(Request(environment, Deploy("v2", sync=True), ()), clients)
    return "\n".join([*plan_lines(report), report.model_dump_json()])


def _status(clients: Any, environment: str) -> str:
    report = read_status(clients, environment, ())
    return "\n".join([*status_lines(report), report.to_json()])


def _points(clients: Any, environment: str) -> str:
    report = read_targets(clients, environment, ())
    return "\n".join([*target_lines(report), report.model_dump_json()])


_READERS: Mapping[str, Callable[[Any, str], str]] = {"plan": _plan, "status": _status, "rollback --list": _points}


def _said(read: Callable[[], str]) -> str:
    try:
        return read()
    except AppdeployError as error:  # A deleted service, for one.
        return "\n".join([*error.lines, *error.details])


@contextmanager
def _log() -> Iterator[StringIO]:
    """What the tool and its SDK log, as far as anybody would turn it on."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield text
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(handler)


@contextmanager
def open_trial() -> Iterator[Trial]:
    """A world in which every secret has the mark, and notices have a bus."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as home:
        _mark(patch)
        with open_world(World) as world:
            yield Trial(Stage(world), world, Path(home) / "page.md")


def _mark(patch: pytest.MonkeyPatch) -> None:
    create, plain, contract = platform.create, platform.definition, platform._platform_contract
    secrets, made = list[str](), Counter[str]()

    def created(clients: platform.Clients) -> str:
        value = json.dumps({"password": CANARY})
        secrets.append(clients("secretsmanager").create_secret(Name=_SECRET, SecretString=value)["ARN"])
        clients("ssm").put_parameter(Name=_PARAMETER, Value=CANARY, Type="SecureString")
        return create(clients)

    def definition(service: str, image: str, role: str, *, template: bool = False) -> dict[str, Any]:
        sent = plain(service, image, role, template=template)
        made[service] += 1  # Each revision has another one.
        sent["containerDefinitions"][0] |= {
            "environment": [{"name": "SESSION_TOKEN", "value": f"{CANARY}-{made[service]}"}],
            "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": secrets[0]}, {"name": "LOG_LEVEL", "valueFrom": _PARAMETER}],
        }
        return sent

    bus = f"arn:aws:events:{REGION}:{platform.ACCOUNT}:event-bus/default"
    patch.setattr(platform, "create", created)
    patch.setattr(platform, "definition", definition)
    patch.setattr(platform, "_platform_contract", lambda: contract().model_copy(update={"event_bus": bus}))
