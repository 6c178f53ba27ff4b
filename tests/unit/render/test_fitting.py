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


PUNCTUATION = [":", ", ", "; ", ") ", " ", ""] * 20
WORDS = st.lists(st.text("ab-:/(", min_size=1, max_size=12), max_size=12).map(" ".join)
SPANS = st.lists(st.text("ab-:/", min_size=1, max_size=12), min_size=1, max_size=5).map(lambda words: f"`{' '.join(words)}`")


@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", " (", " ,"]), SPANS), min_size=1), WORDS, st.integers(20, 130))
def test_what_stands_in_backticks_is_never_split_if_it_fits_the_width(pieces, end, width):
    line = "".join(f"{words}{before}{span}{after}" for (words, before, span), after in zip(pieces, PUNCTUATION, strict=False))
    spans = [span for _, _, span in pieces[: len(PUNCTUATION)] if len(span) <= width]
    parts = list(broken(f"{line} {end}", width))
    assert "".join("".join(parts).split()) == "".join(f"{line} {end}".split()), "nothing is lost"
    for span in spans:
        assert any(span in part for part in parts)
    for part in parts:
        assert len(part) <= width or len(part.split()) == 1 or part.startswith("`")


COMMANDS = [
    "appdeploy rollback -e staging -s orchestrator",
    "appdeploy resume -e staging upgrade-2026-1130-143000-abc123",
    "appdeploy rollback --list",
]


@pytest.mark.parametrize("width", range(20, 130))
@pytest.mark.parametrize("mark", ["`", ""], ids=["in backticks", "bare"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_stays_whole_however_long_it_is(command, mark, width):
    parts = list(broken(f"  agent: it has a defect and was released by an upgrade; {mark}{command}{mark}: goes back", width))
    assert any(command in part for part in parts)
    assert all(len(part) <= width or command in part for part in parts)


def test_the_words_after_a_bare_command_are_not_part_of_it():
    line = "what to do: appdeploy status -e staging shows it, and everybody else may read on"
    assert list(broken(line, 30))[:3] == ["what to do:", "  appdeploy status -e staging", "  shows it, and everybody else"]
