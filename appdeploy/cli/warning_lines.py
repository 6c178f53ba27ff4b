"""Warnings of the tool's modules as lines on standard error; with --debug each call to AWS too."""

from __future__ import annotations

import logging
from contextlib import suppress

import click

from appdeploy.model.debug import debugging


class _Lines(logging.Handler):
    """Writes warnings as errors are written."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        with suppress(OSError):  # A reader that has gone ends no release.
            click.echo(f"appdeploy: {'debug: ' if record.levelno <= logging.DEBUG else ''}{record.getMessage()}", err=True)


def show_warnings() -> None:
    """Show them from now on. It may be called more than once."""
    log = logging.getLogger("appdeploy")
    log.propagate = False
    log.setLevel(logging.DEBUG if debugging() else logging.WARNING)
    if not any(isinstance(handler, _Lines) for handler in log.handlers):
        log.addHandler(_Lines())
