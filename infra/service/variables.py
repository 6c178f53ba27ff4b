"""The names of a service's variables: each has one value, whatever its source.

ECS refuses a container that has a name twice, among its variables or among its secrets
(docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html): without these checks it would do so half-way
through an update, and a platform value that overrides one of the stack file would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.data.settings import CACHE_VARIABLES, DATABASE_VARIABLES
from infra.ingress.exposure import InternalExposure, PublicExposure, url_variable_of
from infra.service.settings import SECRET_WORDS, ServiceSettings

_BY_USE = {"database": DATABASE_VARIABLES, "cache": CACHE_VARIABLES}


def check_variables(services: Mapping[str, ServiceSettings]) -> None:
    """Whether every service has each variable once. Raises ValueError with the first that has one twice."""
    for name, service in services.items():
        sources = {
            **dict.fromkeys(service.environment, "its environment"),
            **dict.fromkeys(service.settings, "its settings"),
        }
        for variable, source in _from_platform(name, services):
            if variable in sources:
                raise ValueError(
                    f"services.{name}: {variable} is set by {source} and by {sources[variable]}: a variable has one value"
                )
            sources[variable] = source


def _from_platform(name: str, services: Mapping[str, ServiceSettings]) -> Iterator[tuple[str, str]]:
    """The variables that the platform adds to a service, each with its source."""
    for use in sorted(services[name].uses):
        yield from ((variable, f"the {use}") for variable in _BY_USE[use])
    for other, service in services.items():
        exposure = service.exposure
        if isinstance(exposure, InternalExposure) and name in exposure.callers:
            yield _plain(url_variable_of(other)), f"the address of services.{other}"
        if isinstance(exposure, PublicExposure) and exposure.url_variable and other != name:
            yield _plain(exposure.url_variable), f"services.{other}.exposure.url_variable"


def _plain(variable: str) -> str:
    if any(word in variable for word in SECRET_WORDS):
        raise ValueError(
            f"{variable} would hold an address and looks like a secret; give the service another name or url_variable"
        )
    return variable
