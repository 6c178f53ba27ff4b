"""Names of releases: `upgrade-2025-1125-143000-abc123`."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import NewType

ReleaseId = NewType("ReleaseId", str)

_RANDOM_BYTES = 3


def new_release_id(kind: str, moment: datetime | None = None, suffix: str | None = None) -> ReleaseId:
    """A fresh id: the kind of release, date and time in UTC, and six random hexadecimal digits.

    The random part keeps two releases of the same second apart; the date makes ids of one kind sort by time.
    """
    moment = (moment or datetime.now(UTC)).astimezone(UTC)
    return ReleaseId(f"{kind}-{moment:%Y-%m%d-%H%M%S}-{suffix or secrets.token_hex(_RANDOM_BYTES)}")
