"""Interrupted and open releases: found again in ECS, settled by who reads, carried on without doing anything twice."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from appdeploy.aws.releases_table import LOCK_KEY, put_of, release_key
from appdeploy.ledger.writer import since_start
from appdeploy.model.errors import Refused
from appdeploy.model.events import Progress, Registered, Started
from appdeploy.model.ledger_entry import ServiceEntry, StepKind, VersionRef
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.release_id import new_release_id
from appdeploy.reconcile.list import Wanted, list_releases
from appdeploy.reconcile.resume import Request, prepare_resume
from appdeploy.rollback import prepare as back
from tests.support.fake_table import FREEZE
from tests.support.release_scenario import DONE, LONG_AGO, ROLLED_BACK, AwsSays, FakeService, Moment, crashed, only, up
from tests.support.rollbacks import OK, entry_of, remembered

SOMEBODY = {name: {"S": name} for name in ("who", "since", "token")}


@pytest.fixture
def agent(aws):
    return aws.scripted(Moment(), DONE)


def read(command: Any, capsys: Any, *more: str) -> str:
    """The list below its titles."""
    assert command("releases", "-e", "staging", *more) == 0
    return str(capsys.readouterr().out).removeprefix("RELEASE").partition("\n")[2]


def resume(command: Any, aws: Any, *more: str) -> int:
    """The dead holder's lease is over."""
    aws.let_lease_pass()
    return int(command("resume", "-e", "staging", "--until", "complete", *more))


@pytest.mark.usefixtures("agent")
def test_killed_after_registering_nothing_is_registered_again(aws, command, killed_at, capsys):
    killed_at(Registered)
    assert aws.ledger[0].services["agent"].deployment_id is None
    assert resume(command, aws) == 0
    assert [name for name, _ in aws.writes] == ["RegisterTaskDefinition", "UpdateService"]
    entry = aws.ledger[0]
    assert (entry.outcome, entry.settled) == ("live", True)
    assert aws.lock_item.get("holder") is None
    capsys.readouterr()


@pytest.mark.usefixtures("agent")
def test_killed_after_the_update_the_deployment_is_found(aws, command, killed_at):
    killed_at(Started)
    assert aws.ledger[0].services["agent"].deployment_id is None, "it died before it could write that"
    assert resume(command, aws) == 0
    assert aws.count("UpdateService") == 1
    assert aws.ledger[0].outcome == "live"


@pytest.mark.usefixtures("agent")
def test_killed_while_watching_the_outcome_is_told_by_resume(aws, command, killed_at, capsys):
    killed_at(Progress)
    assert resume(command, aws) == 0
    out = capsys.readouterr().out
    assert "v2 to staging, resumed" in out
    assert "agent: live" in out


def test_a_resumed_release_that_fails_is_stopped_like_any_other(aws, command, killed_at, agent):
    agent.script = [Moment(), Moment(), Moment((crashed(1), crashed(2)))]
    agent.after_stop = [ROLLED_BACK]
    killed_at(Started)
    assert resume(command, aws) == 21
    assert aws.ledger[0].outcome == "rolled-back"


@pytest.mark.usefixtures("agent")
def test_steps_that_were_cut_off_are_marked_so_and_who_resumed_is_named(aws, command, killed_at):
    killed_at(Registered)
    resume(command, aws)
    steps = [(step.kind, step.interrupted, step.finished is not None) for step in aws.ledger[0].steps]
    assert steps == [
        (StepKind.REGISTER, True, False),
        (StepKind.RESUME, False, True),
        (StepKind.UPDATE, False, True),
    ]
    assert aws.ledger[0].steps[1].reason.endswith("assumed-role/release/alice")


@pytest.mark.usefixtures("agent")
def test_a_resume_that_plans_again_under_the_lock_is_one_step(aws, clients, killed_at):
    killed_at(Registered)
    request = Request("staging", None)
    first = prepare_resume(request, clients).entry
    aws.table.put(put_of("t", first)["Put"]["Item"])
    kinds = [step.kind.value for step in prepare_resume(request, clients).entry.steps]
    assert kinds == ["register", "resume", "update"]
    another = prepare_resume(Request("staging", None), clients).entry
    assert [step.kind.value for step in another.steps] == ["register", "resume", "update", "resume", "update"]


