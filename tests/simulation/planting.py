"""How a bug is planted into the release tool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def instead(owner: object, name: str, value: object) -> Iterator[None]:
    """Put a value in the place of another for as long as the context is open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, value)
        yield
