"""What a mistyped name was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean deploy?`, to be added to a message; empty when nothing is like it."""
    from difflib import get_close_matches  # Only after a mistake: `--help` starts faster without.

    close = get_close_matches(name, list(known), n=2)
    return f" Did you mean {' or '.join(close)}?" if close else ""
