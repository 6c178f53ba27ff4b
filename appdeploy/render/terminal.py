"""A live table for a person at a terminal: one row a service."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from appdeploy.model import events
from appdeploy.model.causes import Cause, in_short, of_results, results_root_first
from appdeploy.model.events import Event
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.words import duration, problem
from appdeploy.render.fitting import broken
from appdeploy.render.plain import report_problem, write

if TYPE_CHECKING:
    from appdeploy.model.clock import Clock
    from appdeploy.model.plan import ServicePlan

_HEADINGS = ("service", "version", "tasks", "healthy", "phase", "time")


@dataclass
class _Row:
    """What is shown of one service."""

    version: str
    tasks: str = ""
    healthy: str = ""
    phase: str = "planned"
    style: str = ""
    seconds: float | None = None
    trouble: str = ""
    unread: str = ""


class TerminalRenderer:
    """Keeps a table up to date while the release runs, then leaves the final lines on the screen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.now()
        self._rows: dict[str, _Row] = {}
        self._note = ""
        self._planned: tuple[str, ...] = ()
        self._causes: tuple[Cause, ...] = ()
        """Of the services that have ended."""
        self._console = Console(file=sys.stdout)
        self._live = Live(get_renderable=self._screen, console=self._console, refresh_per_second=4, transient=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case events.Planned():
                self._plan(event)
            case events.Registered(service):
                self._work(service, "registered")
            case events.Started(service):
                self._work(service, "started")
            case events.PreviousVersionResolved(plan):
                self._rows[plan.contract.name].version = _versions(plan)
                self._print(event)
            case events.Progress(service):
                self._progress(self._rows[service], event)
            case events.NotWatched(service):
                self._rows[service].unread = next(event.lines()).removeprefix(f"{service}: ")
            case events.WatchedAgain(service):
                self._rows[service].unread = ""
            case events.Stopping(service, cause):
                self._rows[service].trouble = in_short(cause, self._causes)
                self._causes += (Cause(service, Outcome.FAILED.value, cause),)
            case events.Reverting(service, cause):
                row = self._rows[service]
                row.trouble, row.style, row.seconds = in_short(cause, self._causes), "", None
            case events.AwsUnreachable():
                self._note = next(event.lines())
            case events.AwsReachable():
                self._note = ""
            case events.Finished(result):
                self._finish(result)
            case events.Ended():
                self._end(event)
            case _:  # What has no place in the table.
                self._print(event)

    def _work(self, service: str, phase: str) -> None:
        """The table is shown once something has been done, and its time begins then."""
        if not self._live.is_started:
            self._begun = self._clock.now()
        self._rows[service].phase = phase
        self._live.start()

    def _print(self, event: Event) -> None:
        """Lines that stay, above the table when there is one."""
        for line in event.lines():
            for part in broken(line, self._console.width):
                self._console.print(Text(part), soft_wrap=True)

    def _plan(self, event: events.Planned) -> None:
        plan, lines = event.plan, tuple(event.lines())
        if lines != self._planned:  # Sent again after a wait for the lock, and mostly the same.
            write(sys.stdout, lines)
        self._planned = lines
        self._begun = self._clock.now()
        for service in plan.changed:
            self._rows[service.contract.name] = _Row(_versions(service))

    def _progress(self, row: _Row, event: events.Progress) -> None:
        if event.phase.is_forward:
            row.tasks = f"{event.running}/{event.desired}"
            row.healthy = "-" if event.healthy is None else str(event.healthy)
        row.phase = event.phase.text
        row.trouble = event.trouble or row.trouble

    def _finish(self, result: ServiceResult) -> None:
        self._causes += of_results([result])
        row = self._rows.get(result.service)
        if row is None:
            return
        row.phase, row.style = result.outcome.value, "green" if result.outcome.ok else "bold red"
        row.seconds = result.seconds
        row.trouble, row.unread = "" if result.outcome.ok else row.trouble, ""

    def _end(self, event: events.Ended) -> None:
        self._live.stop()
        for result in results_root_first(event.results):
            write(sys.stdout, events.Finished(result).lines())
            report_problem(problem(result))
        write(sys.stdout, event.lines())

    def _screen(self) -> Group:
        said = [(name, text) for name, row in self._rows.items() for text in (row.trouble, row.unread) if text]
        width = self._console.width
        troubles = [Text(part, "yellow") for name, text in said for part in broken(f"{name}: {text}", width)]
        notes = [Text(part, "bold yellow") for part in broken(self._note, width)] if self._note else []
        return Group(self._table(), *troubles, *notes)

    def _table(self) -> Table:
        table = Table(*_HEADINGS, box=None, pad_edge=False)
        elapsed = self._clock.now() - self._begun
        for name, row in self._rows.items():
            time = duration(elapsed if row.seconds is None else row.seconds)
            table.add_row(name, row.version, row.tasks, row.healthy, Text(row.phase, row.style), time)
        return table


def _versions(plan: ServicePlan) -> str:
    return f"{plan.previous.version or '(none)'} -> {plan.version}"
