"""What the tests of resource types stand on."""

from __future__ import annotations

import pytest

from tests.support.inprocess_aws import InProcessAws


@pytest.fixture
def aws() -> InProcessAws:
    """An empty account."""
    return InProcessAws()
