"""Runs calls in parallel, or with a timeout."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_THREADS = 10


def begin(function: Callable[[], R]) -> Future[R]:
    """Call the function in a daemon thread, which does not hold up the end of the process. The result may be abandoned."""
    answer: Future[R] = Future()

    def work() -> None:
        try:
            answer.set_result(function())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=work, daemon=True).start()
    return answer


def with_timeout(seconds: float, function: Callable[[], R]) -> R:
    """The function's result or exception. Raises TimeoutError when it takes longer.

    The SDK's timeouts limit each wait for a byte, not the whole call. After the timeout the call continues in a daemon
    thread, so use this only for calls that may be abandoned.
    """
    return begin(function).result(seconds)


def map_parallel(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in the items' order; the first exception is raised after all calls have ended.

    A single item runs in this thread, where Ctrl-C interrupts the call.
    """
    listed = list(items)
    if len(listed) < 2:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(function, listed))
