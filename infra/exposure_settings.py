"""What a stack file may say about who reaches a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from appdeploy.model.contract import SERVICE_PATTERN
from infra.section import Section

EVERY_PATH = "/*"

CONDITION_VALUES = 5
"""Most values that the conditions of one rule may have together
(docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html)."""

PathPattern = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_\-.$/~\"'@:+*?&]*$", max_length=128)]
Host = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=128)]
"""A full host name. No wildcard: each has a record and stands in the certificate."""


class PublicExposure(Section):
    """Reached from the internet, through the public load balancer: by path, by host, or by both."""

    kind: Literal["public"]
    paths: tuple[PathPattern, ...] = (EVERY_PATH,)
    hosts: tuple[Host, ...] = ()
    """Empty: whatever host a request asks for."""
    priority: Annotated[int, Field(ge=1, le=50000)]
    """The listener rule's place among the others; lower numbers are asked first."""
    told_as: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The variable in which the other services are told its address."""

    @model_validator(mode="after")
    def _what_one_rule_holds(self) -> Self:
        if not self.paths:
            raise ValueError(f'paths is empty, so nothing would reach it; all of a host is ["{EVERY_PATH}"]')
        if len(self.paths) + len(self.hosts) > CONDITION_VALUES:
            raise ValueError(f"{len(self.paths)} paths and {len(self.hosts)} hosts: a rule has {CONDITION_VALUES} at most")
        return self


class InternalExposure(Section):
    """Reached by the services that are named here, through the internal load balancer, and by nobody else."""

    kind: Literal["internal"]
    callers: Annotated[frozenset[Annotated[str, StringConstraints(pattern=f"^{SERVICE_PATTERN}$")]], Field(min_length=1)]


Exposure = PublicExposure | InternalExposure


def address_variable(service: str) -> str:
    """The variable in which its callers are told an internal service's address."""
    return f"{service.upper().replace('-', '_')}_URL"


def check_together(services: Mapping[str, Exposure]) -> None:
    """Whether the exposures of an environment's services agree. Raises ValueError with the first that does not."""
    public = {name: exposure for name, exposure in services.items() if isinstance(exposure, PublicExposure)}
    for name, exposure in services.items():
        if isinstance(exposure, InternalExposure):
            _check_callers(name, exposure, services)
    _check_places(public)
    _check_variables(public)


def _check_callers(name: str, exposure: InternalExposure, services: Mapping[str, Exposure]) -> None:
    for caller in sorted(exposure.callers):
        if caller not in services or caller == name:
            why = "it is itself" if caller == name else "there is no such service"
            raise ValueError(f"services.{name}.exposure.callers names {caller}, and {why}")


def _check_places(public: Mapping[str, PublicExposure]) -> None:
    taken: dict[int, str] = {}
    for name, exposure in sorted(public.items(), key=lambda item: item[1].priority):
        if exposure.priority in taken:
            raise ValueError(
                f"services.{name} and services.{taken[exposure.priority]} have the same priority {exposure.priority}"
            )
        first = next((taken[place] for place in taken if _takes_everything(public[taken[place]])), None)
        if first:
            raise ValueError(f"services.{name} is never reached: services.{first} takes every request and is asked first")
        taken[exposure.priority] = name


def _takes_everything(exposure: PublicExposure) -> bool:
    return EVERY_PATH in exposure.paths and not exposure.hosts


def _check_variables(public: Mapping[str, PublicExposure]) -> None:
    told: dict[str, str] = {}
    for name, exposure in public.items():
        if exposure.told_as is None:
            continue
        if exposure.told_as in told:
            raise ValueError(f"services.{name} and services.{told[exposure.told_as]} are both told as {exposure.told_as}")
        told[exposure.told_as] = name
