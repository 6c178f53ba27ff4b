"""What a service's variables may be called: each has one value, whoever gives it.

ECS refuses a container that has a name twice, among its variables or among its secrets
(docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html): without these checks it would do so after half
of an update, and where the platform's value replaces that of a stack file nobody would say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.data_settings import CACHE_VARIABLES, DATABASE_VARIABLES
from infra.exposure_settings import InternalExposure, PublicExposure, address_variable
from infra.service_settings import SECRET_WORDS, ServiceSettings

_BY_USE = {"database": DATABASE_VARIABLES, "cache": CACHE_VARIABLES}


def check_variables(services: Mapping[str, ServiceSettings]) -> None:
    """Whether every service has each variable once. Raises ValueError with the first that has one twice."""
    for name, settings in services.items():
        given = {
            **dict.fromkeys(settings.environment, "its environment"),
            **dict.fromkeys(settings.tunables, "its tunables"),
        }
        for variable, source in _told(name, services):
            if variable in given:
                raise ValueError(
                    f"services.{name}: {variable} is set by {source} and by {given[variable]}: a variable has one value"
                )
            given[variable] = source


def _told(name: str, services: Mapping[str, ServiceSettings]) -> Iterator[tuple[str, str]]:
    """What the platform tells a service: variable, and by what."""
    for use in sorted(services[name].uses):
        yield from ((variable, f"the {use}") for variable in _BY_USE[use])
    for other, settings in services.items():
        exposure = settings.exposure
        if isinstance(exposure, InternalExposure) and name in exposure.callers:
            yield _plain(address_variable(other)), f"the address of services.{other}"
        if isinstance(exposure, PublicExposure) and exposure.told_as and other != name:
            yield _plain(exposure.told_as), f"services.{other}.exposure.told_as"


def _plain(variable: str) -> str:
    if any(word in variable for word in SECRET_WORDS):
        raise ValueError(f"{variable} would hold an address and looks like a secret; give the service another name or told_as")
    return variable
