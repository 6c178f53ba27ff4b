"""Which engine versions fit the Python SDK that this project pins."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENGINE_VERSION = "3.259.0"
"""The engine that is installed or built when PATH has none. Equal to the pinned SDK, so both are released together."""

OLDEST_SUPPORTED = "3.231.0"
"""pulumi-aws 7.51.1 and pulumi-awsx 3.11.0 ask for at least this SDK; an SDK may be newer than its engine by minors only."""


@dataclass(frozen=True, order=True)
class Version:
    """A released version; pre-releases compare as their release, which is close enough to decide support."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `v3.259.0`, `3.259.0` or `3.260.0-alpha.1`. Raises ValueError for anything else."""
        match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", text.strip())
        if match is None:
            raise ValueError(f"not a version: {text.strip()!r}")
        return cls(*(int(part) for part in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def is_supported(version: Version) -> bool:
    """True for an engine that runs this project's programs: the SDK's major version, and not older than the plugins ask for."""
    oldest = Version.parse(OLDEST_SUPPORTED)
    return version.major == oldest.major and version >= oldest
