"""Releases and the lock: who is turned away, what is sent under it, and what is not sent without it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.model.errors import Interrupted, Locked, LockLost, Refused
from appdeploy.model.events import Planned, Registered, Started, WaitingForLock
from appdeploy.model.outcome import Outcome
from appdeploy.model.task_definition import FENCE_TAG
from tests.support.fake_table import BOB, FREEZE
from tests.support.release_scenario import DONE, ROLLED_BACK, AwsSays, Moment, crashed, only, under_way, up

SILENCE = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


@pytest.fixture
def released(aws):
    return aws.scripted(DONE)


def hold(aws, beat: int = 0) -> None:
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": str(beat)}, "holder": BOB}


def keep_alive(aws, clock) -> None:
    """Bob renews each time that we wait."""
    clock.on_sleep = lambda: hold(aws, int(aws.lock_item["beat"]["N"]) + 1)


@pytest.mark.usefixtures("released")
def test_a_release_holds_the_lock_while_it_works_and_lets_go(aws, run):
    held_by: list[Any] = []
    run(on_event=lambda event: held_by.append(aws.lock_item.get("holder")) if isinstance(event, Started) else None)
    assert held_by[0]["M"]["who"]["S"].endswith("assumed-role/release/alice")
    assert "holder" not in aws.lock_item


@pytest.mark.usefixtures("released")
def test_a_revision_carries_the_fence_that_it_was_made_under(aws, run):
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": "3"}}
    run()
    tags = {tag["key"]: tag["value"] for tag in aws.writes[0][1]["tags"]}
    assert tags[FENCE_TAG] == "8"


@pytest.mark.usefixtures("released")
def test_a_holder_at_work_turns_a_release_away(aws, run, clock):
    hold(aws)
    keep_alive(aws, clock)
    with pytest.raises(Locked, match="held by upgrade-2026-1125-100000-bobbob of bob since 2026-11-25T10:00:00"):
        run()
    assert aws.writes == aws.lock_writes == []


@pytest.mark.usefixtures("released")
def test_a_frozen_environment_turns_a_release_away_with_the_reason(aws, run):
    aws.lock_item = {"freeze": FREEZE}
    with pytest.raises(Locked, match=r"frozen by carol since 2026-11-25T09:00:00.*: load test"):
        run()
    assert aws.writes == aws.lock_writes == []


@pytest.mark.usefixtures("released")
def test_a_dead_holder_is_taken_over(aws, run):
    hold(aws)
    assert run()[0].outcome is Outcome.LIVE
    assert aws.lock_item["fence"] == {"N": "8"}


@pytest.mark.usefixtures("released")
def test_who_waited_reads_everything_again_before_the_first_write(aws, run, clock):
    hold(aws)

    def step() -> None:
        if clock.now() < 1020:
            hold(aws, int(aws.lock_item["beat"]["N"]) + 1)
        else:
            aws.lock_item.pop("holder", None)

    clock.on_sleep = step
    assert run(lock_wait=60)[0].outcome is Outcome.LIVE
    kinds = [type(event) for event in run.events if isinstance(event, Planned | WaitingForLock | Registered)]
    assert kinds == [Planned, WaitingForLock, Planned, Registered]
    plans = [event.plan for event in run.events if isinstance(event, Planned)]
    assert plans[0].release_id == plans[1].release_id


def test_a_release_at_work_is_told_of_as_the_lock_and_not_as_its_deployment(aws, run, clock):
    """Both are in the way; who holds the lock is what a person can ask about, and wait for."""
    under_way(aws, up(1), up(2, False))
    hold(aws)
    keep_alive(aws, clock)
    with pytest.raises(Locked, match="held by upgrade-2026-1125-100000-bobbob"):
        run()
    assert aws.writes == aws.lock_writes == []


def test_a_deployment_under_way_that_no_release_watches_is_refused_without_the_lock(aws, run):
    under_way(aws, up(1), up(2, False))
    with pytest.raises(Refused, match="still in progress"):
        run()
    assert aws.writes == aws.lock_writes == []


@pytest.mark.usefixtures("released")
def test_a_release_that_needs_no_change_needs_no_lock(aws, run):
    hold(aws)
    assert run("v1")[0].outcome is Outcome.UNCHANGED
    assert aws.lock_writes == []


@pytest.mark.usefixtures("released")
def test_a_lock_out_of_reach_refuses_a_release(aws, run):
    aws.answers["GetItem"] = [SILENCE] * 2
    with pytest.raises(Refused, match=r"the lock of staging could not be taken: AWS is unreachable.*nothing was changed"):
        run()
    assert aws.writes == []


@pytest.mark.usefixtures("released")
def test_without_the_table_a_release_is_refused(aws, run):
    aws.answers["GetItem"] = [AwsSays("ResourceNotFoundException", "no such table")] * 2
    with pytest.raises(Refused, match="ResourceNotFoundException"):
        run()


@pytest.mark.usefixtures("released")
def test_who_was_taken_over_before_the_update_touches_no_service(aws, run):
    def rob(event: Any) -> None:
        if isinstance(event, Registered):
            hold(aws)

    with pytest.raises(LockLost, match="held by upgrade-2026-1125-100000-bobbob of bob"):
        run(on_event=rob)
    assert [name for name, _ in aws.writes] == ["RegisterTaskDefinition"]
    assert aws.lock_item["holder"] == BOB, "the winner's lock is left alone"


def test_who_was_taken_over_while_watching_stops_nothing_and_tells_what_ecs_decides(aws, run, released):
    released.script = [Moment(), Moment((crashed(1), crashed(2))), ROLLED_BACK]

    def rob(event: Any) -> None:
        if isinstance(event, Started):
            hold(aws)

    result = only(run(on_event=rob))
    assert (result.outcome, aws.count("StopServiceDeployment")) == (Outcome.ROLLED_BACK_BY_ECS, 0)
    assert aws.lock_item["holder"] == BOB


def test_a_table_that_is_silent_for_a_while_only_delays_a_stop(aws, run, released, clock):
    released.script = [Moment(), Moment((crashed(1), crashed(2)))]
    released.after_stop = [ROLLED_BACK]

    def fall_silent(event: Any) -> None:
        if isinstance(event, Started):
            clock.time += 25
            aws.answers["TransactWriteItems"] = [SILENCE] * 3
            aws.answers["UpdateItem"] = [SILENCE] * 3

    assert only(run(on_event=fall_silent)).outcome is Outcome.ROLLED_BACK


@pytest.mark.usefixtures("released")
def test_interrupted_while_it_waits_a_release_has_changed_nothing(aws, run, clock):
    hold(aws)

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.on_sleep = interrupt
    with pytest.raises(Interrupted, match="interrupted; nothing was changed"):
        run(lock_wait=60)
    assert aws.writes == aws.lock_writes == []


# The commands


@pytest.mark.usefixtures("released")
def test_lock_freezes_and_unlock_lifts_it(aws, command, capsys):
    assert command("lock", "-e", "staging", "--reason", "load  test") == 0
    assert aws.lock_item["freeze"]["M"]["reason"] == {"S": "load test"}
    assert "frozen by arn:aws:sts::123456789012:assumed-role/release/alice" in capsys.readouterr().out
    assert command("deploy", "-e", "staging", "--version", "v2") == 11
    assert "load test" in capsys.readouterr().err
    assert command("unlock", "-e", "staging") == 0
    assert "freeze" not in aws.lock_item
    assert command("deploy", "-e", "staging", "--version", "v2") == 0


@pytest.mark.usefixtures("released")
def test_a_second_freeze_names_the_first(aws, command, capsys):
    aws.lock_item = {"freeze": FREEZE}
    aws.answers["UpdateItem"] = [AwsSays("ConditionalCheckFailedException")]
    assert command("lock", "-e", "staging", "--reason", "mine") == 11
    assert "frozen by carol" in capsys.readouterr().err


def test_lock_wants_a_reason(command, capsys):
    assert command("lock", "-e", "staging") == 2
    assert "--reason" in capsys.readouterr().err


@pytest.mark.usefixtures("released")
def test_unlock_without_a_freeze_says_so_and_who_is_at_work(aws, command, capsys):
    hold(aws)
    assert command("unlock", "-e", "staging") == 0
    assert "staging was not frozen; upgrade-2026-1125-100000-bobbob of bob is running" in capsys.readouterr().out
    assert aws.lock_writes == []


@pytest.mark.usefixtures("released")
def test_unlock_break_puts_the_holder_out(aws, command, capsys):
    hold(aws)
    assert command("unlock", "-e", "staging", "--break") == 0
    assert "was evicted" in capsys.readouterr().out
    assert aws.lock_item["fence"] == {"N": "8"}
    assert "holder" not in aws.lock_item


@pytest.mark.usefixtures("released")
def test_unlock_break_leaves_a_holder_that_stirred(aws, command, capsys):
    hold(aws)
    aws.answers["UpdateItem"] = [AwsSays("ConditionalCheckFailedException")]
    assert command("unlock", "-e", "staging", "--break") == 11
    assert "its holder is running" in capsys.readouterr().err
