"""Resumes whatever an interrupted command was doing: a release of any kind, or a change of a count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appdeploy.app.release import release
from appdeploy.app.scale import scale
from appdeploy.model.outcome import Outcome
from appdeploy.reconcile.resume import Request, ResumesScale, prepare_resume
from appdeploy.scaling.resume import prepare_resumed

if TYPE_CHECKING:
    from appdeploy.app.console import Console
    from appdeploy.app.options import ReleaseOptions


def resume(request: Request, region: str | None, options: ReleaseOptions, console: Console) -> Outcome:
    """Continue where the command of a release was interrupted. Raises Refused when there is nothing to resume."""
    again = replace(options, resumes=True)
    try:
        return release(lambda clients: prepare_resume(request, clients), request.environment, region, again, console)
    except ResumesScale as found:
        entry = found.entry
    return scale(
        lambda clients: prepare_resumed(entry, clients),
        region,
        console,
        timeout=options.timeout,
        lock_wait=options.lock_wait or 0,
    )
