"""Whether each call to AWS is shown: `appdeploy --debug`, or the variable for what calls the tool."""

from __future__ import annotations

import os

DEBUG_VARIABLE = "APPDEPLOY_DEBUG"


def debugging() -> bool:
    """Whether the variable is set to something other than nothing or 0."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
