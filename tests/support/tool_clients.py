"""The release tool's own clients in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from appdeploy.aws.clients import Clients


def every_client(clients: Clients) -> Iterator[Any]:
    """All clients; those that were not used yet are made."""
    for owner in (clients, clients.once):
        for name, made in vars(type(owner)).items():
            if isinstance(made, cached_property):
                yield getattr(owner, name)


class _Made:
    def __init__(self, region: str, of: Callable[[str], object]) -> None:
        self.region = region
        self._of = of

    def make(self, service: str, _config: object) -> object:
        return self._of(service)


def clients_of(region: str, of: Callable[[str], object]) -> Clients:
    """The tool's clients, made by `of` from the name of a service."""
    return Clients(_Made(region, of))  # type: ignore[arg-type]
