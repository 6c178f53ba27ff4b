"""Markdown that means what it says: text whose own marks are escaped, and tables of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!$@])")
"""All to which CommonMark, GitHub's tables and its mentions give a meaning within a line. "Any ASCII punctuation character may
be backslash-escaped" (spec.commonmark.org/0.31.2/#backslash-escapes); to stop a mention an `@` has to be an entity."""


def escaped(text: str) -> str:
    """The text on one line, with nothing in it that Markdown takes for a mark."""
    line = " ".join(text.split())
    marked = _MARKS.sub(r"\\\1", line).replace("\\@", "&#64;")
    return re.sub(r"(https?|www)(:|\.)", r"\1\\\2", marked)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of such texts; nothing when it has no row."""
    if not rows:
        return
    yield _row(headings)
    yield _row(["---"] * len(headings))
    for row in rows:
        yield _row([escaped(cell) or "-" for cell in row])
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
