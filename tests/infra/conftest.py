"""Both real stack files as the program declares them."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.infra.declared import as_declared
from tests.infra.mocked import Recording

# A busy machine must not fail a test: hypothesis allows an example 200 ms otherwise.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


@pytest.fixture(scope="session", params=["staging", "production"])
def platform(request: pytest.FixtureRequest) -> tuple[str, Recording]:
    """The stack's name and its resources. Not to be changed."""
    return request.param, as_declared(request.param)
