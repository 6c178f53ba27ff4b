"""Queries: metrics and expressions over them, as GetMetricData and alarms ask for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sandbox.emulator.cloudwatch.expression import ExpressionError, Formula, Values, compile_expression
from sandbox.emulator.cloudwatch.series import Bucket, Series, dimensions_of, known_statistic

Look = Callable[[Series], Sequence[Bucket | None]]
"""What was measured of a series at each point of time."""


class QueryError(ValueError):
    """A query that AWS, or the sandbox, refuses. The message is one line."""


class Query(NamedTuple):
    """A metric with its statistic, or an expression; exactly one of `series` and `formula` is set."""

    id: str
    returned: bool
    label: str
    series: Series | None = None
    statistic: str = ""
    formula: Formula | None = None


def parse(region: str, documents: Sequence[Mapping[str, Any]]) -> list[Query]:
    """MetricDataQueries as the API has them, in an order in which each one's inputs come before it. Raises QueryError.

    An expression may name metrics and expressions that stand before or after it.
    """
    metrics = [_metric(region, document) for document in documents if "MetricStat" in document]
    waiting = [document for document in documents if "MetricStat" not in document]
    queries = list(metrics)
    everything = [str(document["Id"]) for document in documents]
    for document in waiting:
        _compile(document, everything)
    while waiting:
        known = [query.id for query in queries]
        ready = [document for document in waiting if _compiles(document, known)]
        if not ready:
            raise QueryError("expressions refer to each other in a circle")
        queries += [_query(document, formula=_compile(document, known)) for document in ready]
        waiting = [document for document in waiting if document not in ready]
    if not metrics:
        raise QueryError("at least one metric is needed")
    return queries


def _metric(region: str, document: Mapping[str, Any]) -> Query:
    asked = document["MetricStat"]
    metric, statistic = asked["Metric"], str(asked["Stat"])
    if not known_statistic(statistic):
        raise QueryError(f"the sandbox has no statistic {statistic}")
    dimensions = dimensions_of(metric.get("Dimensions") or [])
    series = Series.of(region, metric["Namespace"], metric["MetricName"], dimensions)
    return _query(document, series=series, statistic=statistic)


def _query(document: Mapping[str, Any], **parts: Any) -> Query:
    returned = document.get("ReturnData")
    return Query(document["Id"], returned in (None, True, "true"), document.get("Label") or document["Id"], **parts)


def _compile(document: Mapping[str, Any], known: Sequence[str]) -> Formula:
    try:
        return compile_expression(str(document.get("Expression") or ""), known)
    except ExpressionError as error:
        raise QueryError(str(error)) from None


def _compiles(document: Mapping[str, Any], known: Sequence[str]) -> bool:
    try:
        _compile(document, known)
    except QueryError:
        return False
    return True


def evaluate(queries: Sequence[Query], look: Look) -> dict[str, Values]:
    """The values of every query, by id."""
    found: dict[str, Values] = {}
    for query in queries:
        if query.formula is not None:
            found[query.id] = query.formula(found)
        elif query.series is not None:
            buckets = look(query.series)
            found[query.id] = [bucket.statistic(query.statistic) if bucket else None for bucket in buckets]
    return found
