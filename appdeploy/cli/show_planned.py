"""`--plan` of the commands that register no revision: what would be done, and nothing is."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appdeploy.model.events import Event
    from appdeploy.model.plan import ReleasePlan


def show_planned(plan: ReleasePlan, more: Iterable[Event] = (), *, as_json: bool) -> int:
    """Print the plan as the event `planned` with what comes before the first change; returns the exit status."""
    from appdeploy.model.events import Planned
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.json_line import json_line
    from appdeploy.render.plain import write

    events = [Planned(plan), *more]
    if as_json:
        write(sys.stdout, [json_line(event, plan.release_id) for event in events])
        return ExitCode.OK
    write(sys.stdout, (line for event in events for line in event.lines()))
    write(sys.stdout, [f"  unchanged: {each.contract.name}: {each.reason}" for each in plan.no_changes])
    write(sys.stdout, ["nothing is changed by this"])
    return ExitCode.OK
