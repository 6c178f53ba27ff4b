"""Condition operators (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.emulator.iam.glob import glob

_IF_EXISTS = "IfExists"
_ALL = "ForAllValues:"
"""Of a key with several values; each call's have one here. It holds where the key is missing too
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html)."""
_ARN_PARTS = 6


@dataclass(frozen=True)
class Operator:
    """How one value is compared, and whether a match is wanted or must not be."""

    matches: Callable[[str, str], bool]
    """Of what the policy says and what the request has."""
    negated: bool = False


@dataclass(frozen=True)
class Condition:
    """One key under one operator."""

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool

    @classmethod
    def of(cls, operator: str, key: str, values: tuple[str, ...]) -> Condition:
        """As a policy writes it. Raises ValueError for an operator that is not known."""
        name = operator.removesuffix(_IF_EXISTS).removeprefix(_ALL)
        if name != NULL and name not in OPERATORS:
            raise ValueError(f"the condition operator {operator} is not evaluated")
        return cls(name, key.lower(), values, operator.endswith(_IF_EXISTS) or operator.startswith(_ALL))

    def holds(self, context: Mapping[str, str]) -> bool:
        """Whether it holds for a request; its context has keys in lower case, as keys are compared without case."""
        present = context.get(self.key)
        if self.operator == NULL:
            return all((present is None) is (value.lower() == "true") for value in self.values)
        operator = OPERATORS[self.operator]
        if present is None:
            # "If the key is not present": a negated operator holds, any other one does not.
            return self.if_exists or operator.negated
        return any(operator.matches(value, present) for value in self.values) is not operator.negated


def arn_like(pattern: str, text: str) -> bool:
    """As `glob`, but each of an ARN's six parts by itself: a `*` reaches no further than the next colon but one of the last
    part. ArnEquals and ArnLike are the same."""
    patterns, parts = pattern.split(":", _ARN_PARTS - 1), text.split(":", _ARN_PARTS - 1)
    return len(patterns) == len(parts) and all(map(glob, patterns, parts))


def _equal(value: str, text: str) -> bool:
    return value == text


def _equal_without_case(value: str, text: str) -> bool:
    return value.lower() == text.lower()


NULL = "Null"
OPERATORS = {
    "StringEquals": Operator(_equal),
    "StringNotEquals": Operator(_equal, negated=True),
    "StringEqualsIgnoreCase": Operator(_equal_without_case),
    "StringLike": Operator(glob),
    "StringNotLike": Operator(glob, negated=True),
    "ArnEquals": Operator(arn_like),
    "ArnLike": Operator(arn_like),
    "ArnNotEquals": Operator(arn_like, negated=True),
    "ArnNotLike": Operator(arn_like, negated=True),
    "Bool": Operator(_equal_without_case),
}
