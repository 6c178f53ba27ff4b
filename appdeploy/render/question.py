"""A question to the person at a terminal. Only a typed `yes` is a yes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from appdeploy.render.fitting import fitted
from appdeploy.render.plain import write

YES = "yes"


def can_ask() -> bool:
    """Whether a person can read the question and answer it: both streams are a terminal, and this is not a CI run."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def ask(lines: Iterable[str], question: str) -> bool:
    """Show the lines and the question, and wait for a line. The end of the input is no yes. Raises KeyboardInterrupt."""
    write(sys.stdout, lines)
    text = "\n".join(fitted([question], sys.stdout))
    sys.stdout.write(f"{text} ")
    sys.stdout.flush()
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # What follows begins a line of its own.
            write(sys.stdout, [""])
    return answer.strip() == YES
