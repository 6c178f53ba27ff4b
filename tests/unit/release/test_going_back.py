"""While a service is going back: interruptions at any moment, commands that die and are resumed, and who is to blame."""

from __future__ import annotations

import contextlib

import pytest

from appdeploy.model.errors import Interrupted
from appdeploy.model.events import Phase, Progress, Reverting, Started, Stopping
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DONE, ROLLED_BACK, AwsSays, Moment, crashed, up

LIVE = Moment((up(1), up(2)))
SLOWLY = (Moment(), *[LIVE] * 40)
CRASHING = Moment((crashed(1), crashed(2)))
GOING_BACK = Moment(status="ROLLBACK_IN_PROGRESS", primary="former")
BY_ECS = Moment((crashed(1), crashed(2), crashed(3)), status="ROLLBACK_IN_PROGRESS", primary="former", triggered=True)
BACK_BY_ECS = Moment(BY_ECS.tasks, status="ROLLBACK_SUCCESSFUL", primary="former", triggered=True, rollout="COMPLETED")


def released(aws, *names, waves=(), script=SLOWLY, going_back=6):
    services = {name: aws.released(name, wave=wave) for name, wave in zip(names, waves or [0] * len(names), strict=True)}
    for service in services.values():
        service.script = list(script)
        service.after_stop, service.after_return = [*[GOING_BACK] * going_back, ROLLED_BACK], [DONE]
    aws.environment(*services.values())
    return services


# Interrupted


@pytest.mark.parametrize("by_ecs", [False, True], ids=["stopped", "by-ecs"])
def test_an_interruption_while_it_goes_back_does_not_end_the_watch(aws, run, by_ecs):
    agent = released(aws, "agent")["agent"]
    agent.script = [Moment(), *[BY_ECS] * 9, BACK_BY_ECS] if by_ecs else [Moment(), CRASHING]
    interrupted = []

    def interrupt(event):
        if isinstance(event, Progress) and event.phase is Phase.ROLLING_BACK and not interrupted:
            interrupted.append(event)
            raise KeyboardInterrupt

    [result] = run(on_event=interrupt, back_on_interrupt=True, patient=by_ecs)
    assert result.outcome is (Outcome.ROLLED_BACK_BY_ECS if by_ecs else Outcome.ROLLED_BACK)
    assert interrupted


def one_crashes(aws):
    released(aws, "agent", going_back=3)["agent"].script = [Moment(), CRASHING]


def the_first_wave_crashes(aws):
    released(aws, "agent", "orchestrator", waves=(1, 0), going_back=3)["orchestrator"].script = [Moment(), CRASHING]


def the_last_wave_crashes(aws):
    released(aws, "agent", "orchestrator", waves=(1, 0), going_back=3)["agent"].script = [Moment(), CRASHING]


def all_go_well(aws):
    released(aws, "agent", "orchestrator", waves=(1, 0), script=(Moment(), LIVE, DONE))


@pytest.mark.parametrize("story", [one_crashes, the_first_wave_crashes, the_last_wave_crashes, all_go_well])
@pytest.mark.parametrize("place", ["event", "sleep"])
def test_an_interruption_at_any_moment_leaves_an_outcome_or_says_what_goes_on(aws, run, clock, monkeypatch, story, place):
    sleep = clock.sleep
    for at in range(1, 60):
        aws.__init__()
        story(aws)
        seen = []

        def passes(here, at=at, seen=seen):
            if here == place:
                seen.append(here)
                if len(seen) == at:
                    raise KeyboardInterrupt

        def waiting(seconds, passes=passes):
            passes("sleep")
            sleep(seconds)

        monkeypatch.setattr(clock, "sleep", waiting)
        with contextlib.suppress(KeyboardInterrupt, Interrupted):
            run(on_event=lambda _, passes=passes: passes("event"), back_on_interrupt=True)
        if len(seen) < at:
            return
    pytest.fail("the release has no end")


# Who is to blame


def test_a_resume_that_finds_ecs_rolling_one_back_knows_why(aws, killed_at, command):
    services = released(aws, "agent", "orchestrator")
    services["orchestrator"].script = [Moment(), Moment((up(1, False),)), Moment((up(1, False),))]
    killed_at(Started, lambda event: event.service == "orchestrator", patient=True)
    aws.let_lease_pass()
    services["orchestrator"].script = [*[BY_ECS] * 20, BACK_BY_ECS]
    command("resume", "-e", "staging", "--until", "complete")
    ended = aws.ledger[0].services
    assert ended["agent"].cause == f"orchestrator ended {ended['orchestrator'].outcome}: {ended['orchestrator'].cause}"
    assert "3 tasks exited with code 1" in str(ended["agent"].cause)


def test_a_cause_that_grows_is_told_as_it_was_at_the_end(aws, run):
    one = Moment((crashed(1),), status="ROLLBACK_IN_PROGRESS", primary="former", triggered=True)
    released(aws, "agent", "orchestrator")["orchestrator"].script = [Moment(), *[one] * 5, BY_ECS, BACK_BY_ECS]
    results = {result.service: result for result in run(patient=True)}
    assert results["agent"].cause == f"orchestrator ended rolled-back-by-ecs: {results['orchestrator'].cause}"


def test_who_was_stopped_because_of_another_is_not_blamed_after_a_resume(aws, killed_at, command):
    """The orchestrator crashed and the agent was stopped for it; the command died before it had stopped the portal."""
    services = released(aws, "agent", "customer-portal", "orchestrator", going_back=12)
    services["orchestrator"].script = [Moment(), CRASHING]
    stop, alive = aws._StopServiceDeployment, [True]
    portal = services["customer-portal"]
    aws._StopServiceDeployment = lambda params: (
        AwsSays("ServerException") if alive and aws._by_record(params["serviceDeploymentArn"]) is portal else stop(params)
    )
    killed_at(Stopping, lambda event: event.service == "agent")
    aws.let_lease_pass()
    alive.clear()
    assert command("resume", "-e", "staging", "--until", "complete") == 21
    causes = {name: str(service.cause) for name, service in aws.ledger[0].services.items()}
    assert causes["orchestrator"] == "2 tasks exited with code 1"
    assert causes["agent"] == causes["customer-portal"] == "orchestrator ended rolled-back: 2 tasks exited with code 1"


def test_a_revert_that_followed_an_accepted_stop_is_watched_after_a_resume(aws, killed_at, command):
    """The stop came too late for the agent, so that it was reverted by an update; then the command died."""
    services = released(aws, "agent", "orchestrator")
    services["orchestrator"].script = [Moment(), CRASHING]
    services["agent"].after_stop, services["agent"].after_return = [DONE], [Moment(), DONE]
    killed_at(Reverting)
    aws.let_lease_pass()
    command("resume", "-e", "staging", "--until", "complete")
    assert aws.ledger[0].services["agent"].outcome == "rolled-back"
