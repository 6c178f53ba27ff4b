"""Rules of composite alarms: ALARM(), OK(), INSUFFICIENT_DATA(), TRUE, FALSE, AND, OR, NOT, parentheses.

docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.emulator.cloudwatch.verdict import State

StateOf = Callable[[str], State]
_Condition = Callable[[StateOf], bool]

_NAME = r"""("[^"]+"|'[^']+'|[^\s()'"]+)"""
_TOKEN = re.compile(rf"\s*(?:(\(|\))|(AND|OR|NOT|TRUE|FALSE)\b|(ALARM|OK|INSUFFICIENT_DATA)\(\s*{_NAME}\s*\))")


class RuleError(ValueError):
    """A rule that cannot be read. The message is one line."""


@dataclass(frozen=True)
class Rule:
    """A rule that has been read."""

    children: tuple[str, ...]
    """Names of the alarms that it asks about."""
    holds: _Condition
    """Whether it is true, by the states of its children."""


def parse(text: str) -> Rule:
    """Read a rule. Raises RuleError."""
    return _Parser(text).rule()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._children = text, 0, list[str]()

    def rule(self) -> Rule:
        condition = self._either()
        if self._text[self._at :].strip():
            raise self._error()
        return Rule(tuple(dict.fromkeys(self._children)), condition)

    def _error(self) -> RuleError:
        rest = self._text[self._at :].strip()
        return RuleError(f"AlarmRule cannot be read at {rest[:30]!r}" if rest else "AlarmRule ends too early")

    def _next(self, *words: str) -> re.Match[str] | None:
        """Take the next token if it is one of the words; any token without words."""
        match = _TOKEN.match(self._text, self._at)
        if match is None or (words and (match[1] or match[2]) not in words):
            return None
        self._at = match.end()
        return match

    def _either(self) -> _Condition:
        left = self._both()
        while self._next("OR"):
            left = _or(left, self._both())
        return left

    def _both(self) -> _Condition:
        left = self._not()
        while self._next("AND"):
            left = _and(left, self._not())
        return left

    def _not(self) -> _Condition:
        if self._next("NOT"):
            inner = self._not()
            return lambda states: not inner(states)
        if self._next("("):
            inner = self._either()
            if not self._next(")"):
                raise self._error()
            return inner
        return self._leaf()

    def _leaf(self) -> _Condition:
        match = self._next("TRUE", "FALSE") or self._next()
        if match is None or match[1] or match[2] in ("AND", "OR", "NOT"):
            raise self._error()
        if match[2]:
            constant = match[2] == "TRUE"
            return lambda _: constant
        wanted, name = State(match[3]), match[4].strip("\"'").rsplit(":alarm:", 1)[-1]
        self._children.append(name)
        return lambda states: states(name) is wanted


def _or(left: _Condition, right: _Condition) -> _Condition:
    return lambda states: left(states) or right(states)


def _and(left: _Condition, right: _Condition) -> _Condition:
    return lambda states: left(states) and right(states)
