"""Shows events and reports to people: on a terminal, and as plain lines in a pipe."""

from __future__ import annotations

import os
import sys


def is_terminal() -> bool:
    """Whether a person watches: standard output is a terminal that can be drawn on, and this is not a CI run."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
