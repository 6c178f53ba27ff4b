"""One thing that was looked at before a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What a check came to."""

    OK = "OK"
    NO = "NO"
    """The release would fail, or could not be judged."""
    SKIP = "SKIP"
    """It does not apply, or could not be asked: that alone is no reason to refuse."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    service: str
    what: str
    verdict: Verdict
    found: str
    remedy: str = ""
    """What to do about a NO."""


def refusals(checks: Sequence[Check]) -> tuple[str, ...]:
    """One line for each NO: what is in the way, and what to do."""
    return tuple(
        f"{check.service}: {check.what}: {check.found}: {check.remedy}" for check in checks if check.verdict is Verdict.NO
    )


def table(checks: Sequence[Check]) -> Iterator[str]:
    """The checks as aligned lines."""
    service = max((len(check.service) for check in checks), default=0)
    what = max((len(check.what) for check in checks), default=0)
    for check in checks:
        remedy = f": {check.remedy}" if check.remedy else ""
        yield f"{check.verdict.value:4}  {check.service:{service}}  {check.what:{what}}  {check.found}{remedy}"
