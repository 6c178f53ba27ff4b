"""`status --wait`: until nothing is under way and all works, or the time is over."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appdeploy.model.errors import Refused
from appdeploy.model.events import Started
from appdeploy.status.read import read_status
from appdeploy.status.report import OpenRelease, Underway
from appdeploy.status.wait import Standing, Wait, standing
from appdeploy.status.watch import Look
from tests.support.release_scenario import DONE, AwsSays, Moment, under_way, up

WAIT = ("status", "-e", "staging", "--wait")
ROLLING = Underway("ecs-svc/7", "rolling out", "v2", 1, 2)


@pytest.fixture
def steady(clients, aws):
    aws.environment(aws.released())
    aws.services[next(iter(aws.services))].moment = Moment((up(1), up(2)), primary="former", rollout="COMPLETED")
    return read_status(clients, "staging", ())


def busy(report):
    return replace(report, services=tuple(replace(service, underway=ROLLING) for service in report.services))


def failing(report):
    return replace(report, services=tuple(replace(service, running=0) for service in report.services))


def waited(clock, *readings, timeout=60.0):
    """Where it ended, what was shown, and how long it took."""
    left = iter(readings)

    def read():
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    begun, wait = clock.now(), Wait(read, clock, 5.0, timeout)
    shown = list(wait)
    return wait.standing, shown, clock.now() - begun


def test_what_is_steady_is_not_waited_for(clock, steady):
    assert waited(clock, steady) == (Standing.STEADY, [Look(steady)], 0.0)


def test_it_waits_for_a_deployment_and_then_for_health(clock, steady):
    ended, shown, seconds = waited(clock, busy(steady), busy(steady), failing(steady), steady)
    assert (ended, seconds) == (Standing.STEADY, 15.0)
    assert shown == [Look(busy(steady)), Look(failing(steady)), Look(steady)], "each change once"


@pytest.mark.parametrize(("change", "expected"), [(busy, Standing.UNDER_WAY), (failing, Standing.UNHEALTHY)])
def test_the_end_of_the_time_says_what_was_not_reached(clock, steady, change, expected):
    ended, _, seconds = waited(clock, *[change(steady)] * 9, timeout=12.0)
    assert (ended, seconds) == (expected, 12.0)


def test_without_lock_and_ledger_nobody_knows_whether_a_command_is_at_work(clock, steady):
    silent = replace(steady, ledger_problem="dynamodb:GetItem: InternalServerError")
    assert waited(clock, silent, silent, steady)[0] is Standing.STEADY
    assert standing(Look(silent)) is Standing.UNHEALTHY


def test_a_look_that_fails_is_no_end(clock, steady):
    ended, shown, _ = waited(clock, busy(steady), Refused("no answer"), steady)
    assert ended is Standing.STEADY
    assert shown[1] == Look(busy(steady), "no answer")


def test_what_could_not_be_read_again_is_not_called_steady(steady):
    assert standing(Look(steady, "no answer")) is Standing.UNHEALTHY


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (OpenRelease("upgrade-1", "running", False, True, ("agent",)), Standing.UNDER_WAY),
        (OpenRelease("upgrade-1", "running", False, True, ("orchestrator",)), Standing.STEADY),
        (OpenRelease("upgrade-1", "interrupted", True, False, ("agent",)), Standing.STEADY),
    ],
    ids=["between two waves", "of another service", "without a command"],
)
def test_a_command_that_changes_the_service_is_under_way(steady, release, expected):
    assert standing(Look(replace(steady, open_releases=(release,)))) is expected


@pytest.mark.parametrize("change", [{"alarms_problem": "no answer"}, {"malformed": ("x",)}])
def test_what_cannot_be_read_is_not_healthy(steady, change):
    assert standing(Look(replace(steady, **change))) is Standing.UNHEALTHY


# The lock's holder


@pytest.fixture
def held(aws, command, capsys, killed_at):
    """`status --wait` while a killed release holds the lock, silent for so many seconds; its deployment has ended well."""

    def go(silent: float, *more: str) -> tuple[int, str]:
        service = aws.scripted(Moment(), DONE)
        killed_at(Started)
        service.script = [DONE]
        aws.environment(service, aws.released("orchestrator"))
        renewed = datetime.now(UTC) - timedelta(seconds=silent)
        aws.lock_item = {**aws.lock_item, "renewed": {"S": renewed.isoformat()}}
        code = command(*WAIT, "--timeout", "5", *more)
        return code, capsys.readouterr().out

    return go


def test_a_dead_holder_ends_no_wait_and_is_not_called_a_holder(held):
    code, text = held(3600)
    assert code == 0
    assert "the lock is left behind by upgrade-" in text
    assert "its process has been silent for 60 min 0 s: its release has ended, and the next release takes the lock over" in text
    assert not any(word in text for word in ("held by", "rollback", "--lock-wait", " is running"))


@pytest.mark.parametrize(
    ("silent", "said"),
    [(0, "status -e staging --wait` waits for its end"), (15, " is not known to run: its process is silent\n")],
)
def test_a_holder_that_may_be_alive_is_waited_for(held, silent, said):
    code, text = held(silent)
    assert (code, "the lock is held by upgrade-" in text, " is running" in text) == (24, True, silent == 0)
    assert said in text
    assert "--lock-wait" not in text


def test_a_holder_of_other_services_is_not_waited_for_and_the_line_says_so(held):
    code, text = held(0, "-s", "orchestrator")
    assert (code, "; it changes only agent: " in text, " is running" in text) == (0, True, True)


# The command


def test_a_rollout_is_waited_for(aws, command, capsys):
    service = under_way(aws, up(1))
    service.script = [service.moment, service.moment, DONE]
    assert command(*WAIT) == 0
    out, err = capsys.readouterr()
    blocks = [block for block in out.split("\n\n") if block]
    assert ("rolling out: " in blocks[0], "rolling out: " in blocks[-1], err) == (True, False, "")


def test_one_that_is_still_under_way_exits_24(aws, command, capsys):
    service = under_way(aws, up(1))
    service.script = [service.moment]
    assert command(*WAIT, "--timeout", "20") == 24
    assert capsys.readouterr().err == "appdeploy: after 20 s something is still under way\n"


def test_one_that_fails_exits_22(aws, command, capsys):
    aws.environment(aws.released())
    aws.services[next(iter(aws.services))].moment = Moment((up(1),), primary="former", rollout="COMPLETED", running=1)
    assert command(*WAIT, "--timeout", "20", "--json") == 22
    out, err = capsys.readouterr()
    assert json.loads(out)["services"][0]["healthy"] == 1
    assert err == "appdeploy: after 20 s nothing is under way, and something fails or could not be read\n"


def test_a_first_look_that_fails_exits_10(aws, command):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [AwsSays("AccessDeniedException")]
    assert command(*WAIT) == 10


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_exits_130(aws, command):
    under_way(aws, up(1))
    assert command(*WAIT) == 130


def test_it_waits_on_when_nobody_reads_any_more(aws, command, monkeypatch, tmp_path):
    service = under_way(aws, up(1))
    service.script = [service.moment, service.moment, DONE]

    class Gone(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    with (tmp_path / "out").open("w") as file, monkeypatch.context() as patch:
        gone = Gone()
        gone.fileno = file.fileno
        patch.setattr(sys, "stdout", gone)
        assert command(*WAIT) == 0
    assert service.script == [DONE]


@pytest.mark.parametrize(
    "more",
    [("--timeout", "3"), ("--wait", "--watch"), ("--wait", "--expect-healthy"), ("--wait", "--timeout", "0")],
    ids=" ".join,
)
def test_options_that_make_no_sense(more, command, aws):
    assert command("status", "-e", "staging", *more) == 2
    assert aws.calls == []
