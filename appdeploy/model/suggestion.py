"""What a mistyped name was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

_NEARLY = 0.1
"""By how much less a second name may be like the mistyped one."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean deploy?`, to be added to a message; empty when nothing is like it.

    A second one is named only if it is nearly as likely. The dashes of an option count for nothing: all have them.
    """
    from difflib import SequenceMatcher, get_close_matches  # Only after a mistake: `--help` starts faster without.

    bare = {option.lstrip("-"): option for option in known}
    likely = get_close_matches(name.lstrip("-"), bare, n=2)
    ratios = [SequenceMatcher(None, name.lstrip("-"), each).ratio() for each in likely]
    close = [bare[each] for each, ratio in zip(likely, ratios, strict=True) if ratio > ratios[0] - _NEARLY]
    return f" Did you mean {' or '.join(close)}?" if close else ""
