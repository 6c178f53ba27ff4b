"""Runs one function over several items side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_THREADS = 10


def side_by_side(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the items' order; the first exception is raised once all have ended.

    A single item is done in this thread, where Ctrl-C cuts a call short.
    """
    listed = list(items)
    if len(listed) < 2:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(function, listed))
