"""Warnings of the tool's modules as lines on standard error."""

from __future__ import annotations

import logging

import click


class _Lines(logging.Handler):
    """Writes warnings as errors are written."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        click.echo(f"appdeploy: {record.getMessage()}", err=True)


def show_warnings() -> None:
    """Show them from now on. It may be called more than once."""
    log = logging.getLogger("appdeploy")
    log.propagate = False
    if not any(isinstance(handler, _Lines) for handler in log.handlers):
        log.addHandler(_Lines())
