"""Lines that a terminal would cut are broken between words; a pipe gets them whole."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.render.fitting import broken, fitted

LONG = "  2 tasks could not pull their image in the last 15 min, the newest at 2026-11-30 17:50:12Z: CannotPullContainerError"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_a_terminal_of_80_columns_cuts_no_word():
    lines = list(fitted([LONG, "short"], Terminal()))
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(" ".join(lines).split()) == f"{LONG.strip()} short"
    assert lines[1].startswith("    "), "it belongs to the line before"


@pytest.mark.usefixtures("narrow")
def test_a_pipe_gets_each_line_whole():
    assert list(fitted([LONG], io.StringIO())) == [LONG]


@given(st.lists(st.text("ab-:/", min_size=1, max_size=60), min_size=1, max_size=30), st.integers(20, 200), st.integers(0, 6))
def test_nothing_is_lost_and_a_line_is_too_long_only_for_a_single_word(words, width, indent):
    parts = list(broken(" " * indent + " ".join(words), width))
    assert " ".join(parts).split() == words
    assert all(len(part) <= width or len(part.split()) == 1 for part in parts)
