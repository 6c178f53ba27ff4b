"""`--json`: each event as a line of JSON on standard output, and nothing else there."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from appdeploy.model.events import Event, NotificationFailed, Planned
from appdeploy.model.events.base import JsonLine
from appdeploy.render.json_line import command_error, json_line
from appdeploy.render.plain import report_problem, write


class JsonRenderer:
    """Writes events as they come. An error is the last line."""

    def __init__(self) -> None:
        self._release: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write an error that ends the command, once: what ends the process prints it where nothing else did."""
        if error is None:
            return
        self._write(command_error(error))
        error.printed = True  # type: ignore[attr-defined]

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, Planned):
            self._release = event.plan.release_id
        if isinstance(event, NotificationFailed):
            report_problem(event.lines())
        self._write(event)

    def _write(self, said: JsonLine) -> None:
        write(sys.stdout, [json_line(said, self._release)])
