"""The operations that start a deployment from a service's running revision or its template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deploy:
    """Another version: the running revision with another image, or with `sync` the contract's template with it."""

    version: str
    sync: bool = False


@dataclass(frozen=True)
class Sync:
    """The contract's template with the running version."""


@dataclass(frozen=True)
class Restart:
    """The same task definition in new tasks."""


Operation = Deploy | Sync | Restart


def takes_template(operation: Operation) -> bool:
    """Whether a released service moves to the contract's template."""
    return isinstance(operation, Sync) or (isinstance(operation, Deploy) and operation.sync)
