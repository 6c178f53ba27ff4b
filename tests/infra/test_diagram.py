"""The diagram in docs/architecture.md is the one of the present program, and fits on a screen."""

from __future__ import annotations

from tests.infra import diagram

LINES = 45
"""Of a screen; with more the whole cannot be seen."""


def test_the_committed_diagram_is_current() -> None:
    assert diagram.committed() == diagram.drawn(), "run `python -m tests.infra.diagram`"


def test_it_has_the_main_components_and_fits_on_a_screen() -> None:
    lines = diagram.drawn().splitlines()
    assert {"    Network --> Database", "    Database --> Service", "    Cluster --> Service"} <= set(lines)
    assert len(lines) <= LINES
