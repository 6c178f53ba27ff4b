"""Releases of several services: their order, and the way back of all when one fails."""

from __future__ import annotations

import pytest

from appdeploy.model.events import Finished, Reverting, Started, Stopping
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.operation import Restart
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DONE, ROLLED_BACK, AwsSays, Killed, Moment, crashed, up
from tests.support.rollbacks import OK

LIVE = Moment((up(1), up(2)))
CRASHING = Moment((crashed(1), crashed(2)))
GOING_BACK = Moment(status="ROLLBACK_IN_PROGRESS", primary="former")


@pytest.fixture
def three(aws):
    """The orchestrator before the agent and the portal; each goes well unless its script says otherwise."""
    services = {
        name: aws.released(name, wave=order) for name, order in (("agent", 1), ("customer-portal", 1), ("orchestrator", 0))
    }
    for service in services.values():
        service.script, service.after_stop, service.after_return = [Moment(), LIVE, DONE], [GOING_BACK, ROLLED_BACK], [DONE]
    aws.environment(*services.values())
    return services


def outcomes(results):
    return {result.service: result.outcome for result in results}


def updates(aws):
    """The services that were updated, in that order, by their short names."""
    sent = [params["service"] for name, params in aws.writes if name == "UpdateService"]
    return [arn.rsplit("/", 1)[1].removeprefix("axonflow-staging-").removesuffix("-service") for arn in sent]


# Order


@pytest.mark.usefixtures("three")
def test_a_group_begins_when_those_before_it_are_live(aws, run):
    assert set(outcomes(run()).values()) == {Outcome.LIVE}
    assert updates(aws)[0] == "orchestrator"
    live = next(place for place, event in enumerate(aws.calls) if event[1] == "DescribeTargetHealth")
    later = [place for place, event in enumerate(aws.calls) if event[1] == "UpdateService"][1:]
    assert len(later) == 2
    assert all(place > live for place in later), "no one had seen the orchestrator healthy"


def test_a_group_does_not_wait_for_the_bake_of_the_one_before(three, aws, run):
    three["orchestrator"].script = [Moment(), *[LIVE] * 8, DONE]
    finished = []

    def watch(event):
        if isinstance(event, Started) and event.service == "agent":
            finished.extend(each for each in run.events if isinstance(each, Finished))

    assert set(outcomes(run(on_event=watch)).values()) == {Outcome.LIVE}
    assert finished == [], "the orchestrator is live and not complete when the agent begins"


def test_all_revisions_are_registered_before_the_first_group_begins(three, aws, run):
    run()
    assert [name for name, _ in aws.writes][:4] == ["RegisterTaskDefinition"] * 3 + ["UpdateService"]


def test_an_unchanged_service_holds_nobody_up(aws, run):
    aws.environment(aws.released("orchestrator", version="v2"), aws.released("agent", wave=1))
    aws.services[next(arn for arn in aws.services if "agent" in arn)].script = [Moment(), DONE]
    assert outcomes(run()) == {"orchestrator": Outcome.UNCHANGED, "agent": Outcome.LIVE}


@pytest.mark.parametrize("atomic", [True, False])
def test_when_a_group_fails_the_later_ones_are_not_begun(three, aws, run, atomic):
    three["orchestrator"].script = [Moment(), CRASHING]
    results = run(atomic=atomic)
    assert outcomes(results) == {
        "orchestrator": Outcome.ROLLED_BACK,
        "agent": Outcome.SKIPPED,
        "customer-portal": Outcome.SKIPPED,
    }
    assert updates(aws) == ["orchestrator"]
    held = next(result for result in results if result.service == "agent")
    assert held.cause == "orchestrator ended rolled-back: 2 tasks exited with code 1"
    assert held.serving == "v1 still serves"
    assert aws.ledger[0].settled


def test_behind_one_that_is_still_under_way_at_the_deadline_a_group_may_begin_later(three, aws, run, command):
    three["orchestrator"].script = [Moment(), Moment((up(1, False),))]
    assert outcomes(run(timeout=30)) == {
        "orchestrator": Outcome.TIMED_OUT,
        "agent": Outcome.SKIPPED,
        "customer-portal": Outcome.SKIPPED,
    }
    assert aws.count("StopServiceDeployment") == 0
    three["orchestrator"].script = [LIVE, DONE]
    assert command("resume", "-e", "staging", "--until", "complete") == 0
    assert sorted(updates(aws)) == ["agent", "customer-portal", "orchestrator"]
    assert aws.ledger[0].outcome == "live"


