"""Both real stack files as the program declares them."""

from __future__ import annotations

import pytest

from tests.infra.declared import as_declared
from tests.infra.mocked import Recording


@pytest.fixture(scope="session", params=["staging", "production"])
def platform(request: pytest.FixtureRequest) -> tuple[str, Recording]:
    """The stack's name and its resources. Not to be changed."""
    return request.param, as_declared(request.param)
