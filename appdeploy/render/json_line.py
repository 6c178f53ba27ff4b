"""One line of `--json`: the fields that every line has, then those of its event.

Times are UTC, durations seconds. No line contains a secret's value; of settings no value is shown at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_json

from appdeploy.model.errors import AppdeployError, described
from appdeploy.model.events.base import JsonLine
from appdeploy.model.outcome import ExitCode

SCHEMA_VERSION: Literal["1.0"] = "1.0"
"""Of the lines, and of docs/events.schema.json."""


class Envelope(BaseModel):
    """What every line has."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    """When it was printed."""
    release: str | None = None
    """The release's id; null before there is a plan."""


@dataclass(frozen=True)
class CommandError(JsonLine):
    """The command ends without an outcome: the last line then. Refused, locked, interrupted, out of reach, unexpected."""

    event = "error"
    exit_code: ExitCode
    lines: tuple[str, ...]
    """The text on standard error."""
    details: tuple[str, ...]
    """What the lines were found in, such as the table of a preflight."""


def command_error(error: BaseException) -> CommandError:
    """The last line of a command that ends with an error."""
    code, lines = described(error)
    return CommandError(code, lines, error.details if isinstance(error, AppdeployError) else ())


@cache
def adapter(kind: type[JsonLine]) -> TypeAdapter[Any]:
    """Writes the fields of such a line. Made when first used: a command without `--json` pays nothing for it."""
    return TypeAdapter(kind)


def json_line(said: JsonLine, release: str | None) -> str:
    """The line, of this moment. `release` is the release's id."""
    own = adapter(type(said)).dump_python(said, mode="json")
    return to_json({**Envelope(release=release).model_dump(mode="json"), "event": said.event, **own}).decode()
