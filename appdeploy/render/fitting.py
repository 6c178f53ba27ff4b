"""Breaks lines between words where a terminal would cut one in the middle; a pipe gets each line whole."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from typing import IO

_NARROWEST = 20
"""Columns below which breaking makes nothing easier to read."""
_RELEASE = r"[a-z]+(?:-[a-z]+)*-\d{4}-\d{4}-\d{6}-[0-9a-f]{6}"
_OPTION = rf"(?:-e|-s|--service|--to|--lock-wait) [^\s;:,]+|--[a-z]+(?:-[a-z]+)*|{_RELEASE}"
_SPAN = re.compile(rf"`[^`]+`|\bappdeploy [a-z]+(?: (?:{_OPTION}))*")
"""Text to be copied: in backticks, or an appdeploy command with the options that are recognised after it."""
_JOINT = "\0"
"""Stands for a space at which no line is broken."""


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

    A word that is longer than a line stays whole, because it may be a name to be copied. So does a command, however long it
    is: its first half may be a command of its own, with another meaning. Other words in backticks stay together if they fit.
    """
    if len(line) <= width or width < _NARROWEST:
        yield line
        return
    from textwrap import wrap

    indent = " " * (len(line) - len(line.lstrip()))
    parts = wrap(
        _SPAN.sub(lambda span: _joined(span[0], width), line.lstrip()),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    for part in parts:
        yield from (piece.replace(_JOINT, " ") for piece in _alone(part, width))


def _joined(span: str, width: int) -> str:
    is_command = span.lstrip("`").startswith("appdeploy ")
    return span.replace(" ", _JOINT) if is_command or len(span) <= width else span


def _alone(part: str, width: int) -> Iterator[str]:
    """A part that only its indentation, or a bracket or comma at a span, makes too wide, without them."""
    if len(part) <= width or _JOINT not in part:
        yield part
    elif len(part.lstrip()) <= width:
        yield part.lstrip()
    else:
        yield from filter(None, re.split(r"(`[^`]+`)", part.lstrip()))
