"""The oracle itself, on journals written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from appdeploy.model.ledger_entry import Entry as LedgerEntry
from appdeploy.model.ledger_entry import ServiceEntry, VersionRef
from sandbox.emulator.clock import ManualClock
from sandbox.emulator.ecs.wording import SUPERSEDED
from sandbox.emulator.journal import Journal, Kind
from tests.simulation.faults.reported import Call, End, Reported, Said, Wish
from tests.simulation.faults.settled import ledger_lies
from tests.simulation.faults.truth import lies
from tests.simulation.verb import Verb

ARN, GROUP = "arn:aws:ecs:x:1:service/c/agent", "group"
RELEASE = "upgrade-2025-1125-143000-abc123"
FORMER, OURS, RIVALS = "ecs-svc/1", "ecs-svc/2", "ecs-svc/3"


class Written:
    """A journal in which a service runs `FORMER`, and our release of two tasks has begun."""

    def __init__(self, definition: str = "agent:1", *, arrives: bool = True) -> None:
        self.journal = Journal(ManualClock())
        sent = {"taskDefinition": definition, "desiredCount": 2, "loadBalancers": [{"targetGroupArn": GROUP}]}
        self.add(Kind.SERVICE_CREATED, sent=sent, by={"access_key": "infra"})
        self.begin(FORMER, definition)
        self.status(FORMER, "SUCCESSFUL")
        self.began = self.last
        if arrives:
            self.update("tool", OURS, "agent:2")

    def add(self, kind: Kind, **details: object) -> None:
        self.journal.add(kind, "" if kind is Kind.TARGET else ARN, **details)

    def begin(self, deployment: str, definition: str) -> None:
        for kind in (Kind.DEPLOYMENT_CREATED, Kind.DEPLOYMENT_PRIMARY):
            self.add(kind, deployment=deployment, task_definition=definition)
        self.status(deployment, "IN_PROGRESS")

    def update(self, key: str, deployment: str, definition: str) -> None:
        self.add(Kind.SERVICE_UPDATED, sent={}, by={"access_key": key})
        self.begin(deployment, definition)

    def status(self, deployment: str, status: str, reason: str | None = None) -> None:
        self.add(Kind.SERVICE_DEPLOYMENT, deployment=deployment, status=status, reason=reason)

    def runs(self, number: int, *, healthy: bool) -> None:
        self.add(Kind.TASK_RUNNING, task=str(number), started_by=OURS, ip=str(number), digests={})
        self.add(Kind.TARGET, group=GROUP, ip=str(number), state="healthy" if healthy else "initial")

    @property
    def last(self) -> int:
        return self.journal.since(0)[-1].n

    def reported(
        self,
        outcome: str,
        code: int,
        *,
        until_complete: bool = False,
        time: float = 5.0,
        answered: bool = True,
        looked: int | None = None,
        verb: Verb = Verb.DEPLOY,
        timeout: float = 60.0,
        held: bool = False,
        calls: tuple[Call, ...] = (),
    ) -> Reported:
        wish = Wish(verb, (ARN,), {ARN: "sha256:1"}, until_complete, timeout, "tool")
        said = Said(ARN, outcome, self.last if looked is None else looked, self.last, time, True)
        call = Call("DescribeServices", self.last, time, answered)
        ends = (End.RESULTS, code, "", False, self.last, held, RELEASE)
        return Reported(wish, self.began, 0.0, (said,), (*calls, call), *ends)

    def lies(self, outcome: str, code: int, **more: Any) -> list[str]:
        return lies(self.reported(outcome, code, **more), self.journal.since(0))

    def ledger_lies(self, reported: Reported, outcome: str, *, atomic: bool = False) -> list[str]:
        """Of an entry that is settled with that outcome."""
        service = ServiceEntry(
            service=ARN, change="release", previous=VersionRef(), target=VersionRef(), outcome=outcome, settled=True
        )
        words = {"kind": "upgrade", "environment": "staging", "purpose": "v2", "who": "alice"}
        entry = LedgerEntry(id=RELEASE, started=datetime.now(UTC), services={"agent": service}, atomic=atomic, **words)
        return list(ledger_lies([reported], [entry], self.journal.since(0)))


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def rivals_restart() -> Written:
    """Our update has not arrived, and a rival's restart has completed."""
    written = Written(arrives=False)
    written.update("rival", RIVALS, "agent:1")
    written.status(RIVALS, "SUCCESSFUL")
    return written


def test_live_needs_all_new_tasks_healthy(written: Written) -> None:
    written.runs(1, healthy=True)
    written.runs(2, healthy=False)
    assert written.lies("live", 0) == ["agent: said live, true is nothing yet"]
    written.add(Kind.TARGET, group=GROUP, ip="2", state="healthy")
    assert written.lies("live", 0) == []
    assert written.lies("live", 0, until_complete=True) == ["agent: said live, true is nothing yet"]


