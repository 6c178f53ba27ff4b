"""Every event has a name in JSON and plain lines. Its line of JSON is tested in tests/unit/render/test_json_line.py."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest

from appdeploy.model import events
from tests.support.event_examples import EXAMPLES

KINDS = events.Event.__subclasses__()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_event_has_a_name_lines_and_an_example(kind):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.event)
    assert not inspect.isabstract(kind), f"{kind.__name__} has no lines()"
    assert kind.__doc__, f"{kind.__name__} says nothing for the published schema"
    assert any(type(event) is kind for event, _ in EXAMPLES), "no example in tests/support/event_examples.py"
    assert getattr(events, kind.__name__) is kind


def test_no_two_events_have_the_same_name():
    assert set(Counter(kind.event for kind in KINDS).values()) == {1}


def test_a_class_without_a_name_is_refused():
    with pytest.raises(TypeError, match="the event Nameless has no name"):
        events.Event.__init_subclass__.__func__(type("Nameless", (), {}))


def test_every_phase_has_an_example():
    shown = {event.phase for event, _ in EXAMPLES if isinstance(event, events.Progress)}
    assert shown == set(events.Phase)


@pytest.mark.parametrize(("event", "lines"), EXAMPLES, ids=lambda value: getattr(value, "event", ""))
def test_each_event_as_plain_lines(event, lines):
    assert tuple(event.lines()) == lines
