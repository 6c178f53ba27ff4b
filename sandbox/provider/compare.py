"""Comparing what a program gives with what the state has, as the official provider's plan does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.provider.codec import Properties, is_unknown
from sandbox.provider.documents import Document

_EMPTY: tuple[Any, ...] = (None, "", 0, False, [])
"""What the official provider does not tell from a value that is left out; an empty block, `allow: {}`, it does."""
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


class Kind(Enum):
    """How a property differs."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Difference:
    """One property that differs; `key` is its first name, `path` all of them as the engine writes them."""

    key: str
    path: str
    kind: Kind


def differences(
    given: Properties,
    former: Properties,
    state: Properties,
    documents: Mapping[str, Document],
    computed: frozenset[str] = frozenset(),
    ignored: Sequence[str] = (),
) -> list[Difference]:
    """What the program gives and the state has otherwise, sorted by path; what it gave before and gives no more is a
    difference unless its value is empty or computed."""
    found: list[Difference] = []
    for key, value in given.items():
        if key.startswith("__"):
            continue
        document = documents.get(key)
        found += [Difference(key, path, kind) for path, kind in _between(key, value, state.get(key), former.get(key), document)]
    for key in former.keys() - given.keys() - computed:
        if not key.startswith("__") and not _is_empty(state.get(key)):
            found.append(Difference(key, key, Kind.DELETE))
    return sorted((each for each in found if not _is_ignored(each.path, ignored)), key=lambda each: each.path)


def same(given: Any, kept: Any, document: Document | None = None) -> bool:
    """True for values that say the same: lists are sets, what is empty is as good as missing, JSON counts by its kind."""
    if is_unknown(given) or is_unknown(kept):
        return False
    if _is_empty(given) and _is_empty(kept):
        return True
    if isinstance(given, dict) and isinstance(kept, dict):
        return all(same(given.get(name), kept.get(name)) for name in given.keys() | kept.keys())
    if isinstance(given, list) and isinstance(kept, list):
        return _same_set(given, kept)
    if document is not None and isinstance(given, str) and isinstance(kept, str):
        return _same_document(given, kept, document)
    return bool(given == kept)


def _same_set(given: list[Any], kept: list[Any]) -> bool:
    left = list(kept)
    for item in given:
        index = next((place for place, other in enumerate(left) if same(item, other)), None)
        if index is None:
            return False
        del left[index]
    return not left


def _same_document(given: str, kept: str, document: Document) -> bool:
    try:
        return bool(document(given) == document(kept))
    except ValueError:
        return given == kept


def _between(path: str, given: Any, kept: Any, former: Any, document: Document | None) -> Iterator[tuple[str, Kind]]:
    if same(given, kept, document):
        return
    if isinstance(given, dict) and isinstance(kept, dict):
        before = former if isinstance(former, dict) else {}
        for name, value in given.items():
            yield from _between(_inside(path, name), value, kept.get(name), before.get(name), None)
        for name in kept.keys() - given.keys():
            if not _is_empty(kept[name]):
                yield _inside(path, name), Kind.DELETE
    else:
        yield path, Kind.ADD if _is_empty(kept) else Kind.UPDATE


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if _PLAIN_NAME.match(name) else f'{path}["{name}"]'


def _is_empty(value: Any) -> bool:
    return value in _EMPTY


def _is_ignored(path: str, ignored: Sequence[str]) -> bool:
    return any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in ignored)
