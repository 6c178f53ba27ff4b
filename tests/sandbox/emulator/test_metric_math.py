"""Metric math, statistics, missing data and composite rules: what AWS's documents have as examples."""

from __future__ import annotations

import pytest

from sandbox.emulator.cloudwatch import composite
from sandbox.emulator.cloudwatch.expression import ExpressionError, compile_expression
from sandbox.emulator.cloudwatch.series import Bucket, known_statistic
from sandbox.emulator.cloudwatch.verdict import Missing, State, judge

SERIES = {"a": [1.0, None, 4.0], "b": [2.0, 5.0, 0.0], "c": [None, 3.0, None]}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a + b * 2", [5, None, 4]),
        ("(a + b) * 2", [6, None, 8]),
        ("10 - a - 2", [7, None, 4]),
        ("a / b", [0.5, None, None]),
        ("FILL(a, 0) + b", [3, 5, 4]),
        ("FILL(a, b)", [1, 5, 4]),
        ("FILL(a, REPEAT)", [1, 1, 4]),
        ("FILL(c, REPEAT)", [None, 3, 3]),
        ("IF(b > 1, a, 9)", [1, None, 9]),
        ("IF(FILL(a, 0) >= 1 AND b < 5, 1, 0)", [1, 0, 1]),
        ("a > 0 || b > 100", [1, None, 1]),
        ("IF(a, 1, 2)", [1, None, 1]),
        ("100 * FILL(a, 0) / 4", [25, 0, 100]),
        ("SUM([FILL(a, 0), FILL(b, 0)]) / 2", [1.5, 2.5, 2]),
        ("SUM([a, c])", [1, 3, 4]),
    ],
)
def test_an_expression_is_computed_point_by_point(text: str, values: list[float | None]) -> None:
    assert compile_expression(text, list(SERIES))(SERIES) == values


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ANOMALY_DETECTION_BAND(a, 2)", "does not compute ANOMALY_DETECTION_BAND()"),
        ("SELECT x FROM y", "SELECT is not the id"),
        ("a + d", "d is not the id"),
        ("a +", "found the end"),
        ("a ^ 2", "cannot read '^ 2'"),
        ("IF(a, 1)", "IF takes 3 arguments"),
        ("SUM(a)", "expected ["),
        ("FILL(a, 0", "expected , or )"),
        ("(a", "expected )"),
        ("a b", "unexpected b"),
    ],
)
def test_what_is_not_computed_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text, list(SERIES))
    assert complaint in str(refused.value)


def test_percentiles_are_of_the_single_values() -> None:
    bucket = Bucket()
    for value in range(1, 101):
        bucket.add(float(value))
    found = {name: bucket.statistic(name) for name in ("p50", "p95", "p99.9", "p0", "Average", "Sum", "SampleCount")}
    assert found == {"p50": 50, "p95": 95, "p99.9": 100, "p0": 1, "Average": 50.5, "Sum": 5050, "SampleCount": 100}


def test_sums_have_percentiles_only_when_all_values_were_the_same() -> None:
    different, same = Bucket(), Bucket()
    for bucket, values in ((different, (1.0, 3.0)), (same, (2.0, 2.0))):
        for value in values:
            bucket.add(value)
        bucket.values = None
    assert (different.statistic("p95"), same.statistic("p95"), different.statistic("Maximum")) == (None, 2.0, 3.0)


def test_statistics_that_are_not_computed_are_known_to_be_none() -> None:
    assert [known_statistic(name) for name in ("p95", "p99.99", "p100", "tm95", "IQM", "p101", "Sum")] == [
        *(True, True, True),
        *(False, False, False),
        True,
    ]


POINTS = {"0": False, "X": True, "-": None}
STATES = {"OK": State.OK, "ALARM": State.ALARM, "INSUFFICIENT": State.INSUFFICIENT_DATA}


@pytest.mark.parametrize(
    ("points", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [
        # alarms-and-missing-data.html, "How alarm state is evaluated when data is missing": three of three
        ("0-X-X", 3, "OK", "OK", "OK", "OK"),
        ("----0", 3, "OK", "OK", "OK", "OK"),
        ("-----", 3, "INSUFFICIENT", "present", "ALARM", "OK"),
        ("0XX-X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", 3, "ALARM", "present", "ALARM", "OK"),
        # two of three
        ("0-X-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("00X0X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", 2, "OK", "OK", "ALARM", "OK"),
        ("----0", 2, "OK", "OK", "ALARM", "OK"),
        ("---X-", 2, "ALARM", "present", "ALARM", "OK"),
        # the newest point alone raises nothing yet
        ("----X", 2, "present", "present", "ALARM", "OK"),
    ],
)
@pytest.mark.parametrize("present", [State.OK, State.INSUFFICIENT_DATA])
def test_missing_data_is_treated_as_in_the_documented_tables(
    points: str, needed: int, missing: str, ignore: str, breaching: str, not_breaching: str, present: State
) -> None:
    wanted = {
        Missing.MISSING: missing,
        Missing.IGNORE: ignore,
        Missing.BREACHING: breaching,
        Missing.NOT_BREACHING: not_breaching,
    }
    breaches = [POINTS[point] for point in points]
    found = {treatment: judge(breaches, 3, needed, treatment, present) for treatment in wanted}
    assert found == {treatment: STATES.get(name, present) for treatment, name in wanted.items()}


RINGING = {"a": State.ALARM, "b": State.OK, "c": State.INSUFFICIENT_DATA}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("b")', False),
        ("ALARM(a) AND ALARM(b)", False),
        ("ALARM(b) OR ALARM(a) AND INSUFFICIENT_DATA(c)", True),
        ("(ALARM(a) OR ALARM(b)) AND NOT OK(b)", False),
        ("NOT (ALARM(b) OR FALSE)", True),
        ("TRUE AND OK('b')", True),
        ("ALARM(arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a)", True),
    ],
)
def test_a_rule_holds_by_the_states_of_its_children(rule: str, holds: bool) -> None:
    assert composite.parse(rule).holds(RINGING.__getitem__) is holds


@pytest.mark.parametrize("rule", ["", "ALARM(a) AND", "ALARM a", "(ALARM(a)", "ALARM(a) XOR ALARM(b)", "NOT", "AND ALARM(a)"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    with pytest.raises(composite.RuleError):
        composite.parse(rule)
