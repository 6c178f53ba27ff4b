"""The line of each event, and the published schema, which has every event and allows nothing else."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from appdeploy.model import events
from appdeploy.model.errors import Refused
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.render.json_line import command_error, json_line
from appdeploy.render.json_schema import COMMAND, DOCS, PLACE, schema_files
from tests.support.event_examples import BAD, EXAMPLES, RELEASE, release_plan
from tests.support.release_scenario import DONE, LONG_AGO, AwsSays, Moment

SCHEMA = json.loads(PLACE.read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LINES = {
    **{f"{number} {event.event}": event for number, (event, _) in enumerate(EXAMPLES)},
    **{outcome.value: events.Finished(ServiceResult("agent", outcome, "v1")) for outcome in Outcome},
    "error": command_error(Refused("no", details=("NO  agent",))),
}


def read(event):
    return json.loads(json_line(event, RELEASE))


def own(event):
    """What the event adds to the fields that every line has."""
    return {name: value for name, value in read(event).items() if name not in ("schema_version", "time", "release", "event")}


@pytest.mark.parametrize(("place", "text"), schema_files().items(), ids=lambda value: getattr(value, "name", ""))
def test_the_published_schemas_are_those_of_what_is_printed(place, text):
    assert place.read_text() == text, f"{place.name} is out of date: {COMMAND} writes it anew"


@pytest.mark.parametrize(
    ("words", "name", "many"),
    [
        (("status",), "status", False),
        (("plan", "--version", "v2"), "plan", False),
        (("rollback", "--list"), "targets", False),
        (("config", "list", "agent"), "settings", False),
        (("releases",), "release", True),
        (("releases", "show", "latest"), "release", False),
    ],
)
def test_what_is_printed_is_by_the_published_schema(aws, command, run, capsys, words, name, many):
    service = aws.scripted(Moment(), DONE)
    aws.settings["/axonflow/staging/config/agent/LOG_LEVEL"] = [("info", LONG_AGO)]
    run()
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    schema = jsonschema.Draft202012Validator(json.loads((DOCS / f"{name}.schema.json").read_text()))
    capsys.readouterr()
    assert command(*words, "-e", "staging", "--json") in (0, 10)
    printed = json.loads(capsys.readouterr().out)
    for each in printed if many else [printed]:
        schema.validate(each)


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("plan", "--version", "v2"),
        ("rollback", "--list"),
        ("config", "list", "agent"),
        ("releases",),
        ("releases", "show", "latest"),
    ],
)
def test_a_command_that_fails_prints_an_object_too(aws, command, capsys, words):
    aws.environment(aws.released())
    aws.answers["GetParametersByPath"] = [AwsSays("AccessDeniedException")] * 4
    aws.answers["ListServices"] = aws.answers["DescribeServices"] = [AwsSays("AccessDeniedException")] * 4
    assert command(*words, "-e", "staging", "--json") == 10
    out, err = capsys.readouterr()
    line = json.loads(out)
    VALIDATOR.validate(line)
    assert (line["event"], line["exit_code"]) == ("error", 10)
    assert err.startswith("appdeploy: ")


def test_the_schema_has_every_event():
    published = {kind.event for kind in events.Event.__subclasses__()} | {"error"}
    assert SCHEMA["discriminator"]["mapping"].keys() == published
    assert len(SCHEMA["oneOf"]) == len(published)


@pytest.mark.parametrize("name", [name for name, kind in SCHEMA["$defs"].items() if kind["type"] == "object"])
def test_every_field_is_required_and_no_other_one_allowed(name):
    kind = SCHEMA["$defs"][name]
    assert set(kind["required"]) == kind["properties"].keys()
    assert kind["additionalProperties"] is False
    assert kind["description"]


@pytest.mark.parametrize("event", LINES.values(), ids=LINES.keys())
def test_every_event_has_a_line_by_the_schema(event):
    VALIDATOR.validate(read(event))
    assert read(event)["event"] == event.event


@pytest.mark.parametrize("change", [{"event": "guessed"}, {"more": 1}, {"schema_version": "2.0"}, {"time": None}])
def test_the_schema_refuses_other_lines(change):
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(read(events.AwsReachable()) | change)


@pytest.mark.parametrize("name", ["schema_version", "time", "release", "event", "result"])
def test_the_schema_refuses_a_line_without_one_of_its_fields(name):
    line = read(events.Finished(BAD))
    del line[name]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(line)


def test_a_plan_is_shown_by_its_facts():
    line = own(events.Planned(release_plan()))
    (service,) = line.pop("services")
    assert line == {
        "environment": "staging",
        "kind": "upgrade",
        "purpose": "v2 to staging",
        "who": None,
        "reason": None,
        "change_ticket": None,
        "incident": None,
        "count": None,
    }
    assert (service["service"], service["change"]) == ("agent", "release")
    assert (service["previous"]["version"], service["target"]["version"]) == ("v1", "v2")
    assert service["target"]["task_definition"] is None, "it is not registered yet"


def test_an_end_has_the_worst_outcome_and_seconds_to_the_millisecond():
    line = own(events.Ended(release_plan(), (ServiceResult("agent", Outcome.FAILED, "v1", seconds=1.23456),), 2.34567))
    assert (line["environment"], line["outcome"], line["exit_code"], line["seconds"]) == ("staging", "failed", 22, 2.346)
    assert line["results"] == [
        {
            "service": "agent",
            "outcome": "failed",
            "serving": "v1",
            "cause": None,
            "log_lines": [],
            "seconds": 1.235,
            "final": True,
        }
    ]


def test_a_phase_has_its_name():
    assert own(events.Progress("agent", events.Phase.SCALING_TO_ZERO, 0, 2, None, ""))["phase"] == "scaling-to-zero"


def test_the_documentation_names_every_event_with_its_fields():
    rows = [line.split(" | ") for line in (PLACE.parent / "events.md").read_text().splitlines() if line.startswith("| `")]
    documented = {row[0].strip("| `"): set(re.findall(r"`(\w+)`", row[-1])) for row in rows}
    for kind in SCHEMA["oneOf"]:
        properties = SCHEMA["$defs"][kind["$ref"].rsplit("/", 1)[-1]]["properties"]
        missing = properties.keys() - {"schema_version", "time", "release", "event"} - documented[properties["event"]["const"]]
        assert not missing, f"docs/events.md says nothing of {missing} of {properties['event']['const']}"
