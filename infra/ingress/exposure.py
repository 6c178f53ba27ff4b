"""Exposure of a service in a stack file: from the internet, or from other services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from appdeploy.model.contract import SERVICE_PATTERN
from infra.core.settings_model import SettingsModel

EVERY_PATH = "/*"

CONDITION_VALUES = 5
"""Most values that the conditions of one rule may have together
(docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html)."""

PathPattern = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_\-.$/~\"'@:+*?&]*$", max_length=128)]
Host = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=128)]
"""A full host name. No wildcard: each has a record and stands in the certificate."""


class PublicExposure(SettingsModel):
    """Reached from the internet, through the public load balancer: by path, by host, or by both."""

    kind: Literal["public"]
    paths: tuple[PathPattern, ...] = (EVERY_PATH,)
    hosts: tuple[Host, ...] = ()
    """Empty: any host."""
    priority: Annotated[int, Field(ge=1, le=50000)]
    """Of the listener rule; lower numbers are evaluated first."""
    url_variable: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The variable that holds its URL in the other services' tasks."""

    @model_validator(mode="after")
    def _fits_one_listener_rule(self) -> Self:
        if not self.paths:
            raise ValueError(f'paths is empty, so nothing would reach it; all of a host is ["{EVERY_PATH}"]')
        if len(self.paths) + len(self.hosts) > CONDITION_VALUES:
            raise ValueError(f"{len(self.paths)} paths and {len(self.hosts)} hosts: a rule has {CONDITION_VALUES} at most")
        return self


class InternalExposure(SettingsModel):
    """Reached by the services that are named here, through the internal load balancer, and by no other client."""

    kind: Literal["internal"]
    callers: Annotated[frozenset[Annotated[str, StringConstraints(pattern=f"^{SERVICE_PATTERN}$")]], Field(min_length=1)]


Exposure = PublicExposure | InternalExposure


def url_variable_of(service: str) -> str:
    """The variable that holds an internal service's URL in its callers' tasks."""
    return f"{service.upper().replace('-', '_')}_URL"


def check_together(services: Mapping[str, Exposure]) -> None:
    """Whether the exposures of an environment's services fit together. Raises ValueError with the first that does not."""
    public = {name: exposure for name, exposure in services.items() if isinstance(exposure, PublicExposure)}
    for name, exposure in services.items():
        if isinstance(exposure, InternalExposure):
            _check_callers(name, exposure, services)
    _check_priorities(public)
    _check_variables(public)


def _check_callers(name: str, exposure: InternalExposure, services: Mapping[str, Exposure]) -> None:
    for caller in sorted(exposure.callers):
        if caller not in services or caller == name:
            why = "it is itself" if caller == name else "there is no such service"
            raise ValueError(f"services.{name}.exposure.callers names {caller}, and {why}")


def _check_priorities(public: Mapping[str, PublicExposure]) -> None:
    taken: dict[int, str] = {}
    for name, exposure in sorted(public.items(), key=lambda item: item[1].priority):
        if exposure.priority in taken:
            raise ValueError(
                f"services.{name} and services.{taken[exposure.priority]} have the same priority {exposure.priority}"
            )
        first = next((taken[priority] for priority in taken if _matches_everything(public[taken[priority]])), None)
        if first:
            raise ValueError(f"services.{name} is never reached: services.{first} matches every request and is evaluated first")
        taken[exposure.priority] = name


def _matches_everything(exposure: PublicExposure) -> bool:
    return EVERY_PATH in exposure.paths and not exposure.hosts


def _check_variables(public: Mapping[str, PublicExposure]) -> None:
    owners: dict[str, str] = {}
    for name, exposure in public.items():
        if exposure.url_variable is None:
            continue
        if exposure.url_variable in owners:
            raise ValueError(
                f"services.{name} and services.{owners[exposure.url_variable]} share the url_variable {exposure.url_variable}"
            )
        owners[exposure.url_variable] = name
