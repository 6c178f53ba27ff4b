"""The pure parts of the measurements. Nothing is timed here."""

from __future__ import annotations

import fnmatch
from datetime import UTC, datetime, timedelta

import pytest
from botocore.session import get_session

from benchmarks import ecs_time, fleet
from benchmarks.ecs_time import Work
from benchmarks.process import peak_of
from benchmarks.report import Spread, table, verdict

BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
OURS, OTHER = "arn:service/ours", "arn:service/other"


def at(seconds):
    return BEGIN + timedelta(seconds=seconds)


def entry(seconds, kind, service=OURS, **details):
    return {"n": 1, "time": at(seconds).isoformat(), "kind": kind, "service": service, **details}


def created(seconds, deployment, service=OURS):
    return entry(seconds, "deployment-created", service, deployment=deployment)


def status(seconds, deployment, word, service=OURS):
    return entry(seconds, "service-deployment", service, deployment=deployment, status=word)


def healthy(seconds, deployment):
    return entry(seconds, "task-healthy", started_by=deployment)


def test_a_spread_is_least_median_and_most():
    assert Spread.of([5.0, 1.0, 9.0, 2.0]) == Spread(1.0, 3.5, 9.0)
    assert Spread(1.0, 3.5, 9.0).cells(1) == ("1.0", "3.5", "9.0")


def test_there_is_no_spread_of_nothing():
    with pytest.raises(ValueError, match="empty"):
        Spread.of([])


def test_a_table_is_markdown_with_an_empty_line_after_it():
    assert table(("a", "b"), [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |", ""]


@pytest.mark.parametrize(("held", "words"), [(True, ": held ("), (False, ": NOT held (")])
def test_an_aim_that_was_missed_is_said_so(held, words):
    assert words in verdict("Fast", held=held, seen="slow")


@pytest.mark.parametrize("end", ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"])
def test_a_deployment_lasts_from_its_update_to_its_final_status(end):
    journal = [created(1, "a"), status(1, "a", "IN_PROGRESS"), status(9, "a", "ROLLBACK_IN_PROGRESS"), status(12, "a", end)]
    assert ecs_time.to_completion(journal, {OURS}) == [Work(at(1), at(12))]


def test_deployments_of_other_services_and_those_without_an_end_do_not_count():
    journal = [created(1, "a"), created(2, "b", OTHER), status(5, "b", "SUCCESSFUL", OTHER)]
    assert ecs_time.to_completion(journal, {OURS}) == []


def test_an_end_whose_begin_is_not_in_the_journal_does_not_count():
    assert ecs_time.to_completion([status(5, "former", "SUCCESSFUL")], {OURS}) == []


def test_live_is_the_last_new_task_that_became_healthy():
    journal = [created(1, "new"), healthy(4, "former"), healthy(7, "new"), healthy(8, "new"), status(99, "new", "SUCCESSFUL")]
    assert ecs_time.to_health(journal, {OURS}) == [Work(at(1), at(8))]


@pytest.mark.parametrize(
    ("works", "seconds"),
    [
        ([], 0),
        ([(0, 10)], 10),
        ([(0, 10), (1, 12), (2, 5)], 12),  # side by side
        ([(20, 25), (0, 10)], 15),  # one after the other
        ([(0, 10), (10, 20)], 20),
    ],
)
def test_time_under_way_counts_once_what_is_side_by_side(works, seconds):
    assert ecs_time.under_way(Work(at(begun), at(ended)) for begun, ended in works) == seconds


def test_peak_memory_is_read_from_the_kernels_page():
    assert peak_of("Name:\tpython\nVmPeak:\t  999999 kB\nVmHWM:\t   81920 kB\nVmRSS:\t   1024 kB\n") == 80
    assert peak_of("Name:\tpython\nState:\tZ (zombie)\n") is None


def test_calls_are_counted_by_operation_with_the_throttled_among_them():
    calls = [
        {"service": "ecs", "action": "UpdateService", "error": None},
        {"service": "ecs", "action": "UpdateService", "error": "ThrottlingException"},
        {"service": "sts", "action": "GetCallerIdentity", "error": "ExpiredToken"},
    ]
    made, throttled = fleet.count(calls)
    assert made == {"ecs UpdateService": 2, "sts GetCallerIdentity": 1}
    assert throttled == {"ecs UpdateService": 1}


def test_the_globs_of_the_buckets_match_calls_of_one_documented_family_each():
    operations = get_session().get_service_model("ecs").operation_names
    assert [sorted(fnmatch.filter(operations, actions)) for actions in fleet.BUCKETS] == [
        ["DeregisterTaskDefinition", "RegisterTaskDefinition"],
        ["DescribeTaskDefinition"],
        ["CreateService", "DeleteService", "UpdateService"],
        ["DescribeServices", "ListServices"],
        ["DescribeServiceDeployments", "ListServiceDeployments"],
        ["DescribeServiceRevisions"],
        ["DescribeTasks", "ListTasks"],
    ]
