"""All that a release can be reported to, each with what it heard as text: `--json`, plain lines, the job's page, notices."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from appdeploy.cli import _end
from appdeploy.model.events import Event
from appdeploy.notify.eventbridge import SendFailed, put
from appdeploy.notify.fanout import EventFanout, Renderer
from appdeploy.notify.notification import Notification
from appdeploy.notify.notifier import Notifier
from appdeploy.render.json_renderer import JsonRenderer
from appdeploy.render.plain import PlainRenderer
from appdeploy.render.step_summary import StepSummary
from tests.simulation.faults import platform
from tests.simulation.faults.simulation import World

JSON, PLAIN, ERRORS, ELSEWHERE = "--json", "plain lines", "standard error", "standard output beside --json"


@dataclass
class Heard:
    """What one release reported."""

    streams: dict[str, io.StringIO] = field(default_factory=lambda: {name: io.StringIO() for name in _STREAMS})
    page: str = ""
    notices: list[str] = field(default_factory=list)
    """Details of events, as sent."""

    @property
    def json_lines(self) -> list[str]:
        return self.streams[JSON].getvalue().splitlines()

    @property
    def texts(self) -> dict[str, str]:
        """All of it, by where it stands."""
        shown = {name: stream.getvalue() for name, stream in self.streams.items()}
        return {**shown, "the job's page": self.page, "notices": "\n".join(self.notices)}


_STREAMS = (JSON, PLAIN, ERRORS, ELSEWHERE)


class _CommandLine(PlainRenderer):
    """Plain lines, and what the command line says of an error."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            _end(error, as_json=False)


class _Shown:
    """Plain lines and JSON at once, each to a text of its own."""

    def __init__(self, heard: Heard) -> None:
        # JSON last: it marks an error as printed.
        self._ways: tuple[tuple[Renderer, io.StringIO], ...] = (
            (_CommandLine(), heard.streams[PLAIN]),
            (JsonRenderer(), heard.streams[JSON]),
        )

    def __call__(self, event: Event) -> None:
        for show, text in self._ways:
            with redirect_stdout(text):
                show(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for show, text in self._ways:
            with redirect_stdout(text):
                show.__exit__(kind, error, trace)


class _Post:
    """Sends at once: there is one thread in that world."""

    def __init__(self, world: World, heard: Heard) -> None:
        self._world = world
        self._heard = heard
        self._trouble: str | None = None

    def send(self, bus: str, notice: Notification) -> None:
        self._heard.notices.append(notice.detail.model_dump_json())
        try:
            put(self._world.clients.once.events, bus, [notice])
        except SendFailed as error:
            self._trouble = str(error)

    def wait(self) -> str | None:
        trouble, self._trouble = self._trouble, None
        return trouble


@contextmanager
def listening(world: World, page: Path) -> Iterator[tuple[EventFanout, Heard]]:
    """Everyone who hears a release of that world, and what they have heard once this is over."""
    heard = Heard()
    page.write_text("")
    everyone = EventFanout(_Shown(heard), world.clock)
    everyone.subscribe(StepSummary(platform.ENVIRONMENT, page))
    everyone.subscribe(Notifier(_Post(world, heard), everyone))
    with redirect_stdout(heard.streams[ELSEWHERE]), redirect_stderr(heard.streams[ERRORS]):
        yield everyone, heard
    heard.page = page.read_text()
