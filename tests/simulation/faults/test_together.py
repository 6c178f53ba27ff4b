"""The oracle on several services, on journals written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.ecs.wording import SUPERSEDED
from sandbox.emulator.journal import Journal, Kind
from tests.simulation.faults.reported import Call, End, Reported, Said, Wish
from tests.simulation.faults.truth import SEVERITY, lies
from tests.simulation.verb import Verb

FIRST, SECOND = "arn:aws:ecs:x:1:service/c/first", "arn:aws:ecs:x:1:service/c/second"
RELEASE = "upgrade-2025-1125-143000-abc123"
WENT_BACK = "of the breaker"


class Written:
    """A journal of two services that run one task each; nothing of the release has begun."""

    def __init__(self) -> None:
        self.journal = Journal(ManualClock())
        for arn in (FIRST, SECOND):
            sent = {"taskDefinition": "family:1", "desiredCount": 1, "loadBalancers": [{"targetGroupArn": arn}]}
            self.journal.add(Kind.SERVICE_CREATED, arn, sent=sent, by={"access_key": "infra"})
            self.update(arn, "1", "family:1", key="infra")
            self.status(arn, "1", "SUCCESSFUL")
        self.began = self.last
        self.said: list[Said] = []

    @property
    def last(self) -> int:
        return self.journal.since(0)[-1].n

    def update(self, arn: str, deployment: str, definition: str, key: str = "tool") -> None:
        self.journal.add(Kind.SERVICE_UPDATED, arn, sent={}, by={"access_key": key})
        for kind in (Kind.DEPLOYMENT_CREATED, Kind.DEPLOYMENT_PRIMARY):
            self.journal.add(kind, arn, deployment=f"{arn}/{deployment}", task_definition=definition)
        self.status(arn, deployment, "IN_PROGRESS")

    def status(self, arn: str, deployment: str, status: str, reason: str | None = None) -> None:
        self.journal.add(Kind.SERVICE_DEPLOYMENT, arn, deployment=f"{arn}/{deployment}", status=status, reason=reason)

    def succeeds(self, arn: str) -> None:
        self.update(arn, "2", "family:2")
        self.status(arn, "2", "SUCCESSFUL")

    def fails(self, arn: str) -> None:
        self.update(arn, "2", "family:2")
        self.journal.add(Kind.ROLLBACK_STARTED, arn, deployment=f"{arn}/2", reason=WENT_BACK)
        self.status(arn, "2", "ROLLBACK_SUCCESSFUL")

    def returns(self, arn: str, status: str, reason: str | None = None) -> None:
        self.update(arn, "3", "family:1")
        self.status(arn, "3", status, reason)

    def task(self, code: int) -> None:
        """The second service's task before its rollout."""
        started = {"task": "t", "started_by": f"{RELEASE}/second", "task_definition": "family:2"}
        self.journal.add(Kind.TASK_LAUNCHED, "", **started)
        ended = {"code": "EssentialContainerExited", "reason": "", "exit_codes": {"app": code}}
        self.journal.add(Kind.TASK_STOPPED, "", **started, **ended)

    def say(self, arn: str, outcome: str) -> None:
        self.said.append(Said(arn, outcome, self.last, self.last, 5.0, True))

    def lies(
        self,
        *,
        refused: bool = False,
        answered: bool = True,
        sent: str = "UpdateService",
        sent_at: int | None = None,
        verb: Verb = Verb.DEPLOY,
        **wishes: Any,
    ) -> list[str]:
        wish = Wish(verb, (FIRST, SECOND), {}, False, 60.0, "tool", **{"atomic": True, **wishes})
        outcomes = {said.service: said.outcome for said in self.said}.values()
        code = next((code for outcome, code in SEVERITY.items() if outcome in outcomes), 0)
        calls = (Call(sent, self.last if sent_at is None else sent_at, 5.0, answered, refused),)
        reported = Reported(
            wish, self.began, 0.0, tuple(self.said), calls, End.RESULTS, code, "", False, self.last, False, RELEASE
        )
        return lies(reported, self.journal.since(0))


