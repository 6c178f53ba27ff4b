"""Plain lines for pipes and CI: no escape sequences, no times of day, one line per change."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import IO, Self

from appdeploy.model.causes import Cause, in_short, named_in, of_results
from appdeploy.model.events import Event, Finished, NotificationFailed, Planned, Progress, Reverting, Stopping
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.words import problem
from appdeploy.render.errors import marked
from appdeploy.render.fitting import fitted


class PlainRenderer:
    """Writes each event as lines to standard output, and causes of failure to standard error."""

    def __init__(self) -> None:
        self._progress: dict[str, tuple[str, ...]] = {}
        self._planned: tuple[str, ...] = ()
        self._causes: dict[str, Cause] = {}
        """Of the services that have ended, or are stopped: each is written once."""
        self._rolling_back: set[str] = set()
        """Services whose cause is known and whose end is not."""
        self._stopped_for_its_own: set[str] = set()
        """Services whose trouble is written already, as the reason for which they are stopped."""
        self._held: list[ServiceResult] = []
        """Results whose problem is not written yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write what was held back."""
        self._report()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Progress) and event.service in self._stopped_for_its_own:
            event = replace(event, trouble="")
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
        if isinstance(event, Stopping | Reverting):
            others = [cause for name, cause in self._causes.items() if name != event.service]
            written = tuple(in_short(line, others) for line in lines)
            if isinstance(event, Stopping) and written == lines:
                self._stopped_for_its_own.add(event.service)
            lines = written
            self._causes.setdefault(event.service, Cause(event.service, Outcome.FAILED.value, event.cause))
            self._rolling_back.add(event.service)
        write(sys.stdout, lines)
        if isinstance(event, Finished):
            self._finished(event.result)

    def _finished(self, result: ServiceResult) -> None:
        others = [cause for name, cause in self._causes.items() if name != result.service]
        shown = replace(result, cause=in_short(result.cause, others)) if result.cause else result
        self._causes |= {cause.service: cause for cause in of_results([result])}
        self._rolling_back.discard(result.service)
        self._held.append(shown)
        self._report(lambda held: named_in(held.cause).isdisjoint(self._rolling_back))

    def _report(self, may_be_written: Callable[[ServiceResult], bool] = lambda _: True) -> None:
        """Write the problems in which a root cause comes before those that are because of it."""
        for result in sorted(self._held, key=lambda held: bool(named_in(held.cause))):
            if may_be_written(result):
                self._held.remove(result)
                report_problem(problem(result))


def report_problem(text: Iterable[str]) -> None:
    """Write an error: its first line is marked as the tool's own."""
    write(sys.stderr, marked(text))


def write(stream: IO[str], text: Iterable[str]) -> bool:
    """Write lines, broken between words on a terminal, and flush; returns whether they were written.

    Neither a reader that went away (`| head`) nor a full disk may end a release or hide its exit status.
    """
    lines = tuple(text)  # What makes them may fail for reasons of its own.
    try:
        for line in fitted(lines, stream):
            stream.write(f"{line}\n")
        stream.flush()
    except OSError as error:
        write_no_more(stream, error)
        return False
    return True


def write_no_more(stream: IO[str], error: OSError) -> None:
    """Drop what is written to a stream from now on; says so, but for a reader that went away by itself."""
    # What Python's documentation advises for a closed pipe: the flush at exit would raise again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if not isinstance(error, BrokenPipeError) and stream is not sys.stderr:
        report_problem([f"standard output could not be written: {error.strerror}; nothing more is shown there"])
