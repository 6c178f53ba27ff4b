"""The published schema of `--json`: `python -m appdeploy.render.json_schema` writes docs/events.schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from appdeploy.render.json_events import LINE

PLACE = Path(__file__).parents[2] / "docs" / "events.schema.json"
COMMAND = "python -m appdeploy.render.json_schema"
_HEAD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A line of appdeploy --json",
}


def schema_text() -> str:
    """The file's text: JSON Schema 2020-12 of what is printed."""
    return json.dumps(_HEAD | LINE.json_schema(mode="serialization"), indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(schema_text())
