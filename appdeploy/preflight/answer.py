"""A read whose failure is a result too."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from appdeploy.aws.errors import AwsError, explain

T = TypeVar("T")


@dataclass(frozen=True)
class Unknown:
    """It could not be read."""

    why: str


class Answer(Generic[T]):
    """A pending read, whose failure is a result too."""

    def __init__(self, future: Future[T]) -> None:
        self._future = future

    def get(self, seconds: float | None = None) -> T | Unknown:
        """Wait for the result, or so long."""
        try:
            return self._future.result(seconds)
        except TimeoutError:
            return Unknown("no answer in time")
        except AwsError as error:
            return Unknown(explain(error))
