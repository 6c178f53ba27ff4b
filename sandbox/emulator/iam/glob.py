"""IAM's wildcards: `*` for any characters, `?` for any one; nothing else is special."""

from __future__ import annotations

import functools
import re

_PARTS = {"*": ".*", "?": "."}


def glob(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern as a whole."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join(_PARTS.get(character) or re.escape(character) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
