"""The operations that start a deployment from a service's running revision or its template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deploy:
    """Another version: the running revision with another image, or with `sync` the contract's template with it."""

    version: str
    sync: bool = False


@dataclass(frozen=True)
class DeployEach:
    """The same with versions of their own for some services, or for all."""

    versions: tuple[tuple[str, str], ...]
    """Short names of services, each once, with their versions."""
    default: str | None = None
    """The version of all other services of the release; None if there are none."""
    sync: bool = False


@dataclass(frozen=True)
class Sync:
    """The contract's template with the running version."""


@dataclass(frozen=True)
class Restart:
    """The same task definition in new tasks."""


ServiceOperation = Deploy | Sync | Restart
"""What is done to one service."""
Operation = ServiceOperation | DeployEach
"""What a command asks of all its services."""


def for_service(operation: Operation, service: str) -> ServiceOperation:
    """What is done to that service. Raises ValueError if it has no version."""
    if not isinstance(operation, DeployEach):
        return operation
    version = dict(operation.versions).get(service, operation.default)
    if version is None:
        raise ValueError(f"{service} has no version")
    return Deploy(version, operation.sync)


def takes_template(operation: Operation) -> bool:
    """Whether a released service moves to the contract's template."""
    return isinstance(operation, Sync) or (isinstance(operation, Deploy | DeployEach) and operation.sync)
