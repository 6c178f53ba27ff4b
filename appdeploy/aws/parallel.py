"""Runs one function over several items side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_THREADS = 10


def with_timeout(seconds: float, function: Callable[[], R]) -> R:
    """The function's result, or its exception. Raises TimeoutError when it takes longer.

    The SDK's own time-outs bound each wait for a byte, not the call. What is still under way is left behind in a thread
    that does not keep the process alive, so only reads may be bounded so.
    """
    answer: Future[R] = Future()

    def work() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    return answer.result(seconds)


def map_parallel(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the items' order; the first exception is raised once all have ended.

    A single item is done in this thread, where Ctrl-C cuts a call short.
    """
    listed = list(items)
    if len(listed) < 2:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(function, listed))
