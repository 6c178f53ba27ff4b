"""What `--json` prints: the events of a release as JSON, one object a line, by a published schema.

To add an event: its dataclass in appdeploy.events; its words in appdeploy.render.words; its model in
appdeploy.stream.lines, which goes into `Line` too; its case in appdeploy.stream.convert, where mypy misses it; then
`python -m appdeploy.stream.schema` writes docs/events.schema.json anew. A model that gains a field raises SCHEMA_VERSION's
minor number; fields are neither taken away nor given another meaning within a major one.
"""