def test_who_waits_behind_one_that_timed_out_takes_nobody_back(aws, run, command):
    live, late, behind = aws.released("agent"), aws.released("orchestrator"), aws.released("customer-portal", wave=1)
    live.script, late.script, behind.script = [Moment(), LIVE, DONE], [Moment(), Moment((up(1, False),))], [Moment(), DONE]
    aws.environment(live, late, behind)
    assert outcomes(run(timeout=30, atomic=True)) == {
        "agent": Outcome.LIVE,
        "orchestrator": Outcome.TIMED_OUT,
        "customer-portal": Outcome.SKIPPED,
    }
    assert updates(aws) == ["agent", "orchestrator"]
    assert not aws.ledger[0].services["agent"].settled, "it may still have to go back"
    late.script = [LIVE, DONE]
    assert command("resume", "-e", "staging", "--until", "complete") == 0
    assert aws.ledger[0].outcome == "live"


def test_all_later_groups_wait_for_one_that_timed_out(three, aws, run, command):
    aws.environment(*three.values(), last := aws.released("gateway", wave=2))
    three["orchestrator"].script, last.script = [Moment(), Moment((up(1, False),))], [Moment(), DONE]
    assert outcomes(run(timeout=30))["gateway"] is Outcome.SKIPPED
    three["orchestrator"].script = [LIVE, DONE]
    assert command("resume", "-e", "staging", "--until", "complete") == 0
    assert updates(aws)[-1] == "gateway"


def test_what_was_not_begun_is_not_taken_for_a_later_restart(three, aws, run, command):
    """A restart begins what the service runs already, so that its revision does not tell two of them apart."""
    three["orchestrator"].script = [Moment(), Moment((up(1, False),))]
    run(Restart(), timeout=30)
    first = aws.ledger[0]
    assert first.services["agent"].outcome == "skipped"
    three["agent"].script = [DONE]
    assert command("restart", "-e", "staging", "-s", "agent", "--until", "complete") == 0
    command("releases", "-e", "staging")
    reported = next(entry for entry in aws.ledger if entry.id == first.id).services["agent"]
    assert (reported.outcome, reported.settled) == ("superseded", True)


def test_what_goes_back_goes_at_once(aws, back):
    services = [aws.released("orchestrator"), aws.released("agent", wave=1)]
    for service in services:
        aws.remember(service, ("v1", OK), ("v2", OK))
        service.script = [Moment(), DONE]
    aws.environment(*services)
    assert set(outcomes(back()).values()) == {Outcome.LIVE}
    assert [len(group) for group in back.plan.waves] == [2]


def test_the_plan_says_in_which_group_a_service_is(three, command, capsys):
    assert command("plan", "-e", "staging", "--version", "v2") == 0
    out = capsys.readouterr().out
    assert "orchestrator (group 1): v1 " in out
    assert "agent (group 2): v1 " in out


# All or none


def test_what_is_under_way_is_stopped_when_another_one_fails(three, aws, run):
    three["orchestrator"].script = [LIVE, DONE]
    three["agent"].script = [Moment(), Moment((up(1),)), Moment((up(1),))]
    three["customer-portal"].script = [Moment(), CRASHING]
    results = {result.service: result for result in run()}
    agent = results["agent"]
    assert agent.outcome is Outcome.ROLLED_BACK
    assert agent.cause == "customer-portal ended rolled-back: 2 tasks exited with code 1"
    assert agent.serving == "v1 serves again (2 tasks)"
    assert three["agent"].stopped


def test_the_others_go_back_as_soon_as_one_is_being_rolled_back(three, aws, run):
    """ECS needs as long for that as for a release: the others do not wait for its end."""
    for name in ("orchestrator", "customer-portal"):
        three[name].script = [LIVE, *[LIVE] * 5, DONE]
    three["agent"].script, three["agent"].after_stop = [Moment(), CRASHING], [*[GOING_BACK] * 9, ROLLED_BACK]
    order = []

    def watch(event):
        if isinstance(event, Stopping) or (isinstance(event, Finished) and event.result.service == "agent"):
            order.append((type(event), getattr(event, "service", "agent")))

    assert set(outcomes(run(on_event=watch)).values()) == {Outcome.ROLLED_BACK}
    assert order[0] == (Stopping, "agent")
    assert order[-1] == (Finished, "agent"), "it was the last to end, and the others were stopped before"
    assert {service for kind, service in order if kind is Stopping} == set(three)