@pytest.mark.usefixtures("agent")
def test_a_resumed_release_counts_from_its_start(aws, clients, killed_at):
    killed_at(Registered)
    entry = prepare_resume(Request("staging", None), clients).entry
    entry = entry.model_copy(update={"started": entry.started - timedelta(seconds=20)})
    assert since_start(entry, ServiceResult("agent", Outcome.LIVE, "v2", seconds=0.1)).seconds == pytest.approx(20.1, abs=1)
    fresh = entry.model_copy(update={"steps": ()})
    assert since_start(fresh, ServiceResult("agent", Outcome.LIVE, "v2", seconds=4.0)).seconds == 4.0


def test_steps_of_several_services_name_those_that_they_brought(aws, run, command, capsys):
    services = [aws.released(name, wave=wave) for name, wave in (("agent", 0), ("orchestrator", 0), ("customer-portal", 1))]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    run()
    assert command("releases", "-e", "staging", "--json") == 0
    steps = [(step["kind"], step["services"]) for step in json.loads(capsys.readouterr().out)[0]["steps"]]
    assert steps == [
        ("register", ["agent", "customer-portal", "orchestrator"]),
        ("update", ["agent", "orchestrator"]),
        ("update", ["customer-portal"]),
    ]
    assert command("releases", "show", "latest", "-e", "staging") == 0
    out = capsys.readouterr().out
    assert "  register agent, customer-portal, orchestrator; done after" in out
    assert "  update customer-portal; done after" in out


@pytest.mark.usefixtures("agent")
def test_a_step_that_was_cut_off_names_those_that_it_was_for(aws, command, killed_at, capsys):
    killed_at(Registered)
    assert command("releases", "show", "latest", "-e", "staging") == 0
    assert "  register agent; not done" in capsys.readouterr().out


def test_what_was_never_sent_is_not_sent_over_a_later_deployment(aws, command, killed_at, agent, capsys):
    killed_at(Registered)
    agent.ours = agent.task_definition
    agent.moment = Moment(primary="rival", rollout="COMPLETED")
    agent.script = [agent.moment]
    assert resume(command, aws) == 23
    assert aws.count("UpdateService") == 0
    assert "its update was not sent, and ecs-svc/9 was started since" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "found"), [("rollback", "superseded"), ("found", "live")])
def test_the_deployment_that_another_release_records_is_not_taken_for_ours(aws, clients, killed_at, agent, kind, found):
    """It runs the same revision, as a rollback's does. What no release wrote claims nothing."""
    killed_at(Started)
    agent.script = [DONE]
    service = ServiceEntry(
        service="arn",
        change="rollback",
        previous=VersionRef(),
        target=VersionRef(),
        deployment_id=agent.deployment_id,
        settled=True,
    )
    other = entry_of(service).model_copy(update={"kind": kind})
    aws.table.put(put_of("t", other)["Put"]["Item"])
    [reading] = list_releases(clients, "staging", 5, None, only_open=False, wanted=Wanted(outcome=found))[:1]
    assert (reading.entry.services["agent"].outcome, reading.entry.id == other.id) == (found, False)


def test_a_resume_with_nothing_left_to_do_closes_the_entry_and_frees_the_dead_holders_lock(aws, run, clients, killed_at, agent):
    killed_at(Registered)
    agent.ours = agent.task_definition
    agent.script = [Moment(primary="rival", rollout="COMPLETED")]
    run(plan=lambda: prepare_resume(Request("staging", None), clients))
    assert (aws.ledger[0].outcome, aws.ledger[0].settled) == ("superseded", True)
    assert "holder" not in aws.lock_item


@pytest.mark.usefixtures("agent")
def test_a_resume_that_cannot_be_planned_again_leaves_the_release_open(aws, run, clients, killed_at):
    killed_at(Started)
    plans = iter([prepare_resume(Request("staging", None), clients)])

    def plan():
        with contextlib.suppress(StopIteration):
            return next(plans)
        raise Refused("the release could not be read")

    with pytest.raises(Refused):
        run(plan=plan)
    assert (aws.ledger[0].outcome, aws.ledger[0].settled) == (None, False)
    assert "holder" not in aws.lock_item


