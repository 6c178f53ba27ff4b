"""Metric math: arithmetic, comparisons, AND and OR, IF and FILL over time series, SUM of several.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. What is not here is refused when it is stored,
never computed wrongly.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence

Values = Sequence[float | None]
"""A time series: one value for each point of time, None where there is none."""
Formula = Callable[[Mapping[str, Values]], Values]

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]\w*)|(>=|<=|==|!=|&&|\|\||[-+*/<>(),\[\]]))")


class ExpressionError(ValueError):
    """An expression that is wrong, or that the sandbox does not compute. The message is one line."""


def _both(left: float, right: float) -> bool:
    return bool(left) and bool(right)


def _either(left: float, right: float) -> bool:
    return bool(left) or bool(right)


_LEVELS: tuple[Mapping[str, Callable[[float, float], float]], ...] = (
    {"||": _either, "OR": _either},
    {"&&": _both, "AND": _both},
    {
        ">=": operator.ge,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
        ">": operator.gt,
        "<": operator.lt,
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
"""Operators that bind the weaker the earlier they stand."""
_FUNCTIONS = {"IF": 3, "FILL": 2}
"""How many arguments each takes."""
_SUM = "SUM"


def compile_expression(text: str, known: Sequence[str]) -> Formula:
    """The formula of an expression over the ids in `known`. Raises ExpressionError."""
    return _Parser(text, known).formula()


class _Parser:
    def __init__(self, text: str, known: Sequence[str]) -> None:
        self._text, self._known, self._tokens = text, known, _tokens(text)

    def formula(self) -> Formula:
        made = self._binary(0)
        if self._tokens:
            raise self._error(f"unexpected {self._tokens[0]}")
        return made

    def _error(self, what: str) -> ExpressionError:
        return ExpressionError(f"Error in expression '{self._text}': {what}")

    def _take(self, *wanted: str) -> str:
        if not self._tokens or (wanted and self._tokens[0] not in wanted):
            found = self._tokens[0] if self._tokens else "the end"
            raise self._error(f"expected {' or '.join(wanted) or 'an operand'}, found {found}")
        return self._tokens.pop(0)

    def _binary(self, level: int) -> Formula:
        if level == len(_LEVELS):
            return self._operand()
        left = self._binary(level + 1)
        while self._tokens and self._tokens[0] in _LEVELS[level]:
            left = _pairwise(_LEVELS[level][self._tokens.pop(0)], left, self._binary(level + 1))
        return left

    def _operand(self) -> Formula:
        token = self._take()
        if token == "(":
            inner = self._binary(0)
            self._take(")")
            return inner
        if token[0].isdigit():
            return _constant(float(token))
        if self._tokens and self._tokens[0] == "(":
            return self._function(token)
        if token == "REPEAT":
            return _REPEAT
        if token not in self._known:
            raise self._error(f"{token} is not the id of a metric or an expression of this request")
        return lambda values: values[token]

    def _function(self, name: str) -> Formula:
        if name == _SUM:
            return self._sum()
        if name not in _FUNCTIONS:
            raise self._error(f"the sandbox does not compute {name}(); it has {', '.join((*_FUNCTIONS, _SUM))}")
        self._take("(")
        arguments = [self._binary(0)]
        while self._take(",", ")") == ",":
            arguments.append(self._binary(0))
        if len(arguments) != _FUNCTIONS[name]:
            raise self._error(f"{name} takes {_FUNCTIONS[name]} arguments")
        return _fill(*arguments) if name == "FILL" else _choose(*arguments)

    def _sum(self) -> Formula:
        """SUM of an array of series. That of one series alone, a single number for all of its time, is not here."""
        self._take("(")
        self._take("[")
        series = [self._binary(0)]
        while self._take(",", "]") == ",":
            series.append(self._binary(0))
        self._take(")")
        return _added(series)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"Error in expression '{text}': cannot read {text[at:].strip()[:10]!r}")
        found.append(match[match.lastindex or 0])
        at = match.end()
    return found


def _length(values: Mapping[str, Values]) -> int:
    return len(next(iter(values.values())))


def _constant(number: float) -> Formula:
    return lambda values: [number] * _length(values)


def _pairwise(operation: Callable[[float, float], float], left: Formula, right: Formula) -> Formula:
    """Where one side has no value, or a division is by zero, the result has none."""

    def one(a: float | None, b: float | None) -> float | None:
        if a is None or b is None or (operation is operator.truediv and b == 0):
            return None
        return float(operation(a, b))

    return lambda values: [one(a, b) for a, b in zip(left(values), right(values), strict=True)]


def _nothing(values: Mapping[str, Values]) -> Values:
    return [None] * _length(values)


_REPEAT: Formula = _nothing
"""What FILL takes for the value before."""


def _repeat(series: Values) -> Values:
    found: list[float | None] = []
    for value in series:
        found.append(value if value is not None or not found else found[-1])
    return found


def _fill(series: Formula, filler: Formula) -> Formula:
    if filler is _REPEAT:
        return lambda values: _repeat(series(values))
    return lambda values: [b if a is None else a for a, b in zip(series(values), filler(values), strict=True)]


def _added(series: Sequence[Formula]) -> Formula:
    """Point by point, over the series that have a value there."""

    def one(present: Sequence[float | None]) -> float | None:
        found = [value for value in present if value is not None]
        return sum(found) if found else None

    return lambda values: [one(point) for point in zip(*(each(values) for each in series), strict=True)]


def _choose(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    def one(test: float | None, yes: float | None, no: float | None) -> float | None:
        return None if test is None else yes if test else no

    return lambda values: [one(*three) for three in zip(condition(values), then(values), otherwise(values), strict=True)]
