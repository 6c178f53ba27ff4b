"""How a release is watched."""

from __future__ import annotations

from dataclasses import dataclass

from appdeploy.watch.judge import Policy


@dataclass(frozen=True)
class WatchOptions:
    """How a release is watched."""

    policy: Policy
    timeout: float
    """Seconds to watch."""
    revert_on_interrupt: bool = False
    """Whether Ctrl-C asks ECS for a rollback instead of only ending the watch."""
