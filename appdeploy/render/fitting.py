"""Breaks lines between words where a terminal would cut one in the middle; a pipe gets each line whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from typing import IO

_NARROWEST = 20
"""Columns below which breaking makes nothing easier to read."""


def fitted(text: Iterable[str], stream: IO[str]) -> Iterator[str]:
    """The lines as they are to be written to that stream."""
    if not stream.isatty():
        yield from text
        return
    width = shutil.get_terminal_size().columns
    for line in text:
        yield from broken(line, width)


def broken(line: str, width: int) -> Iterator[str]:
    """A line in parts of at most that many columns; the parts after the first are indented by two more than it is.

    A word that is longer than a line stays whole, because it may be a name or a command to be copied.
    """
    if len(line) <= width or width < _NARROWEST:
        yield line
        return
    from textwrap import wrap

    indent = " " * (len(line) - len(line.lstrip()))
    yield from wrap(
        line.lstrip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