def test_completed_without_a_task_is_failed(written: Written) -> None:
    written.add(Kind.COUNT_CHANGED, former=2, count=0)
    written.status(OURS, "SUCCESSFUL")
    assert written.lies("live", 0) == ["agent: said live, true is failed"]
    assert written.lies("failed", 22) == []


@pytest.mark.parametrize(
    ("why", "outcome", "code"), [("of a user request", "rolled-back", 21), ("of the breaker", "rolled-back-by-ecs", 20)]
)
def test_a_rollback_is_told_by_whom_and_only_when_it_is_complete(written: Written, why: str, outcome: str, code: int) -> None:
    written.add(Kind.ROLLBACK_STARTED, deployment=OURS, reason=why)
    written.status(OURS, "ROLLBACK_IN_PROGRESS")
    assert written.lies(outcome, code) == [f"agent: said {outcome}, true is nothing yet"]
    written.status(OURS, "ROLLBACK_SUCCESSFUL")
    assert written.lies(outcome, code) == []
    assert written.lies("live", 0) == [f"agent: said live, true is {outcome}"]


def test_superseded_is_by_somebody_else(written: Written) -> None:
    written.status(OURS, "STOPPED", SUPERSEDED)
    written.update("rival", RIVALS, "agent:3")
    assert written.lies("superseded", 23) == []
    assert written.lies("failed", 22) == ["agent: said failed, true is superseded"]


def test_a_first_release_that_was_going_back_has_failed_although_someone_restarts_its_template() -> None:
    written = Written("agent-template:1")
    why = "ECS deployment circuit breaker: tasks failed to start."
    written.add(Kind.ROLLBACK_STARTED, deployment=OURS, target=FORMER, reason=why)
    written.status(OURS, "ROLLBACK_IN_PROGRESS")
    written.status(OURS, "STOPPED", SUPERSEDED)
    written.update("rival", RIVALS, "agent-template:1")
    assert written.lies("failed", 22) == []
    assert written.lies("superseded", 23) == []


def test_a_deployment_that_was_only_just_begun_has_not_failed(written: Written) -> None:
    written.status(OURS, "STOPPED", SUPERSEDED)
    written.update("rival", RIVALS, "agent:3")
    assert written.lies("failed", 22, looked=written.began) == ["agent: said failed, true is refused or superseded"]


def test_of_a_deleted_service_the_ledger_may_say_what_was_so_before_or_that_it_is_unknown(written: Written) -> None:
    written.status(OURS, "ROLLBACK_SUCCESSFUL")
    reported = written.reported("rolled-back-by-ecs", 20)
    written.add(Kind.SERVICE_DELETED, by={"access_key": "person"})
    assert written.ledger_lies(reported, "rolled-back-by-ecs") == []
    assert written.ledger_lies(reported, "unknown") == []
    (lie,) = written.ledger_lies(reported, "live")
    assert lie.endswith("live, true is rolled-back-by-ecs or unknown")


def test_of_a_service_that_was_deleted_under_the_release_the_ledger_may_say_failed(written: Written) -> None:
    written.add(Kind.SERVICE_DELETED, by={"access_key": "person"})
    reported = written.reported("failed", 22)
    assert written.ledger_lies(reported, "failed") == []
    assert written.ledger_lies(reported, "live")


def test_timed_out_needs_the_end_of_the_time_or_silence(written: Written) -> None:
    assert written.lies("timed-out", 24, time=59.0) == ["agent: said timed-out, true is nothing yet"]
    assert written.lies("timed-out", 24, time=60.0) == []
    assert written.lies("timed-out", 24, time=5.0, answered=False) == []
    written.status(OURS, "SUCCESSFUL")
    assert written.lies("timed-out", 24, time=60.0) == ["agent: said timed-out, true is live"]


def test_what_was_live_and_gone_within_one_look_may_have_been_seen_as_neither(written: Written) -> None:
    for number in (1, 2):
        written.runs(number, healthy=True)
    live = written.last
    assert written.lies("timed-out", 24, time=60.0, looked=live) == ["agent: said timed-out, true is live"]
    written.add(Kind.SERVICE_DELETED, by={"access_key": "person"})
    assert written.lies("timed-out", 24, time=60.0, looked=live) == []
    assert written.lies("timed-out", 24, time=59.0, looked=live) == ["agent: said timed-out, true is failed or live"]
    assert written.lies("timed-out", 24, time=60.0) == ["agent: said timed-out, true is failed"]


def test_a_rollback_that_took_the_lock_away_need_not_call_live_what_a_late_write_may_replace(written: Written) -> None:
    written.status(OURS, "SUCCESSFUL")
    on_guard = {"verb": Verb.ROLLBACK, "timeout": 20.0}
    assert written.lies("timed-out", 24, time=20.0, held=True, **on_guard) == []
    assert written.lies("timed-out", 24, time=20.0, held=False, **on_guard) == ["agent: said timed-out, true is live"]
    assert written.lies("timed-out", 24, time=30.0, held=True, **on_guard) == ["agent: said timed-out, true is live"]


