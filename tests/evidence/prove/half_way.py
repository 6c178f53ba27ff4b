"""Subject "half-way": a `pulumi up` killed again and again, and one that fails, each brought to its end."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.evidence.prove.report import Report, Table
from tests.evidence.rehearsal.interrupted import MOMENTS, Left, Rehearsal
from tests.support.engine_commands import Sandbox


def prove(seed: int, scale: float) -> Report:
    """One sandbox: `up` killed at one moment after the other, each time recovered, then failing, then run to its end."""
    draw = random.Random(seed)
    moments = [draw.choice(calls) for calls in MOMENTS[: max(1, round(len(MOMENTS) * scale))]]
    with tempfile.TemporaryDirectory(prefix="axonflow-half-way-") as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        try:
            sandbox.sandbox("up").expect(0)
            return _rehearse(Rehearsal(sandbox, Path(folder)), moments, draw)
        finally:
            sandbox.sandbox("down")


def _rehearse(rehearsal: Rehearsal, moments: list[str], draw: random.Random) -> Report:
    left = []
    for call in moments:
        rehearsal.kill_during(call, draw)
        left.append(rehearsal.recover(call))
    said = rehearsal.fail_by_itself()
    rehearsal.sandbox.pulumi("up", "--yes", "--skip-preview").expect(0)
    changes = rehearsal.sandbox.pulumi("preview", "--expect-no-changes").exit_code
    drift = rehearsal.sandbox.pulumi("refresh", "--preview-only", "--expect-no-changes").exit_code
    orphans, lost = rehearsal.compare()
    failures = [
        f"killed in {each.killed_in}: orphaned {each.orphans}, lost {each.lost}" for each in left if each.orphans or each.lost
    ]
    failures += (
        ["no killed up left anything to recover: the rehearsal shows nothing"] if not any(each.spare for each in left) else []
    )
    failures += [f"at the end only AWS has {orphans}, only the state {lost}"] if orphans or lost else []
    failures += ["the preview or the refresh after the last up shows changes"] if changes or drift else []
    failures += ["the failing up did not name what failed"] if "CreateService" not in said else []
    return Report(
        figures=(
            ("killed ups, each recovered", str(len(left))),
            ("creations under way when they were killed", str(sum(each.creating for each in left))),
            ("of these made by AWS without the engine's knowing", str(sum(each.made for each in left))),
            ("things that only AWS had before the steps", str(sum(each.spare for each in left))),
            ("ups that failed by themselves and were run again", "1"),
            ("things that only AWS has, or only the state, at the end", str(len(orphans) + len(lost))),
        ),
        tables=(_table(left),),
        failures=tuple(failures),
        notes=(_NOTE,),
    )


def _table(left: list[Left]) -> Table:
    head = ("killed during", "creations under way", "id known", "made, id unknown", "only on AWS", "after the steps")
    return Table(
        head,
        tuple(
            (each.killed_in, *map(str, (each.creating, each.learned, each.made, each.spare, len(each.orphans))))
            for each in left
        ),
    )


_NOTE = (
    "The engine's process group gets SIGKILL while the answer to the call is held back, up to a second later. "
    "The steps are those of the runbook, section `When pulumi up fails half way`. What AWS has comes from boto3 listings of "
    "every service that the program uses, less what was there before and what AWS makes by itself (default security groups, "
    "alarms of scaling policies, RDS's own secret and key)."
)
