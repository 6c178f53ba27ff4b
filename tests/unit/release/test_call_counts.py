"""What a release costs in calls, from the record of calls: before it waits, in its lock and ledger, in its preflight,
and at each look while it waits. The figures are those of the design; N is the number of services."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import pytest

from appdeploy.model.contract import Scaling
from appdeploy.model.operation import Deploy, Restart, Sync
from appdeploy.model.outcome import Outcome
from appdeploy.plan.prepare import Request, prepare
from appdeploy.preflight.lock import check_lock
from appdeploy.preflight.run import preflight
from tests.support.release_scenario import DONE, FakeTask, Moment, crashed, up

CHANGING = {"RegisterTaskDefinition", "UpdateService"}
INDEX = "application/vnd.oci.image.index.v1+json"
ALARMS = {"alarms": {"alarmNames": ["5xx"], "enable": True, "rollback": True}}
GOALS = [Deploy("v2"), Deploy("v2", sync=True), Sync(), Restart()]
GOAL_NAMES = ["deploy", "deploy --sync", "sync", "restart"]
QUICKLY = (Moment(), DONE)
BOUNDS = Scaling(minimum=2, maximum=6)

sizes = pytest.mark.parametrize("n", [1, 10, 11])
few_sizes = pytest.mark.parametrize("n", [1, 11])
"""Of what each goal is tried with: one page and two."""


@dataclass(frozen=True)
class Bill:
    """The calls of a release: what it asked, what of that its preflight asked, and when the first wait began."""

    calls: list[tuple[str, str, dict]]
    preflight: Counter[str]
    update: int
    """The place of the last UpdateService."""

    def before_waiting(self, *services: str) -> Counter[str]:
        """The calls of these AWS services before the first wait, preflight apart."""
        made = Counter(name for service, name, _ in self.calls[: self.update + 1] if service in services)
        return made - self.preflight

    def altogether(self, *services: str) -> Counter[str]:
        """The calls of these AWS services from the first to the last, preflight apart."""
        return Counter(name for service, name, _ in self.calls if service in services) - self.preflight

    @property
    def looks(self) -> list[list[str]]:
        """The calls at each look while it waits, without what is not looking: ledger, image tags, DescribeServices."""
        looked = [each for each in self.calls[self.update + 1 :] if each[0] not in ("dynamodb", "ecr")]
        starts = [place for place, (_, name, asked) in enumerate(looked) if name == "DescribeServices"]
        ends = [*starts[1:], len(looked)]
        return [[name for _, name, _ in looked[start + 1 : end]] for start, end in zip(starts, ends, strict=True)]


@pytest.fixture
def environment(aws):
    """So many released services, all that a preflight may look at included."""

    def make(n, *, script=QUICKLY, released=True, newer_template=True, scaling=None):
        services = [(aws.released if released else aws.unreleased)(f"service-{number}", scaling=scaling) for number in range(n)]
        for service in services:
            service.script = list(script)
            service.names_revisions, service.configuration = True, ALARMS | service.configuration
        aws.environment(*services)
        for service in services if newer_template else ():
            aws.move_template(service)
        for image in aws.images.values():
            image["imageManifestMediaType"] = INDEX
        aws.alarms, aws.page = {"5xx": "OK"}, 10

    return make


@pytest.fixture
def bill(aws, clients, run):
    """Release, and count."""

    def go(goal=GOALS[0]):
        prepared = prepare(Request("staging", goal, ()), clients)
        aws.calls.clear()
        assert preflight(prepared.plan, prepared.live, clients)
        assert check_lock(prepared.plan, clients.once.dynamodb)
        asked = Counter(name for _, name, _ in aws.calls)
        aws.calls.clear()
        assert {result.outcome for result in run(goal)} == {Outcome.LIVE}
        update = max(place for place, (_, name, _) in enumerate(aws.calls) if name == "UpdateService")
        return Bill(list(aws.calls), asked, update)

    return go


# Before it waits


@few_sizes
@pytest.mark.parametrize("goal", [Deploy("v2"), Deploy("v2", sync=True), Restart()], ids=["deploy", "deploy --sync", "restart"])
def test_before_waiting_ecs_and_ecr_are_asked_once_and_four_times_a_service(n, goal, environment, bill):
    environment(n, newer_template=False)
    made = bill(goal).before_waiting("ecs", "ecr")
    assert made.total() <= math.ceil(n / 10) + 4 * n, made


@few_sizes
@pytest.mark.parametrize("goal", GOALS, ids=GOAL_NAMES)
def test_a_move_to_another_template_costs_no_more_than_that_with_the_look_at_the_image_among_the_checks(
    n, goal, environment, bill
):
    """Whether the image is in ECR is the first thing that the preflight says, and there it is counted here."""
    environment(n)
    paid = bill(goal)
    made = paid.before_waiting("ecs", "ecr")
    looks = made.pop("DescribeImages")
    assert looks == n
    assert made.total() <= math.ceil(n / 10) + 4 * n, made
    assert paid.preflight.total() + looks <= 10 + 8 * n, paid.preflight


@few_sizes
@pytest.mark.parametrize("goal", GOALS, ids=GOAL_NAMES)
def test_two_of_these_calls_a_service_change_anything(n, goal, environment, bill):
    environment(n)
    made = bill(goal).before_waiting("ecs", "ecr")
    assert {name: times for name, times in made.items() if not name.startswith(("Describe", "List", "BatchGet"))} == {
        name: n for name in CHANGING - ({"RegisterTaskDefinition"} if goal == Restart() else set())
    }


@sizes
def test_a_first_release_costs_no_more(n, environment, bill):
    environment(n, released=False)
    made = bill().before_waiting("ecs", "ecr")
    assert made.total() <= math.ceil(n / 10) + 4 * n, made


# Contract, lock and ledger


@few_sizes
@pytest.mark.parametrize("goal", GOALS, ids=GOAL_NAMES)
def test_contract_lock_and_ledger_cost_six_calls_and_one_page_per_ten_parameters(n, goal, environment, bill):
    environment(n)
    made = bill(goal).altogether("sts", "ssm", "dynamodb")
    assert made.total() <= 6 + math.ceil((n + 1) / 10), made


@sizes
def test_a_release_is_one_item_of_the_ledger_written_with_each_step_and_not_for_each_service(n, environment, bill):
    environment(n)
    puts = [
        write["Put"]["Item"]["sk"]["S"]
        for _, name, asked in bill().calls
        if name == "TransactWriteItems"
        for write in asked["TransactItems"]
        if "Put" in write
    ]
    assert (len(set(puts)), len(puts)) == (1, 4)  # Taken and registering, updating, updated, reported.


# Autoscaling


@sizes
def test_a_first_release_asks_for_all_minimums_at_once_and_sets_each(n, environment, bill):
    environment(n, released=False, scaling=BOUNDS)
    made = bill().altogether("application-autoscaling")
    assert made == {"DescribeScalableTargets": 1, "RegisterScalableTarget": n}


@few_sizes
@pytest.mark.parametrize(("goal", "calls"), [(Deploy("v2"), 0), (Restart(), 0), (Deploy("v2", sync=True), 1), (Sync(), 1)])
def test_a_later_release_asks_for_minimums_only_when_it_brings_the_newest_template(n, goal, calls, environment, bill, aws):
    environment(n, scaling=BOUNDS)
    aws.minimums = {f"axonflow-staging-service-{number}-service": BOUNDS.minimum for number in range(n)}
    assert bill(goal).altogether("application-autoscaling").total() == calls


# Preflight


@sizes
def test_preflight_costs_ten_calls_and_eight_a_service_and_asks_for_shared_things_once(n, environment, bill):
    environment(n)
    asked = bill().preflight
    assert asked.total() <= 10 + 8 * n, asked
    for shared in ("DescribeAlarms", "ListSecrets", "DescribeServiceRevisions", "DescribeRules", "GetRole"):
        assert asked[shared] == 1, shared


# While it waits


@sizes
def test_a_look_without_a_change_costs_one_call_per_ten_services(n, environment, bill):
    environment(n, script=[Moment((up(1, False),))] * 6 + [DONE])
    looks = bill().looks
    assert len(looks) <= 7 * math.ceil(n / 10)
    assert [bool(look) for look in looks].count(True) <= 3 * math.ceil(n / 10)  # For the record, for the tasks, and at the end.


@sizes
def test_a_changed_service_costs_three_more_calls_and_one_for_target_health(n, environment, bill):
    steps = [Moment(), Moment((up(1, False),)), Moment((up(1, False), crashed(1))), Moment((up(1), up(2, False), crashed(1)))]
    environment(n, script=[*steps, DONE])
    for calls in bill().looks:
        asked = Counter(calls)
        assert asked.total() - asked["DescribeTargetHealth"] <= 3 * n, calls
        assert asked["DescribeTargetHealth"] <= n, calls


def test_target_health_is_asked_for_only_while_all_new_tasks_run_and_not_all_are_healthy(environment, bill):
    few, waiting, ready = Moment((up(1, False),)), Moment((up(1), up(2, False))), Moment((up(1), up(2)))
    environment(1, script=[Moment(), few, waiting, waiting, ready, ready, DONE])
    asked = ["DescribeTargetHealth" in calls for calls in bill().looks]
    assert asked[:6] == [False, False, True, True, True, False]


def test_tasks_of_other_deployments_are_described_once(environment, bill):
    old = FakeTask("old", "10.0.0.9", healthy=True, foreign=True)
    draining = FakeTask("draining", "10.0.0.8", foreign=True, status="DEACTIVATING")
    before = (old, draining)
    environment(1, script=[Moment(before), Moment((*before, up(1))), Moment((*before, up(1), up(2))), DONE])
    described = [arn for _, name, asked in bill().calls if name == "DescribeTasks" for arn in asked["tasks"]]
    assert sum(arn.endswith(("-old", "-draining")) for arn in described) == 2
