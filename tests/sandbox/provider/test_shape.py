"""A refresh shows what someone changed, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.provider.codec import UNKNOWN, decode, encode, is_unknown
from sandbox.provider.shape import LEAF, in_shape_of, unknown_names

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_an_unchanged_value_stays_as_it_was_asked_for(value: Any) -> None:
    assert in_shape_of(value, value) == value


@given(st.dictionaries(st.text(max_size=5), SCALARS, max_size=4), st.dictionaries(st.text(max_size=5), SCALARS, max_size=4))
def test_what_aws_adds_is_no_difference(asked: dict[str, Any], added: dict[str, Any]) -> None:
    assert in_shape_of(asked, {**added, **asked}) == asked


@given(st.lists(st.text(max_size=5), min_size=2, max_size=6, unique=True), st.randoms())
def test_another_order_is_no_difference(asked: list[str], random: Any) -> None:
    live = list(asked)
    random.shuffle(live)
    assert in_shape_of(asked, live) == asked


@given(st.lists(st.text(max_size=5), min_size=1, max_size=6, unique=True))
def test_a_lost_item_is_a_difference(asked: list[str]) -> None:
    assert in_shape_of(asked, asked[:-1]) == asked[:-1]


def test_a_changed_item_is_a_difference() -> None:
    assert in_shape_of([{"port": 80, "name": "a"}], [{"port": 81, "name": "a", "more": 1}]) == [{"port": 81, "name": "a"}]


def test_items_are_found_again_in_another_order_whatever_each_has() -> None:
    asked = [{"id": "a", "expression": "b"}, {"id": "b", "metric": {"stat": "Sum"}}]
    live = [{"id": "b", "metric": {"stat": "Sum"}, "more": 1}, {"id": "a", "expression": "b", "more": 2}]
    assert in_shape_of(asked, live) == asked


def test_unknown_properties_are_named_with_their_path() -> None:
    spec = {"name": LEAF, "healthCheck": {"path": LEAF}}
    given_properties = {"name": "a", "nmae": 1, "healthCheck": {"path": "/", "pth": "/"}}
    assert list(unknown_names(given_properties, spec)) == ["nmae", "healthCheck.pth"]


def test_unknown_properties_of_listed_objects_are_named() -> None:
    assert list(unknown_names({"rules": [{"a": 1}, {"b": 2}]}, {"rules": {"a": LEAF}})) == ["rules.b"]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_properties_survive_the_wire(properties: dict[str, Any]) -> None:
    assert decode(encode(properties)) == properties


def test_unknowns_are_found_wherever_they_are() -> None:
    assert is_unknown({"a": [{"b": UNKNOWN}]})
    assert not is_unknown({"a": [{"b": "known"}]})