@pytest.fixture
def written() -> Written:
    return Written()


IN_TURN = {"orders": {FIRST: 0, SECOND: 1}}


def test_a_later_group_waits_until_the_earlier_one_serves(written: Written) -> None:
    written.update(FIRST, "2", "family:2")
    written.update(SECOND, "2", "family:2")
    for arn in (FIRST, SECOND):
        written.status(arn, "2", "SUCCESSFUL")
        written.say(arn, "live")
    assert written.lies() == []
    assert written.lies(**IN_TURN) == ["second was updated before first served"]


def test_a_rivals_restart_that_was_taken_for_ours_is_waited_for_as_ours_is(written: Written) -> None:
    written.began -= 1
    written.update(FIRST, "2", "family:1", key="rival")
    written.status(FIRST, "2", "SUCCESSFUL")
    written.say(FIRST, "live")
    written.update(SECOND, "2", "family:1")
    written.status(SECOND, "2", "SUCCESSFUL")
    written.say(SECOND, "live")
    asked = {"sent_at": written.began, "answered": False, "verb": Verb.RESTART, **IN_TURN}
    assert "second was updated before first served" not in written.lies(**asked)
    assert "second was updated before first served" in written.lies(**{**asked, "answered": True})


def test_a_later_group_that_waited_is_in_turn(written: Written) -> None:
    for arn in (FIRST, SECOND):
        written.succeeds(arn)
        written.say(arn, "live")
    assert written.lies(**IN_TURN) == []


@pytest.fixture
def gone_back(written: Written) -> Written:
    """The first was live, the second failed, and the first is on its way back."""
    written.succeeds(FIRST)
    written.say(FIRST, "live")
    written.fails(SECOND)
    written.say(SECOND, "rolled-back-by-ecs")
    return written


def test_what_returned_is_rolled_back_when_ecs_has_completed_it(gone_back: Written) -> None:
    gone_back.returns(FIRST, "SUCCESSFUL")
    gone_back.say(FIRST, "rolled-back")
    assert gone_back.lies() == []
    assert "2 deployments of first were begun for one release" in gone_back.lies(atomic=False)


@pytest.mark.parametrize(
    ("status", "reason", "true"),
    [("IN_PROGRESS", None, "nothing yet"), ("ROLLBACK_SUCCESSFUL", None, "failed"), ("STOPPED", SUPERSEDED, "superseded")],
)
def test_a_return_that_is_not_complete_is_no_rollback(gone_back: Written, status: str, reason: str | None, true: str) -> None:
    gone_back.returns(FIRST, status, reason)
    gone_back.say(FIRST, "rolled-back")
    assert gone_back.lies() == [f"first: said rolled-back, true is {true}"]


def test_what_is_left_live_beside_a_failure_is_told(gone_back: Written) -> None:
    assert gone_back.lies() == ["first is live although another service of the release failed"]
    assert gone_back.lies(atomic=False) == []


def test_what_aws_would_not_take_back_has_failed(gone_back: Written) -> None:
    gone_back.say(FIRST, "failed")
    assert gone_back.lies(refused=True) == []
    assert gone_back.lies() == ["first: said failed, true is live"]


def test_nobody_goes_back_for_a_service_that_timed_out(written: Written) -> None:
    written.succeeds(FIRST)
    written.update(SECOND, "2", "family:2")
    written.returns(FIRST, "SUCCESSFUL")
    written.say(FIRST, "rolled-back")
    assert written.lies() == ["first went back although no service of the release failed"]