def test_the_others_go_back_as_soon_as_ecs_itself_rolls_one_back(three, aws, run):
    """Left to the circuit breaker, it has failed when ECS begins."""
    for name in ("orchestrator", "customer-portal"):
        three[name].script = [LIVE, *[LIVE] * 5, DONE]
    three["agent"].script = [
        Moment(),
        *[Moment(status="ROLLBACK_IN_PROGRESS", primary="former", triggered=True)] * 9,
        ROLLED_BACK,
    ]
    results = {result.service: result for result in run(patient=True)}
    assert {result.outcome for result in results.values()} <= {Outcome.ROLLED_BACK, Outcome.ROLLED_BACK_BY_ECS}
    assert three["orchestrator"].stopped
    assert three["customer-portal"].stopped
    assert str(results["orchestrator"].cause).startswith("agent ended rolled-back-by-ecs: ")


@pytest.mark.parametrize("until_complete", [True, False])
def test_what_is_complete_returns_to_its_former_task_definition(three, aws, run, until_complete):
    orchestrator = three["orchestrator"]
    orchestrator.script = [DONE]
    three["agent"].script = [Moment(), CRASHING]
    three["customer-portal"].script = [Moment(), CRASHING]
    results = {result.service: result for result in run(until_complete=until_complete)}
    reported = results["orchestrator"]
    assert (reported.outcome, reported.serving, reported.final) == (Outcome.ROLLED_BACK, "v1 serves (2 tasks)", True)
    assert reported.cause is not None
    assert reported.cause.endswith(" ended rolled-back: 2 tasks exited with code 1")
    assert aws.writes[-1][1].keys() == {"cluster", "service", "taskDefinition"}
    assert aws.writes[-1][1]["taskDefinition"] == orchestrator.task_definition
    assert any(isinstance(event, Reverting) for event in run.events)
    entry = aws.ledger[0]
    assert (entry.outcome, entry.settled, entry.services["orchestrator"].revert_deployment_id) == (
        "rolled-back",
        True,
        "ecs-svc/" + "8" + "0" * 17 + "8",
    )
    assert [step.finished is not None for step in entry.steps if step.kind is StepKind.REVERT] == [True]


def test_a_return_that_fails_needs_a_person(three, aws, run):
    three["orchestrator"].script, three["orchestrator"].after_return = [DONE], [Moment(), ROLLED_BACK]
    three["agent"].script = [Moment(), CRASHING]
    reported = {result.service: result for result in run()}["orchestrator"]
    assert reported.outcome is Outcome.FAILED
    assert "the revert failed" in str(reported.cause)


def test_a_return_that_aws_refuses_needs_a_person(three, aws, run):
    three["orchestrator"].script = [DONE]
    three["agent"].script = [Moment(), CRASHING]

    def refuse(event):
        if isinstance(event, Stopping) and event.service == "agent":
            # The portal may be live by then, and return beside it.
            aws.answers["UpdateService"] = [AwsSays("ClientException", "is inactive")] * 2

    reported = {result.service: result for result in run(on_event=refuse)}["orchestrator"]
    assert reported.outcome is Outcome.FAILED
    assert "could not be restored: " in str(reported.cause)
    assert reported.serving.startswith("v2 serves")


def test_credentials_that_expire_before_a_return_is_sent_leave_its_end_unknown(three, aws, run):
    three["orchestrator"].script = [DONE]
    three["agent"].script = [Moment(), CRASHING]

    def expire(event):
        if isinstance(event, Stopping) and event.service == "agent":
            aws.answers["UpdateService"] = [AwsSays("ExpiredTokenException", "expired")] * 2

    reported = {result.service: result for result in run(on_event=expire)}["orchestrator"]
    assert (reported.outcome, reported.final) == (Outcome.TIMED_OUT, False)
    assert "could not be restored: AWS does not accept the credentials" in str(reported.cause)


def test_what_somebody_else_has_deployed_since_is_not_touched(three, aws, run):
    three["orchestrator"].script = [DONE, Moment((up(1),), status="SUCCESSFUL", primary="rival", rollout="COMPLETED")]
    three["agent"].script = [Moment(), CRASHING]
    results = outcomes(run(until_complete=False))
    assert results["orchestrator"] is Outcome.SUPERSEDED
    assert updates(aws).count("orchestrator") == 1


def test_without_atomic_the_others_stay_live(three, aws, run):
    three["customer-portal"].script = [Moment(), CRASHING]
    assert outcomes(run(atomic=False)) == {
        "orchestrator": Outcome.LIVE,
        "agent": Outcome.LIVE,
        "customer-portal": Outcome.ROLLED_BACK,
    }
    assert aws.count("UpdateService") == 3


