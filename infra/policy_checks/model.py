"""Resources, checks and violations. Nothing here knows Pulumi: a resource is its type, its inputs and its options."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast


class Resource(Protocol):
    """One resource as the program declares it."""

    @property
    def type(self) -> str:
        """As in `aws:rds/instance:Instance`."""
        ...

    @property
    def name(self) -> str:
        """Its logical name."""
        ...

    @property
    def inputs(self) -> Mapping[str, Any]:
        """By the names of Pulumi's schema, in camelCase."""
        ...

    @property
    def ignores(self) -> Sequence[str]:
        """Inputs whose changes are ignored."""
        ...

    @property
    def protected(self) -> bool:
        """Whether Pulumi refuses to delete it."""
        ...


@dataclass(frozen=True)
class Stack:
    """All resources of one environment."""

    environment: str
    resources: tuple[Resource, ...]

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def of(self, kind: str) -> Iterator[Resource]:
        """The resources of a type."""
        return (resource for resource in self.resources if resource.type == kind)


Finding = str | None
"""The fault of a resource, to follow its name; None if there is none."""


@dataclass(frozen=True)
class PolicyCheck:
    """A condition for every resource of a type."""

    name: str
    source: str
    """The AWS Security Hub control (docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html), or
    the incident that it prevents."""
    type: str
    find: Callable[[Resource, Stack], Finding]


@dataclass(frozen=True)
class Violation:
    """A resource that fails a check."""

    check: str
    source: str
    resource: str
    """Type and logical name."""
    finding: str

    def __str__(self) -> str:
        return f"{self.resource} {self.finding} [{self.check}: {self.source}]"


def violations(stack: Stack, checks: Sequence[PolicyCheck]) -> tuple[Violation, ...]:
    """The failed checks, in the order of the checks."""
    return tuple(
        Violation(check.name, check.source, f"{resource.type} {resource.name}", finding)
        for check in checks
        for resource in stack.of(check.type)
        if (finding := check.find(resource, stack)) is not None
    )


def value_at(resource: Resource, path: str) -> Any:
    """The input at a dotted path; None where there is none."""
    found: Any = resource.inputs
    for part in path.split("."):
        found = cast(Mapping[str, Any], found).get(part) if isinstance(found, Mapping) else None
    return found


def is_known(value: Any) -> bool:
    """Whether a value is plain data. Before the first update some outputs are unknown."""
    return value is None or isinstance(value, str | int | float | bool | Mapping | Sequence)


def as_list(value: Any) -> list[Any]:
    """A list whose items may be anything, typed for all type checkers."""
    return [*value]


def document(text: Any) -> Any:
    """A JSON document among the inputs, as data; None while it is unknown."""
    return json.loads(text) if isinstance(text, str) else None


def must_be(name: str, source: str, kind: str, path: str, wanted: Any, *, production: bool = False) -> PolicyCheck:
    """Check that an input has one value; in production alone where another environment may save the cost."""

    def find(resource: Resource, stack: Stack) -> Finding:
        if production and not stack.is_production:
            return None
        found = value_at(resource, path)
        return f"has {path} {found!r}, not {wanted!r}" if is_known(found) and found != wanted else None

    return PolicyCheck(name, source, kind, find)


def at_least(name: str, source: str, kind: str, path: str, least: float) -> PolicyCheck:
    """Check that a number is not below a bound."""

    def find(resource: Resource, stack: Stack) -> Finding:
        found = value_at(resource, path)
        return f"has {path} {found!r}, less than {least}" if is_known(found) and (found is None or found < least) else None

    return PolicyCheck(name, source, kind, find)


def protected(name: str, source: str, kind: str) -> PolicyCheck:
    """Check that Pulumi refuses to delete it in production."""

    def find(resource: Resource, stack: Stack) -> Finding:
        return "is not protected" if stack.is_production and not resource.protected else None

    return PolicyCheck(name, source, kind, find)


def ignores_changes(name: str, source: str, kind: str, *inputs: str) -> PolicyCheck:
    """Check that inputs which another owner changes are ignored."""

    def find(resource: Resource, stack: Stack) -> Finding:
        missing = [item for item in inputs if item not in resource.ignores]
        return f"does not ignore changes of {', '.join(missing)}" if missing else None

    return PolicyCheck(name, source, kind, find)
