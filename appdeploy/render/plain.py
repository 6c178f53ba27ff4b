"""Plain lines for pipes and CI: no escape sequences, no times of day, one line per change."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Self

from appdeploy.model.events import Event, Finished, NotificationFailed, Planned, Progress
from appdeploy.model.words import problem
from appdeploy.render.errors import marked
from appdeploy.render.fitting import fitted


class PlainRenderer:
    """Writes each event as lines to standard output, and causes of failure to standard error."""

    def __init__(self) -> None:
        self._progress: dict[str, tuple[str, ...]] = {}
        self._planned: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing is held open."""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        lines = tuple(event.lines())
        if isinstance(event, Progress):
            if self._progress.get(event.service) == lines:
                return  # Something changed that the line does not show.
            self._progress[event.service] = lines
        if isinstance(event, Planned):  # Sent again after a wait for the lock, and mostly the same.
            if self._planned == lines:
                return
            self._planned = lines
        if isinstance(event, NotificationFailed):  # It is no part of the release itself.
            report_problem(lines)
            return
        write(sys.stdout, lines)
        if isinstance(event, Finished):
            report_problem(problem(event.result))


def report_problem(text: Iterable[str]) -> None:
    """Write an error: its first line is marked as the tool's own."""
    write(sys.stderr, marked(text))


def write(stream: IO[str], text: Iterable[str]) -> bool:
    """Write lines, broken between words on a terminal, and flush; returns whether the reader still reads.

    A reader that went away (`| head`) must not end a release or hide its exit status.
    """
    try:
        for line in fitted(text, stream):
            stream.write(f"{line}\n")
        stream.flush()
    except BrokenPipeError:
        # What Python's documentation advises: the flush at exit would raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
