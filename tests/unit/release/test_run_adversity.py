"""Releases under adversity: writes whose answers are lost, an AWS that falls silent, time that is up, interruptions."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from appdeploy.aws.writes import UNREACHABLE_SECONDS
from appdeploy.ledger.writer import LedgerWriter
from appdeploy.model.errors import Interrupted, OutOfReach
from appdeploy.model.events import AwsUnreachable, Ended, NotWatched, Planned, Started, StillInProgress, WatchedAgain
from appdeploy.model.operation import Restart
from appdeploy.model.outcome import Outcome, worst
from tests.support.release_scenario import (
    DONE,
    LONG_AGO,
    ROLLED_BACK,
    AwsSays,
    Moment,
    crashed,
    only,
    up,
)

UNREACHABLE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


# Writes


def test_a_throttled_write_is_sent_again(aws, run):
    aws.scripted(Moment(), DONE)
    aws.answers["RegisterTaskDefinition"] = [AwsSays("ThrottlingException")]
    aws.answers["UpdateService"] = [AwsSays("ThrottlingException")]
    assert only(run()).outcome is Outcome.LIVE


@pytest.fixture
def throttled(aws, clock):
    """RegisterTaskDefinition lets one call through in so many seconds."""

    def throttle(seconds):
        register, free_again = aws._RegisterTaskDefinition, [clock.now()]

        def from_the_bucket(params):
            if clock.now() < free_again[0]:
                return AwsSays("ThrottlingException")
            free_again[0] = clock.now() + seconds
            return register(params)

        aws._RegisterTaskDefinition = from_the_bucket

    return throttle


def test_many_writes_that_share_a_slow_bucket_wait_for_each_other_and_none_gives_up(aws, run, clock, throttled):
    services = [aws.released(f"service-{number}") for number in range(12)]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    throttled(seconds=6)
    begun = clock.now()

    assert {result.outcome for result in run()} == {Outcome.LIVE}

    assert clock.now() - begun > 2 * UNREACHABLE_SECONDS, "all of it took longer than the patience of one write"
    assert len(aws.task_definitions) == 12 * 3, "each registered its revision once: template, former, new"


def test_a_write_that_is_never_let_through_gives_up(aws, run, clock, throttled):
    services = [aws.released(f"service-{number}") for number in range(3)]
    aws.environment(*services)
    throttled(seconds=10 * UNREACHABLE_SECONDS)
    with pytest.raises(OutOfReach, match="ThrottlingException"):
        run()
    assert aws.count("UpdateService") == 0


def test_what_stands_in_line_when_the_command_is_stopped_is_not_sent(aws, run, clock, throttled):
    services = [aws.released(f"service-{number}") for number in range(3)]
    aws.environment(*services)
    throttled(seconds=6)

    def stop():
        raise Interrupted("stopped while waiting")

    clock.on_sleep = stop
    with pytest.raises(Interrupted):
        run()
    assert aws.count("RegisterTaskDefinition") <= 3, "each asked once"


TIME_OUT = ReadTimeoutError(endpoint_url="x")


@pytest.mark.parametrize(
    ("operation", "lost"),
    [
        pytest.param("RegisterTaskDefinition", TIME_OUT, id="registration-time-out"),
        pytest.param("RegisterTaskDefinition", AwsSays("ServerException"), id="registration-5xx"),
        pytest.param("UpdateService", TIME_OUT, id="update-time-out"),
    ],
)
def test_a_write_whose_answer_is_lost_is_found_not_repeated(aws, run, operation, lost):
    aws.scripted(Moment(), DONE)
    aws.after[operation] = [lost]
    assert only(run()).outcome is Outcome.LIVE
    assert aws.count(operation) == 1


def test_a_registration_that_did_not_happen_is_sent_again(aws, run):
    aws.scripted(Moment(), DONE)
    aws.answers["RegisterTaskDefinition"] = [ConnectTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.LIVE
    assert aws.count("RegisterTaskDefinition") == 2


def test_an_update_that_ecs_took_back_before_it_was_looked_for_is_not_repeated(aws, run):
    aws.scripted(ROLLED_BACK)
    aws.after["UpdateService"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.ROLLED_BACK_BY_ECS
    assert aws.count("UpdateService") == 1


def test_a_restart_that_was_taken_back_before_is_not_taken_for_the_one_whose_answer_is_lost(aws, run):
    service = aws.released()
    service.script, service.told_at = [Moment(), DONE], LONG_AGO + timedelta(3)
    former = service.task_definition
    service.history = ((service.contract.template, "SUCCESSFUL"), (former, "SUCCESSFUL"), (former, "ROLLBACK_SUCCESSFUL"))
    aws.environment(service)
    aws.answers["UpdateService"] = [ConnectTimeoutError(endpoint_url="x")]
    assert only(run(goal=Restart())).outcome is Outcome.LIVE
    assert aws.count("UpdateService") == 2


def test_if_one_registration_is_refused_no_service_is_touched(aws, run):
    services = [aws.released(name) for name in ("agent", "orchestrator")]
    aws.environment(*services)
    aws.answers["RegisterTaskDefinition"] = [AwsSays("ClientException", "Role is not valid")]
    results = run()
    assert worst(result.outcome for result in results) is Outcome.REFUSED
    assert aws.count("UpdateService") == 0
    assert any("Role is not valid" in result.cause for result in results)


def test_a_refused_update_is_refused_and_the_other_service_goes_on_where_each_is_for_itself(aws, run):
    services = [aws.released(name) for name in ("agent", "orchestrator")]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    aws.answers["UpdateService"] = [AwsSays("InvalidParameterException", "no")]
    assert {result.outcome for result in run(atomic=False)} == {Outcome.REFUSED, Outcome.LIVE}


# Silence, time and interruption


def test_a_short_silence_is_sat_out(aws, run):
    aws.scripted(Moment(), Moment(fail=UNREACHABLE), Moment(fail=UNREACHABLE), DONE)
    assert only(run()).outcome is Outcome.LIVE
    assert sum(isinstance(event, AwsUnreachable) for event in run.events) == 1


BROKEN = AwsSays("ServerException")
BOTH_RUN = Moment((up(1), up(2)))


def test_a_read_that_fails_for_long_is_named_and_the_release_is_watched_to_its_end(aws, run):
    aws.scripted(*[BOTH_RUN] * 70, DONE)
    aws.answers["DescribeTargetHealth"] = [BROKEN] * 50
    assert only(run()).outcome is Outcome.LIVE
    said = [event for event in run.events if isinstance(event, NotWatched | WatchedAgain)]
    assert [type(event) for event in said] == [NotWatched, NotWatched, WatchedAgain]
    assert "elasticloadbalancing:DescribeTargetHealth: ServerException" in said[0].reason
    assert 10 <= said[0].seconds < 20
    assert 60 <= said[1].seconds - said[0].seconds < 70


def test_a_read_that_fails_once_is_not_worth_a_word(aws, run):
    aws.scripted(BOTH_RUN, BOTH_RUN, DONE)
    aws.answers["DescribeTargetHealth"] = [BROKEN]
    assert only(run()).outcome is Outcome.LIVE
    assert not [event for event in run.events if isinstance(event, NotWatched | WatchedAgain)]


def test_a_release_that_could_not_be_watched_says_so_when_its_time_is_up(aws, run):
    aws.scripted(BOTH_RUN)
    aws.answers["DescribeTargetHealth"] = [BROKEN] * 1000
    result = only(run())
    assert result.outcome is Outcome.TIMED_OUT
    assert "it could not be watched: elasticloadbalancing:DescribeTargetHealth" in result.cause


def test_a_release_that_serves_when_its_time_is_up_says_that_it_serves(aws, run):
    aws.scripted(BOTH_RUN)
    result = only(run(timeout=30))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.serving.startswith("v2 serves (2 tasks)")
    assert "nothing was stopped, ECS continues" in result.serving


def test_a_command_out_of_time_says_how_to_watch_on(aws, command, capsys):
    aws.scripted(Moment())
    assert command("deploy", "-e", "staging", "--version", "v2", "--timeout", "5") == 24
    [entry] = aws.ledger
    assert f"appdeploy resume -e staging {entry.id} watches it to its end" in capsys.readouterr().out


def test_a_rollout_in_which_nothing_changes_is_heard_of_every_minute(aws, run):
    aws.scripted(*[Moment()] * 80, DONE)
    assert only(run()).outcome is Outcome.LIVE
    seconds = [event.seconds for event in run.events if isinstance(event, StillInProgress)]
    assert len(seconds) >= 2
    assert all(60 <= later - earlier < 70 for earlier, later in pairwise([0.0, *seconds]))


def test_after_half_a_minute_of_silence_the_release_is_timed_out(aws, run, clock):
    aws.scripted(Moment(), Moment(fail=UNREACHABLE))
    result = only(run())
    assert result.outcome is Outcome.TIMED_OUT
    assert UNREACHABLE_SECONDS <= result.seconds < 60
    assert "unreachable" in result.cause


def test_silence_at_the_first_write_ends_within_a_minute(aws, run, clock):
    service = aws.released()
    aws.environment(service)
    aws.answers["RegisterTaskDefinition"] = [UNREACHABLE] * 1000
    aws.answers["DescribeTaskDefinition"] = [aws.task_definitions[service.task_definition], *[UNREACHABLE] * 1000]
    start = clock.now()
    with pytest.raises(OutOfReach, match="no service was changed"):
        run()
    assert clock.now() - start < 60


def test_silence_at_the_update_ends_within_a_minute(aws, run, clock):
    service = aws.released()
    aws.environment(service)
    service.script = [Moment(fail=UNREACHABLE)]
    aws.after["UpdateService"] = [UNREACHABLE]
    start = clock.now()
    assert only(run()).outcome is Outcome.TIMED_OUT
    assert clock.now() - start < 60


def test_one_silence_counts_once_for_all_services(aws, run, clock):
    services = [aws.released(name) for name in ("agent", "orchestrator")]
    for service in services:
        service.script = [Moment(fail=UNREACHABLE)]
    aws.environment(*services)
    aws.after["UpdateService"] = [UNREACHABLE]
    start = clock.now()
    assert [result.outcome for result in run()] == [Outcome.TIMED_OUT] * 2
    assert clock.now() - start < 60


def test_credentials_that_expire_while_watching_end_the_watch_with_one_line(aws, run):
    service = aws.released()
    aws.environment(service)

    def expire(event):
        if isinstance(event, Started):
            aws.answers["DescribeServices"] = [AwsSays("ExpiredTokenException", "expired")]

    result = only(run(on_event=expire))
    assert result.outcome is Outcome.TIMED_OUT
    assert "renew" in result.cause


def test_a_hiccup_of_one_lookup_is_repeated_at_the_next_tick(aws, run):
    aws.scripted(Moment(), Moment((crashed(1), crashed(2))), after_stop=[ROLLED_BACK])
    aws.answers["ListTasks"] = [AwsSays("ThrottlingException")]
    aws.answers["StopServiceDeployment"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.ROLLED_BACK


def test_when_the_time_is_up_nothing_is_stopped(aws, run):
    service = aws.released()
    aws.environment(service)
    result = only(run(timeout=30))
    assert result.outcome is Outcome.TIMED_OUT
    assert aws.count("StopServiceDeployment") == 0
    assert "not finished after 30 s" in result.cause


def test_what_was_decided_during_the_last_pause_is_no_time_out(aws, run):
    aws.scripted(Moment(), DONE)
    shorter_than_any_pause = 0.5
    assert only(run(timeout=shorter_than_any_pause)).outcome is Outcome.LIVE


def test_an_interruption_while_watching_says_that_the_release_goes_on(aws, run, clock):
    service = aws.released()
    aws.environment(service)

    def interrupt():
        raise KeyboardInterrupt

    clock.on_sleep = interrupt
    with pytest.raises(Interrupted, match=r"continues in AWS: appdeploy resume -e staging upgrade-.* watches it again"):
        run()
    assert aws.count("StopServiceDeployment") == 0


def test_an_interruption_before_the_first_write_says_that_nothing_was_changed(aws, run):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [KeyboardInterrupt()]
    with pytest.raises(Interrupted, match="nothing was changed"):
        run()
    assert aws.writes == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Planned, "interrupted; nothing was changed"),
        (Ended, r"interrupted; upgrade-\S+ had ended: agent live"),
        (Started, r"stopped watching; upgrade-\S+ continues in AWS: appdeploy resume -e staging upgrade-\S+ watches it again"),
    ],
)
def test_an_interruption_says_what_was_changed_whenever_it_comes(aws, run, kind, line):
    aws.scripted(Moment(), DONE)

    def interrupt(event):
        if isinstance(event, kind):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=f"^{line}$"):
        run(on_event=interrupt)


def test_an_interruption_while_the_end_is_recorded_says_how_it_ended(aws, run, clock, monkeypatch):
    aws.scripted(Moment(), DONE)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LedgerWriter, "finish", interrupt)
    with pytest.raises(Interrupted, match=r"^interrupted; upgrade-\S+ had ended: agent live$"):
        run()


def test_an_interruption_that_a_library_turned_into_its_own_error_is_one(aws, run, clock):
    """pydantic-core makes a PydanticSerializationError of a KeyboardInterrupt."""
    aws.environment(aws.released())

    def break_off(event):
        if isinstance(event, Started):
            clock.cancelled = True
            raise ValueError("Error serializing to JSON: KeyboardInterrupt:")

    with pytest.raises(Interrupted, match="continues in AWS"):
        run(on_event=break_off)


def test_a_revision_whose_answer_was_lost_is_found_behind_a_rivals(aws, run):
    aws.scripted(Moment(), DONE)
    register = aws._RegisterTaskDefinition

    def rival_comes_next(params):
        reply = register(params)
        register({**params, "tags": []})
        return reply

    aws._RegisterTaskDefinition = rival_comes_next
    aws.after["RegisterTaskDefinition"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.LIVE
    assert aws.count("RegisterTaskDefinition") == 1


@pytest.mark.parametrize(("count", "calls"), [(1, 0.5), (10, 0.5), (11, 0.5), (30, 0.8)])
def test_what_is_quiet_costs_few_calls_per_second_however_many_services_there_are(aws, run, clock, count, calls):
    services = [aws.released(f"service-{number}") for number in range(count)]
    for service in services:
        service.script = [*[Moment()] * 30, DONE]
    aws.environment(*services)
    started = clock.now()
    run()
    seconds = clock.now() - started
    assert aws.count("DescribeServices") <= 15 + calls * seconds, "the first looks after a change are closer together"


def test_one_that_goes_back_is_not_looked_at_later_because_the_others_are_quiet(aws, run, clock):
    """The release awaits nothing for a minute when the first task crashes."""
    quiet, crashing = aws.released("quiet"), aws.released("crashing")
    quiet.script = [Moment((up(1), up(2))), *[Moment((up(1), up(2)))] * 40, DONE]
    crashing.script = [*[Moment()] * 10, Moment((crashed(1), crashed(2)))]
    crashing.after_stop, quiet.after_stop = [ROLLED_BACK], [ROLLED_BACK]
    aws.environment(quiet, crashing)
    started = clock.now()
    assert {result.outcome for result in run()} == {Outcome.ROLLED_BACK}
    assert clock.now() - started < 40
