"""Names of releases: `upgrade-2025-1125-143000-abc123`."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import NewType

ReleaseId = NewType("ReleaseId", str)

ROLLBACK = "rollback"
"""The kind of a release that rolls back."""

_RANDOM_BYTES = 3
_SHAPE = re.compile(r"(?P<kind>[a-z]+(?:-[a-z]+)*)-(?P<moment>\d{4}-\d{4}-\d{6}-[0-9a-f]{6})")


def new_release_id(kind: str, moment: datetime | None = None, suffix: str | None = None) -> ReleaseId:
    """A new id: the kind of release, date and time in UTC, and six random hexadecimal digits.

    The random part distinguishes releases of the same second; the date makes ids of one kind sort by time.
    """
    moment = (moment or datetime.now(UTC)).astimezone(UTC)
    return ReleaseId(f"{kind}-{moment:%Y-%m%d-%H%M%S}-{suffix or secrets.token_hex(_RANDOM_BYTES)}")


def kind_of(release_id: str) -> str:
    """The kind of release in an id. Raises ValueError when it is not a release id."""
    return _parse(release_id)["kind"]


def moment_of(release_id: str) -> str:
    """Date, time and random digits of an id: sorted as text, releases of all kinds are in order of time.

    Raises ValueError when it is not a release id.
    """
    return _parse(release_id)["moment"]


def _parse(release_id: str) -> re.Match[str]:
    found = _SHAPE.fullmatch(release_id)
    if found is None:
        raise ValueError(f"{release_id!r} is not a release id, such as upgrade-2025-1125-143000-abc123")
    return found
