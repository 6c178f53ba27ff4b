"""What happens during a release, as values. Every output (terminal, plain lines, JSON) is made from this one stream.

A new event is one class in `release` or `service`: its name in JSON, its fields, its plain lines. Its fields are its JSON,
except those marked `NotJson`; a property marked `json_field` is a field of the JSON alone. The docstrings are published with
the schema, which `python -m appdeploy.render.json_schema` writes.
"""

from __future__ import annotations

from appdeploy.model.events.base import *  # noqa: F403
from appdeploy.model.events.release import *  # noqa: F403
from appdeploy.model.events.service import *  # noqa: F403
