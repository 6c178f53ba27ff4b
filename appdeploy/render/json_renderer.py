"""`--json`: each event as a line of JSON on standard output, and nothing else there."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from appdeploy.model.errors import AppdeployError
from appdeploy.model.events import Event, NotificationFailed, Planned
from appdeploy.render.json_convert import line_of, line_of_error
from appdeploy.render.json_events import Line
from appdeploy.render.plain import report_problem, write
from appdeploy.render.words import lines


class JsonRenderer:
    """Writes events as they come. An error is the last line."""

    def __init__(self) -> None:
        self._release: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tell an error that ends the command; whoever catches it has no details to print on standard output any more."""
        if error is None:
            return
        self._write(line_of_error(error))
        if isinstance(error, AppdeployError):
            error.details = ()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Planned):
            self._release = event.plan.release_id
        if isinstance(event, NotificationFailed):
            report_problem(lines(event))
        self._write(line_of(event))

    def _write(self, line: Line) -> None:
        write(sys.stdout, [line.model_copy(update={"release": self._release}).model_dump_json()])
