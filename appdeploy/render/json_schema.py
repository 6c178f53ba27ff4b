"""The published schemas of `--json`: `python -m appdeploy.render.json_schema` writes them to docs/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from appdeploy.model.events import Event
from appdeploy.model.events.base import JsonLine
from appdeploy.plan.report import PlanReport
from appdeploy.render.json_line import CommandError, Envelope, adapter
from appdeploy.render.release_view import ReleaseView
from appdeploy.rollback.report import TargetsReport
from appdeploy.settings.report import SettingsReport
from appdeploy.status.report import StatusReport

DOCS = Path(__file__).parents[2] / "docs"
PLACE = DOCS / "events.schema.json"
COMMAND = "python -m appdeploy.render.json_schema"
_MODE: Literal["serialization"] = "serialization"


class _EveryFieldPrinted(GenerateJsonSchema):
    """A field with a default is printed too."""

    def field_is_required(self, *_args: object, **_options: object) -> bool:
        return True

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def schema_text() -> str:
    """The file's text: JSON Schema 2020-12 of what is printed."""
    kinds: tuple[type[JsonLine], ...] = (*Event.__subclasses__(), CommandError)
    refs, found = TypeAdapter.json_schemas(
        [(kind.event, _MODE, adapter(kind)) for kind in kinds], schema_generator=_EveryFieldPrinted
    )
    definitions = found["$defs"]
    for kind in kinds:
        definitions[kind.__name__] = _with_envelope(kind.event, definitions[kind.__name__])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of appdeploy --json",
        "$defs": definitions,
        "discriminator": {"mapping": {kind.event: refs[kind.event, _MODE]["$ref"] for kind in kinds}, "propertyName": "event"},
        "oneOf": [refs[kind.event, _MODE] for kind in kinds],
    }
    return json.dumps(schema, indent=1) + "\n"


def _with_envelope(event: str, own: dict[str, Any]) -> dict[str, Any]:
    """The schema of a whole line, from that of an event's own fields."""
    shared = Envelope.model_json_schema(mode=_MODE, schema_generator=_EveryFieldPrinted)["properties"]
    first = {**shared, "event": {"const": event, "title": "Event", "type": "string"}}
    assert not first.keys() & own["properties"].keys(), f"{event} has a field of the envelope's name"
    properties = {**first, **own["properties"]}
    return {**own, "properties": properties, "required": list(properties)}


_DOCUMENTS: dict[str, tuple[str, type[object]]] = {
    "status": ("What appdeploy status --json prints", StatusReport),
    "plan": ("What appdeploy plan --json, and each command with --plan --json, prints", PlanReport),
    "targets": ("What appdeploy rollback --list --json prints", TargetsReport),
    "settings": ("What appdeploy config list --json prints", SettingsReport),
    "release": ("An element of appdeploy releases --json, and what releases show --json prints", ReleaseView),
}


def schema_files() -> dict[Path, str]:
    """All that are published: file and text."""
    files = {PLACE: schema_text()}
    for name, (title, kind) in _DOCUMENTS.items():
        schema = TypeAdapter(kind).json_schema(mode=_MODE, schema_generator=_EveryFieldPrinted)
        document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
        files[DOCS / f"{name}.schema.json"] = json.dumps(document, indent=1) + "\n"
    return files


if __name__ == "__main__":
    for file, text in schema_files().items():
        file.write_text(text)