def test_a_first_release_goes_back_to_no_task_with_the_others(aws, run):
    first, other = aws.unreleased("orchestrator"), aws.released("agent", wave=1)
    first.script = [DONE]
    first.after_empty = [Moment(status="SUCCESSFUL", primary="former", rollout="COMPLETED", count=0)]
    other.script, other.after_stop = [Moment(), CRASHING], [ROLLED_BACK]
    aws.environment(first, other)
    reported = {result.service: result for result in run()}["orchestrator"]
    assert reported.outcome is Outcome.FAILED
    assert reported.serving == "nothing; the service has 0 tasks"
    assert reported.cause == "agent ended rolled-back: 2 tasks exited with code 1; there is no previous version"
    assert aws.writes[-1][1]["taskDefinition"] == first.contract.template


def test_a_completed_restart_has_nothing_to_go_back_to(three, aws, run):
    three["orchestrator"].script = [DONE]
    three["agent"].script = [Moment(), CRASHING]
    results = outcomes(run(Restart()))
    assert (results["orchestrator"], results["agent"]) == (Outcome.LIVE, Outcome.ROLLED_BACK)
    assert updates(aws).count("orchestrator") == 1


def test_a_release_that_lost_its_turn_takes_nobody_back(three, aws, run):
    three["orchestrator"].script = [DONE]
    three["agent"].script = three["customer-portal"].script = [Moment(), Moment(status="STOPPED", primary="rival")]

    def seize(event):
        if isinstance(event, Finished) and event.result.outcome is Outcome.SUPERSEDED:
            aws.lock_item = {**aws.lock_item, "fence": {"N": "9"}, "mark": {"S": "theirs"}}

    results = outcomes(run(on_event=seize))
    assert results["orchestrator"] is Outcome.LIVE
    assert updates(aws).count("orchestrator") == 1


def test_a_single_service_is_for_itself(aws, run):
    aws.scripted(Moment(), DONE)
    run()
    assert aws.ledger[0].atomic is False


# Resumed


@pytest.fixture
def killed_on_the_way_back(three, killed_at):
    """The agent failed, and the command died while it took the orchestrator back."""

    def go(kind):
        three["orchestrator"].script, three["orchestrator"].after_return = [DONE], [Moment(), DONE]
        three["agent"].script = [Moment(), CRASHING]

        killed_at(kind, lambda event: kind is not Stopping or event.service == "agent")

    return go


@pytest.mark.parametrize("kind", [Stopping, Reverting])
@pytest.mark.parametrize("read", [False, True], ids=["not-read", "read-before"])
def test_a_way_back_that_was_cut_off_is_gone_to_its_end(killed_on_the_way_back, aws, command, kind, read):
    killed_on_the_way_back(kind)
    aws.let_lease_pass()
    if read:
        command("releases", "-e", "staging")
    assert command("resume", "-e", "staging", "--until", "complete") == 21
    entry = aws.ledger[0]
    assert {name: service.outcome for name, service in entry.services.items()}["orchestrator"] == "rolled-back"
    assert entry.settled
    assert updates(aws).count("orchestrator") == 2
    assert len(aws.ledger) == 1, "the way back is no release of its own"


def test_a_way_back_whose_beginning_was_not_written_is_found(three, aws, run, command):
    """The command died between UpdateService and its ledger."""
    three["orchestrator"].script, three["orchestrator"].after_return = [DONE], [Moment(), DONE]
    three["agent"].script = three["customer-portal"].script = [Moment(), CRASHING]  # So that one alone returns.

    def strike(event):
        if isinstance(event, Stopping) and event.service == "agent":
            aws.after["UpdateService"] = [Killed()]

    with pytest.raises(Killed):
        run(on_event=strike)
    aws.let_lease_pass()
    assert aws.ledger[0].services["orchestrator"].revert_deployment_id is None
    assert command("resume", "-e", "staging", "--until", "complete") == 21
    assert aws.ledger[0].services["orchestrator"].revert_deployment_id == three["orchestrator"].deployment_id
    assert updates(aws).count("orchestrator") == 2


def test_what_is_live_stays_open_as_long_as_its_release_may_take_it_back(killed_on_the_way_back, aws, command, capsys):
    killed_on_the_way_back(Stopping)
    aws.let_lease_pass()
    for _ in range(2):
        command("releases", "-e", "staging")
    services = aws.ledger[0].services
    assert (services["agent"].outcome, services["orchestrator"].settled) == ("rolled-back", False)


def test_a_return_that_nobody_watched_is_settled_by_whoever_reads(killed_on_the_way_back, three, aws, command):
    killed_on_the_way_back(Reverting)
    aws.let_lease_pass()
    for _ in range(2):
        command("releases", "-e", "staging")
    reported = aws.ledger[0].services["orchestrator"]
    assert (reported.outcome, reported.settled) == ("rolled-back", True)
    assert "agent failed: 2 tasks" in str(reported.cause)
