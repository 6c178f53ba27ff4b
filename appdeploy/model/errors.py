"""Errors outside a service's own outcome. Each has one line for a person and one exit status."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from appdeploy.model.outcome import ExitCode


class AppdeployError(Exception):
    """Base of every error that the tool reports itself.

    Its text says what happened, what it means and what to do next, in one line; several problems give several
    lines. The command ends with `exit_code`.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(self, *lines: str, details: tuple[str, ...] = (), in_short: str | None = None) -> None:
        """`details` is the table that the lines come from, for standard output; `in_short` is shown there in its place,
        and where it is empty nothing is."""
        super().__init__("\n".join(lines))
        self.lines = lines
        self.details = details
        self.in_short = in_short


class Refused(AppdeployError):
    """The request was refused before anything was changed."""

    exit_code = ExitCode.REFUSED


class Delegated(Refused):
    """Not an error for the user: other code carries out the request and reports on it."""


class Locked(AppdeployError):
    """Another release holds the environment's lock, or a person froze the environment. Nothing was changed."""

    exit_code = ExitCode.LOCKED


class LockLost(AppdeployError):
    """Another command holds the lock now; this one sends nothing more."""

    exit_code = ExitCode.SUPERSEDED


class OutOfReach(AppdeployError):
    """AWS did not answer in time: the result of a call, or of a release, is unknown."""

    exit_code = ExitCode.TIMED_OUT


class Interrupted(AppdeployError):
    """A person or a CI runner asked the tool to stop."""

    exit_code = ExitCode.INTERRUPTED


@contextmanager
def when_interrupted(line: str) -> Iterator[None]:
    """End with that line when a person or a CI runner asks the tool to stop."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(line) from None


def described(error: BaseException) -> tuple[ExitCode, tuple[str, ...]]:
    """Exit status and lines for any error, defects included: the user never sees a traceback."""
    if isinstance(error, AppdeployError):
        return error.exit_code, error.lines
    if isinstance(error, KeyboardInterrupt):
        # Whoever has sent something turns it into Interrupted, with words about that: `run_locked` does.
        return ExitCode.INTERRUPTED, ("interrupted; nothing was changed",)
    return ExitCode.UNEXPECTED, (_unexpected(error),)


def _unexpected(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())
    where = f"line {frame.lineno} of {frame.filename}"
    return f"unexpected {type(error).__name__}: {words} ({where}); this is a defect, please report it"