@pytest.mark.usefixtures("agent")
def test_an_interrupted_release_is_listed_with_the_way_on(aws, command, killed_at, capsys):
    killed_at(Registered)
    assert "running" in read(command, capsys), "its lease is not over"
    aws.lock_item = {"fence": {"N": "2"}, "beat": {"N": "0"}}
    assert "interrupted" in read(command, capsys)
    release = aws.ledger[0].id
    assert command("releases", "show", release, "-e", "staging") == 0
    assert f"appdeploy resume -e staging {release} continues it" in capsys.readouterr().out


def test_a_reader_settles_what_ecs_decided_since(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    assert "live, not settled" in read(command, capsys)
    agent.script = [DONE]
    assert "live  " in read(command, capsys)
    assert aws.ledger[0].settled


def test_a_reader_tells_that_a_live_release_was_rolled_back_after_all(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    agent.script = [Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", reason="alarm 5xx went off")]
    assert "rolled-back-by-ecs" in read(command, capsys)
    service = aws.ledger[0].services["agent"]
    assert (service.outcome, service.settled, service.cause) == ("rolled-back-by-ecs", True, "alarm 5xx went off")


def test_a_reader_without_the_right_to_write_shows_the_outcome_and_leaves_the_entry(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    agent.script = [DONE]
    aws.answers["TransactWriteItems"] = [AwsSays("AccessDeniedException")]
    assert "not settled" not in read(command, capsys)
    assert not aws.ledger[0].settled


def test_the_next_deploy_settles_the_last_one(aws, command, run, agent):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    agent.script = [DONE]
    assert command("deploy", "-e", "staging", "--version", "v2", "--until", "complete") == 0
    assert all(entry.settled for entry in aws.ledger)


def test_status_names_what_is_open(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    assert command("status", "-e", "staging") == 0
    assert f"{aws.ledger[0].id} is live, not settled" in capsys.readouterr().out


@pytest.mark.usefixtures("agent")
def test_status_goes_on_without_the_ledger(aws, command, capsys):
    aws.answers["GetItem"] = [AwsSays("ResourceNotFoundException", "no table")]
    assert command("status", "-e", "staging") == 0
    out = capsys.readouterr().out
    assert "agent: v1" in out
    assert "lock and ledger could not be read: dynamodb:GetItem: ResourceNotFoundException: no table" in out


@pytest.mark.usefixtures("agent")
def test_nothing_to_resume_is_refused(command, capsys):
    assert command("resume", "-e", "staging") == 10
    assert "nothing to resume in staging: no release is open" in capsys.readouterr().err


@pytest.mark.parametrize(("release", "says"), [
    ("upgrade-2026-1125-100000-abc123", "staging has no release upgrade-2026-1125-100000-abc123"),
    ("yesterday", "staging has no release yesterday: `appdeploy releases -e staging` lists them"),
])  # fmt: skip
@pytest.mark.usefixtures("agent")
def test_an_unknown_release_is_refused(command, capsys, release, says):
    assert command("resume", release, "-e", "staging") == 10
    assert says in capsys.readouterr().err
    assert command("releases", "show", release, "-e", "staging") == 10
    assert says in capsys.readouterr().err


# What cannot be read hides nothing else


BROKEN = "upgrade-2025-1126-100000-badbad"


@pytest.fixture
def broken(aws, run, agent):
    """A good release, and an entry of a newer schema beside it."""
    run()
    aws.remember(agent, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    entry = aws.ledger[0].model_dump(mode="json") | {"id": BROKEN, "schema_version": "7.0"}
    aws.table.put({**release_key(BROKEN), "entry": {"S": json.dumps(entry)}, "version": {"N": "1"}, "open": {"S": "open"}})


@pytest.mark.usefixtures("broken")
def test_an_entry_that_cannot_be_read_is_a_line_of_its_own(aws, command, capsys):
    out = read(command, capsys)
    good = aws.ledger[0].id
    assert {line.split()[0] for line in out.splitlines()} == {good, BROKEN}
    assert "unreadable" in out
    assert "schema version 7.0 is not 1.x" in out
    assert command("releases", "-e", "staging", "--json") == 0
    listed = {item["id"]: item for item in json.loads(capsys.readouterr().out)}
    assert (listed[good]["outcome"], listed[good]["exit_code"]) == ("live", 0)
    assert "schema version" in listed[BROKEN]["unreadable"]
    assert read(command, capsys, "--open").startswith(BROKEN)


@pytest.mark.usefixtures("broken")
def test_status_shows_lock_and_releases_beside_such_an_entry(aws, command, capsys):
    aws.table.put({**LOCK_KEY, "fence": {"N": "1"}, "beat": {"N": "1"}, "freeze": FREEZE})
    assert command("status", "-e", "staging") == 0
    out = capsys.readouterr().out
    assert f"an entry of the ledger cannot be read: {BROKEN}: " in out
    assert "load test" in out


def test_what_cannot_be_settled_is_listed_as_it_is_and_why(aws, command, run, capsys, agent):
    agent.script = [Moment(), Moment((up(1), up(2)))]
    run(until_complete=False)
    aws.answers["DescribeServices"] = [AwsSays("ServerException")] * 10
    out = read(command, capsys)
    assert "live, not settled" in out
    assert "what is not settled could not be looked up: ecs:DescribeServices: ServerException" in out


def test_a_release_is_found_by_the_end_of_its_id_and_as_the_latest(aws, command, run, capsys, agent):
    run()
    assert isinstance(agent, FakeService)
    [entry] = aws.ledger
    for words in (entry.id, entry.id[-6:], "latest"):
        assert command("releases", "show", words, "-e", "staging") == 0
        assert capsys.readouterr().out.startswith(entry.id)


def test_releases_are_listed_by_service_outcome_and_time(aws, command, run, capsys, agent):
    run()
    aws.remember(agent, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    [entry] = aws.ledger
    for words, listed in (
        (("--service", "agent"), True),
        (("--service", "portal"), False),
        (("--outcome", "live"), True),
        (("--outcome", "failed"), False),
        (("--since", "2020-01-01"), True),
        (("--since", "2099-01-01 10:30"), False),
        (("--service", "agent", "--outcome", "live", "--since", "2020-01-01T00:00"), True),
    ):
        assert (entry.id in read(command, capsys, *words)) == listed, words


def test_what_is_wanted_is_looked_for_page_by_page(aws, clients, agent):
    """The one release of the portal is the oldest of many."""
    agent.history = ()
    for number in range(205):
        name = "portal" if number == 0 else "agent"
        started = LONG_AGO + timedelta(minutes=number)
        service = ServiceEntry(service="arn", change="release", previous=VersionRef(), target=VersionRef(), settled=True)
        entry = entry_of(service, new_release_id("upgrade", started, f"{number:06x}"), started)
        entry = entry.model_copy(
            update={"services": {name: service.model_copy(update={"outcome": "live", "deployment_id": "x"})}}
        )
        aws.table.put(put_of("t", entry)["Put"]["Item"])
    found = list_releases(clients, "staging", 5, None, only_open=False, wanted=Wanted(service="portal"))
    assert [list(each.entry.services) for each in found] == [["portal"]]
    recent = Wanted(service="portal", since=LONG_AGO + timedelta(minutes=150))
    assert list_releases(clients, "staging", 5, None, only_open=False, wanted=recent) == []


def test_an_end_of_several_ids_is_refused(aws, command, run, agent, capsys):
    for version in ("v2", "v1"):
        agent.script = [Moment(), DONE]
        run(version)
        agent.task_definition, agent.ours, agent.moment = agent.ours, None, None
    assert command("releases", "show", "", "-e", "staging") == 10
    assert "is the end of several releases" in capsys.readouterr().err


@pytest.mark.usefixtures("agent")
def test_resuming_a_settled_release_tells_its_outcome(aws, command, run):
    run()
    aws.calls.clear()
    assert command("resume", aws.ledger[0].id, "-e", "staging") == 0
    assert aws.writes == []


def test_a_deployment_that_no_release_made_is_added_once(aws, command, capsys):
    service = aws.released()
    aws.environment(service)
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    read(command, capsys)
    out = read(command, capsys)
    assert [line.split()[0].rsplit("-", 2)[0] for line in out.splitlines()] == ["found-2025-1127", "found-2025-1126"]
    assert len(aws.ledger) == 2


def test_a_release_of_a_service_that_is_removed_later_says_that_it_was_live(aws, command, run, capsys, agent):
    agent.script = [Moment(), Moment((up(1), up(2)))]
    run(until_complete=False)
    aws.services.clear()
    del aws.parameters["services/agent"]
    aws.environment(aws.released("portal"))
    assert "unknown" in read(command, capsys)
    [entry] = [entry for entry in aws.ledger if "agent" in entry.services]
    assert (entry.services["agent"].outcome, entry.services["agent"].settled) == ("unknown", True)
    assert entry.services["agent"].cause == "it was live when its command ended; the service was removed since"


def test_a_release_is_not_added_a_second_time(aws, command, run, capsys, agent):
    run()
    read(command, capsys)
    assert [entry.kind for entry in aws.ledger] == ["upgrade"]
    assert isinstance(agent, FakeService)


def test_pages_follow_one_another(aws, command, run, agent, capsys):
    for version in ("v2", "v1", "v2"):
        agent.script = [Moment(), DONE]
        run(version)
        agent.task_definition, agent.ours, agent.moment = agent.ours, None, None
    ids = [entry.id for entry in aws.ledger]
    assert len(ids) == 3
    assert [line.split()[0] for line in read(command, capsys, "-n", "1").splitlines()] == ids[:1]
    assert [line.split()[0] for line in read(command, capsys, "--before", ids[0]).splitlines()] == ids[1:]


@pytest.mark.usefixtures("agent")
def test_an_interruption_with_the_way_back_wanted_rolls_back(aws, run, clock):
    agent = next(iter(aws.services.values()))
    agent.script = [Moment(), Moment((up(1),))]
    agent.after_stop = [ROLLED_BACK]
    interrupted = []

    def interrupt() -> None:
        if not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    clock.on_sleep = interrupt
    result = only(run(back_on_interrupt=True))
    assert (result.outcome, result.cause) == (Outcome.ROLLED_BACK, "interrupted")


@pytest.mark.usefixtures("agent")
def test_an_interruption_while_the_first_updates_are_sent_rolls_back_what_was_sent(aws, run, clock):
    agent = next(iter(aws.services.values()))
    agent.script = [Moment(), Moment((up(1),))]
    agent.after_stop = [ROLLED_BACK]
    result = only(run(back_on_interrupt=True, on_event=lambda event: clock.interrupt() if isinstance(event, Started) else None))
    assert (result.outcome, result.cause) == (Outcome.ROLLED_BACK, "interrupted")


def test_an_interrupted_rollback_is_resumed_through_a_freeze(aws, command, killed_at, capsys, clients):
    remembered(aws, ("v1", OK), ("v2", OK))
    plan = partial(back.prepare_rollback, back.Request("staging", ()), clients)
    killed_at(Started, plan=plan, lock_wait=None)
    aws.lock_item = {**aws.lock_item, "freeze": {"M": {name: {"S": name} for name in ("who", "since", "reason")}}}
    assert command("resume", "-e", "staging", "--until", "complete") == 0
    assert aws.count("UpdateService") == 1
    assert "frozen by who" in capsys.readouterr().out


def test_what_the_circuit_breaker_stopped_before_somebody_came_failed_and_was_not_superseded(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    agent.script = [Moment(status="STOPPED", primary="rival", rollout="COMPLETED", triggered=True)]
    read(command, capsys)
    assert aws.ledger[0].services["agent"].outcome == "failed"


def test_what_somebody_replaced_was_superseded(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    agent.script = [Moment(status="STOPPED", primary="rival", rollout="COMPLETED")]
    read(command, capsys)
    assert aws.ledger[0].services["agent"].outcome == "superseded"


def test_a_lock_that_was_never_let_go_hides_no_outcome(aws, command, run, agent, capsys):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    aws.lock_item = {**aws.lock_item, "holder": {"M": {"release": {"S": aws.ledger[0].id}, **SOMEBODY}}}
    agent.script = [DONE]
    assert "live  " in read(command, capsys)
    assert not aws.ledger[0].settled, "who may be at work writes it"
