"""The lines of an error: marked as this tool's own, and in a GitHub job as annotations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator


def marked(text: Iterable[str]) -> Iterator[str]:
    """The lines of an error, as this tool's own; in a GitHub job as annotations, which its page and its files view show.

    docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, "Setting an error message".
    """
    in_a_job = os.environ.get("GITHUB_ACTIONS") == "true"
    for line in text:
        own = line if line.startswith(" ") else f"appdeploy: {line}"
        yield f"::error::{_escaped(own)}" if in_a_job and own != line else own


def _escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
