"""One check before a release, and the table of checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum


class Verdict(Enum):
    """The result of a check."""

    OK = "OK"
    NO = "NO"
    """The release would fail, or its result could not be judged."""
    SKIP = "SKIP"
    """It does not apply, or could not be read: that is no reason to refuse."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    service: str
    what: str
    verdict: Verdict
    found: str
    remedy: str = ""
    """What to do about a NO."""
    waivable: bool = False
    """Whether a release during an incident bypasses a NO."""


def waive(checks: Sequence[Check], incident: str | None) -> tuple[Check, ...]:
    """The checks, with waivable NOs turned into OK during an incident. Without one, the remedy names the option."""
    return tuple(_waived(check, incident) if check.waivable and check.verdict is Verdict.NO else check for check in checks)


def _waived(check: Check, incident: str | None) -> Check:
    if incident is None:
        return replace(check, remedy=f"{check.remedy}; --during-incident REASON bypasses this")
    return replace(check, verdict=Verdict.OK, found=f"{check.found}; bypassed during an incident", remedy="")


def refusals(checks: Sequence[Check]) -> tuple[str, ...]:
    """One line for each NO: what blocks the release, and what to do."""
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