def test_a_service_that_ecs_rolls_back_has_failed_although_the_time_is_over(written: Written) -> None:
    written.succeeds(FIRST)
    written.update(SECOND, "2", "family:2")
    written.journal.add(Kind.ROLLBACK_STARTED, SECOND, deployment=f"{SECOND}/2", reason=WENT_BACK)
    written.returns(FIRST, "SUCCESSFUL")
    written.say(FIRST, "rolled-back")
    written.say(SECOND, "timed-out")
    assert "first went back although no service of the release failed" not in written.lies()


def test_not_begun_needs_a_reason_and_an_untouched_service(written: Written) -> None:
    written.say(SECOND, "skipped")
    assert written.lies(**IN_TURN) == ["second: said skipped, true is refused"]


def test_behind_a_failure_a_service_is_not_begun(written: Written) -> None:
    written.fails(FIRST)
    written.say(FIRST, "rolled-back-by-ecs")
    written.say(SECOND, "skipped")
    assert written.lies(**IN_TURN) == []
    assert written.lies() == ["second: said skipped, true is refused"]


def test_what_was_sent_is_not_begun_never(written: Written) -> None:
    written.fails(FIRST)
    written.say(FIRST, "rolled-back-by-ecs")
    written.update(SECOND, "2", "family:2")
    written.say(SECOND, "skipped")
    assert "second: said skipped, true is nothing yet" in written.lies(**IN_TURN)


PREPARED = {"before": {SECOND: "second"}}


def test_a_failing_task_before_leaves_its_group_as_it_was(written: Written) -> None:
    written.task(3)
    written.say(FIRST, "skipped")
    written.say(SECOND, "skipped")
    assert written.lies(**PREPARED) == []
    written.succeeds(FIRST)
    assert "first was updated although a task before it has failed" in written.lies(**PREPARED)


def test_a_failed_task_before_that_aws_did_not_show_leaves_the_others_live(written: Written) -> None:
    """`resume` looks at it again, and takes them back."""
    written.succeeds(FIRST)
    written.say(FIRST, "live")
    written.task(3)
    written.say(SECOND, "timed-out")
    unprepared = "first is live although another service of the release failed"
    assert unprepared not in written.lies(**PREPARED, **IN_TURN)
    written.say(SECOND, "skipped")
    assert unprepared in written.lies(**PREPARED, **IN_TURN)


def test_a_task_before_that_ecs_refuses_to_run_holds_its_group_back(written: Written) -> None:
    """Someone has deregistered the revision between its registration and RunTask."""
    written.began -= 1  # The call comes after the release has begun.
    written.say(SECOND, "skipped")
    assert written.lies(sent="RunTask", refused=True, **PREPARED) == []
    assert written.lies(sent="RunTask", answered=False, **PREPARED) == [], "the credentials have expired"
    assert written.lies(sent="RunTask", **PREPARED) == ["second: said skipped, true is refused"]
    assert written.lies(sent="RunTask", refused=True) == ["second: said skipped, true is refused"]


def test_a_service_that_wants_a_task_before_is_not_updated_without_it(written: Written) -> None:
    for arn in (FIRST, SECOND):
        written.succeeds(arn)
        written.say(arn, "live")
    assert written.lies(**PREPARED) == ["second was updated and the task before it has not passed"]


@pytest.mark.parametrize(("code", "lie"), [(0, []), (1, ["second was updated although a task before it has failed"])])
def test_the_task_before_has_to_end_well(written: Written, code: int, lie: list[str]) -> None:
    written.succeeds(FIRST)
    written.say(FIRST, "live")
    written.task(code)
    written.succeeds(SECOND)
    written.say(SECOND, "live")
    assert written.lies(**PREPARED, **IN_TURN, atomic=False)[:1] == lie


def test_the_task_before_runs_once(written: Written) -> None:
    written.succeeds(FIRST)
    written.say(FIRST, "live")
    for _ in range(2):
        written.task(0)
    written.succeeds(SECOND)
    written.say(SECOND, "live")
    assert written.lies(**PREPARED, **IN_TURN) == ["the task before second ran 2 times"]
