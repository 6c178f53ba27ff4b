"""The commands that simulations run."""

from __future__ import annotations

from enum import Enum


class Verb(Enum):
    """What is asked of the release tool."""

    DEPLOY = "deploy"
    SYNC = "sync"
    RESTART = "restart"
    ROLLBACK = "rollback"