@pytest.mark.parametrize(("verb", "answered"), [(Verb.RESTART, True), (Verb.DEPLOY, False)])
def test_a_rivals_restart_is_not_ours(rivals_restart: Written, verb: Verb, answered: bool) -> None:
    written = rivals_restart
    ours = (Call("UpdateService", written.began, 1.0, answered),)
    (lie,) = written.lies("live", 0, verb=verb, calls=ours)
    assert lie.startswith("agent: said live, true is refused")


def test_a_restart_without_an_answer_may_take_a_rivals_restart_for_its_own(rivals_restart: Written) -> None:
    """Nothing that ECS shows says who began it."""
    written = rivals_restart
    asked = {"verb": Verb.RESTART, "calls": (Call("UpdateService", written.began, 1.0, False),)}
    assert written.lies("live", 0, **asked) == []
    assert written.lies("failed", 22, **asked) == ["agent: said failed, true is live or refused or unchanged"]
    reported = written.reported("live", 0, **asked)
    assert written.ledger_lies(reported, "live") == []
    assert written.ledger_lies(reported, "rolled-back-by-ecs")


def test_the_exit_status_is_the_worst_services(written: Written) -> None:
    written.status(OURS, "SUCCESSFUL")
    assert written.lies("live", 20) == ["exit status 20, and 0 is right for live"]


def test_what_came_after_its_completion_may_be_said_to_keep_a_service_from_going_back(written: Written) -> None:
    written.status(OURS, "SUCCESSFUL")
    assert written.ledger_lies(written.reported("superseded", 23), "superseded", atomic=True)
    written.update("rival", RIVALS, "agent:3")
    assert written.ledger_lies(written.reported("superseded", 23), "superseded", atomic=True) == []
    assert written.ledger_lies(written.reported("superseded", 23), "superseded")


def test_a_rollback_that_waits_for_late_writes_sees_what_came_after_its_completion(written: Written) -> None:
    written.status(OURS, "SUCCESSFUL")
    written.update("rival", RIVALS, "agent:3")
    waiting = {"verb": Verb.ROLLBACK, "held": True}
    assert written.lies("superseded", 23, **waiting) == []
    assert written.ledger_lies(written.reported("superseded", 23, **waiting), "superseded") == []
    assert written.lies("superseded", 23, verb=Verb.ROLLBACK)


def test_a_release_is_a_first_one_if_the_template_ran_when_its_deployment_began() -> None:
    """It may have waited for the lock of one that failed meanwhile."""
    written = Written("agent-template:1", arrives=False)
    written.update("rival", RIVALS, "agent:1")
    began = written.last
    written.begin("ecs-svc/4", "agent-template:1")
    written.update("tool", OURS, "agent:2")
    written.status(OURS, "ROLLBACK_FAILED")
    written.began = began
    assert written.ledger_lies(written.reported("timed-out", 24, time=60.0), "failed") == []
    assert "open" in written.ledger_lies(written.reported("timed-out", 24, time=60.0), "live")[0]


def test_what_was_planned_as_a_first_release_ends_as_one_although_a_rival_came_before_its_update() -> None:
    written = Written("agent-template:1", arrives=False)
    written.update("rival", RIVALS, "agent:1")
    written.update("tool", OURS, "agent:2")
    written.status(OURS, "SUCCESSFUL")
    written.update("tool", "ecs-svc/4", "agent-template:1")
    written.add(Kind.COUNT_CHANGED, former=2, count=0)
    assert written.lies("failed", 22) == []
    assert written.lies("superseded", 23)


def test_of_a_first_release_that_was_emptied_the_end_is_known_when_the_time_is_up() -> None:
    """Another person has given the template a task meanwhile."""
    written = Written("agent-template:1")
    written.status(OURS, "SUCCESSFUL")
    written.update("tool", "ecs-svc/4", "agent-template:1")
    written.add(Kind.COUNT_CHANGED, former=0, count=1)
    assert written.lies("failed", 22, time=60.0) == []
    assert written.lies("failed", 22, time=59.0)


@pytest.mark.parametrize(("answered", "lies"), [(False, 0), (True, 1)])
def test_only_who_could_not_write_may_be_missing_in_the_ledger(written: Written, answered: bool, lies: int) -> None:
    reported = written.reported("live", 0, calls=(Call("TransactWriteItems", written.began, 1.0, answered),))
    assert len(list(ledger_lies([reported], [], written.journal.since(0)))) == lies


def test_two_deployments_for_one_release_are_told(written: Written) -> None:
    written.update("tool", RIVALS, "agent:2")
    assert "2 deployments of agent were begun for one release" in written.lies("timed-out", 24, time=60.0)
