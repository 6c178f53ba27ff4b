"""Subject "one-at-a-time": 50 releases that ask for the lock at the same moment."""

from __future__ import annotations

import math

from tests.evidence.prove.report import Report
from tests.support import lock_contest as contest

_PROCESSES = 50


def prove(seed: int, scale: float) -> Report:
    """One contest. The seed changes nothing: who wins is for the machine to say."""
    held = contest.hold(max(2, math.ceil(_PROCESSES * scale)))
    codes = [each.exit_code for each in held.ended]
    return Report(
        figures=(
            ("processes", str(len(codes))),
            ("that released (exit 0)", str(codes.count(contest.LIVE))),
            ("that were locked out and name the winner (exit 11)", str(codes.count(contest.LOCKED))),
            ("revisions registered, deployments begun", f"{held.registrations}, {held.deployments}"),
            ("from the barrier to the last end", f"{held.seconds:.0f} s"),
        ),
        failures=tuple(held.failures()),
        notes=(
            "Each process is `appdeploy deploy` with a barrier in front of its first write to DynamoDB: all had read that the"
            " lock is free when they were let go together (tests/support/contender.py).",
        ),
    )
