"""What a person asks of the services: the verbs that start a deployment from what a service runs, or its template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deploy:
    """Another version: what the service runs with another image, or with `sync` the contract's template with it."""

    version: str
    sync: bool = False


@dataclass(frozen=True)
class Sync:
    """The template that the contract names, with the version that runs."""


@dataclass(frozen=True)
class Restart:
    """The same task definition, in new tasks."""


Operation = Deploy | Sync | Restart


def takes_template(operation: Operation) -> bool:
    """Whether a released service is to move to the contract's template."""
    return isinstance(operation, Sync) or (isinstance(operation, Deploy) and operation.sync)
