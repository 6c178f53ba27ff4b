"""What every event has: a name in JSON and plain lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar

from pydantic import ConfigDict


class JsonLine(ABC):
    """Something that `--json` prints as a line: a dataclass whose fields are the fields of the line."""

    event: ClassVar[str]
    """The name in JSON, which programs select by: it is published and stays."""
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Event(JsonLine):
    """Something that happened. Its subclasses are all the events that there are."""

    def __init_subclass__(cls) -> None:
        """Refuse a class without a name of its own."""
        if "event" not in vars(cls):
            raise TypeError(f"the event {cls.__name__} has no name: give it an `event`")

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """What happened as plain text, one line each, in the order to be read."""


Emit = Callable[[Event], None]
