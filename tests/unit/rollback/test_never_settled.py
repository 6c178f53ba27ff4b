"""A version that was live and was replaced before ECS had completed it: listed, with what to type."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from appdeploy.aws.releases_table import put_of
from appdeploy.model.ledger_entry import ServiceEntry, VersionRef
from appdeploy.rollback.never_settled import never_settled
from appdeploy.rollback.report import TargetsReport
from tests.support.release_scenario import LONG_AGO, AwsSays, Moment, described, task_definition_arn, up
from tests.support.rollbacks import OK, entry_of, listed, remembered

FAMILY = "axonflow-staging-agent"
DEPLOYED, BACK = "upgrade-2026-1101-120000-abcdef", "rollback-2026-1101-120010-fedcba"
SHOWN = (
    f"live 4.0 s, never settled, superseded by {BACK}, `appdeploy rollback -e staging -s agent --to {FAMILY}:7` returns to it"
)


def released(**changes):
    """The part of the agent in the release of v7, which saw it live."""
    known = {
        "service": "s",
        "change": "release",
        "previous": VersionRef(),
        "target": VersionRef(task_definition=task_definition_arn(f"{FAMILY}:7"), version="v7"),
        "base": task_definition_arn(f"{FAMILY}:2"),
        "update_sent": True,
        "deployment_id": "ecs-svc/5",
        "live_at": LONG_AGO + timedelta(seconds=6),
        "outcome": "superseded",
        "settled": True,
    }
    return ServiceEntry(**(known | changes))


def rolled_back(**changes):
    """The part of the agent in the rollback that replaced it."""
    known = {
        "change": "rollback",
        "target": VersionRef(task_definition=task_definition_arn(f"{FAMILY}:2"), version="v2"),
        "deployments_before": ("ecs-svc/5",),
        "deployment_id": "ecs-svc/6",
        "live_at": None,
        "outcome": "live",
    }
    return released(**(known | changes))


def entries(first=None, second=None):
    """Newest first."""
    later = entry_of(second or rolled_back(), BACK, LONG_AGO + timedelta(seconds=10))
    return [later, entry_of(first or released(), DEPLOYED)]


@pytest.fixture
def three(aws):
    service = remembered(aws, ("v1", OK), ("v2", OK))
    image = f"{service.contract.repository}@{aws.images[f'{FAMILY}:v3']['imageDigest']}"
    arn = task_definition_arn(f"{FAMILY}:7")
    aws.task_definitions[arn] = described(f"{FAMILY}:7", image, tags={"axonflow:version": "v7"})
    for entry in entries():
        aws.table.put(put_of("t", entry)["Put"]["Item"])
    return service


def test_the_list_shows_it_with_what_to_type(command, capsys, three):
    [line] = [line for line in listed(command, capsys).splitlines() if "never settled" in line]
    assert "v7 (sha256:" in line
    assert f"{FAMILY}:7, {SHOWN}" in line


def test_it_is_no_default_target(command, capsys, three):
    assert f"agent: `appdeploy rollback -e staging -s agent` returns to {FAMILY}:1" in listed(command, capsys)


def test_json_has_it(command, capsys, three):
    assert command("rollback", "-e", "staging", "--list", "--json") == 0
    [service] = TargetsReport.model_validate(json.loads(capsys.readouterr().out)).services
    [found] = service.never_settled
    assert (found.task_definition, found.live_seconds, found.release, found.superseded_by) == (
        f"{FAMILY}:7",
        4.0,
        DEPLOYED,
        BACK,
    )


def test_one_whose_image_is_gone_says_so(aws, command, capsys, three):
    del aws.images[f"{FAMILY}:v3"]
    assert f"superseded by {BACK}, cannot be returned to: the image is not in ECR any more" in listed(command, capsys)


def test_one_that_ecs_has_forgotten_says_so(aws, command, capsys, three):
    del aws.task_definitions[task_definition_arn(f"{FAMILY}:7")]
    assert "cannot be returned to: ECS does not know the task definition any more" in listed(command, capsys)


def test_a_ledger_that_does_not_answer_hides_no_target(aws, command, capsys, three):
    aws.answers["Query"] = [AwsSays("ServerException")] * 9
    out = listed(command, capsys)
    assert "never settled" not in out
    assert f"{FAMILY}:1, can be returned to, default target" in out


def found(first=None, second=None, stopped=(), others=()):
    return [item.release for item in never_settled(entries(first, second), "agent", stopped, others)]


def test_one_that_is_not_settled_in_the_ledger_yet_counts_by_the_record_of_ecs():
    still_live = released(outcome="live", settled=False)
    assert found(still_live) == []
    assert found(still_live, stopped={"ecs-svc/5"}) == [DEPLOYED]


def test_one_that_the_release_did_not_see_live_is_not_listed():
    assert found(released(live_at=None)) == []


@pytest.mark.parametrize("outcome", ["live", "failed", "rolled-back", "rolled-back-by-ecs", "timed-out"])
def test_one_that_ended_otherwise_is_not_listed(outcome):
    assert found(released(outcome=outcome), stopped={"ecs-svc/5"}) == []


def test_one_that_is_a_target_already_or_runs_is_not_listed():
    assert found(others={task_definition_arn(f"{FAMILY}:7")}) == []


@pytest.mark.parametrize(
    "second",
    [{"deployments_before": ()}, {"deployment_id": None}, {"update_sent": False}],
    ids=lambda changes: next(iter(changes)),
)
def test_how_long_it_was_live_is_not_guessed(second):
    [item] = never_settled(entries(second=rolled_back(**second)), "agent", (), ())
    assert (item.live_seconds, item.superseded_by) == (None, None)


# What writes it


def test_a_release_writes_when_it_saw_the_service_live(aws, run):
    aws.scripted(Moment(), Moment((up(1), up(2))))
    run(until_complete=False)
    assert aws.ledger[0].services["agent"].live_at is not None


def test_a_release_that_was_never_live_writes_no_such_moment(aws, run):
    aws.crashing()
    run()
    assert aws.ledger[0].services["agent"].live_at is None


@pytest.mark.parametrize("until_complete", [False, True], ids=["live", "complete"])
def test_a_superseded_release_says_that_it_was_live_and_what_replaced_it(aws, run, command, capsys, until_complete):
    agent = aws.scripted(
        Moment(), Moment((up(1), up(2))), *([Moment(status="STOPPED", primary="rival")] if until_complete else [])
    )
    run(until_complete=until_complete)
    if not until_complete:
        ours = aws.ledger[0]
        later = rolled_back(service=agent.contract.service, deployments_before=(ours.services["agent"].deployment_id,))
        entry = entry_of(later, new_id := "rollback-2090-1101-120010-fedcba", ours.started + timedelta(seconds=9))
        aws.table.put(put_of("t", entry)["Put"]["Item"])
        agent.script = [Moment(status="STOPPED", primary="rival", rollout="COMPLETED")]
    assert command("releases", "-e", "staging") == 0
    recorded = aws.ledger[-1].services["agent"]
    assert recorded.outcome == "superseded"
    if not until_complete:
        assert recorded.superseded_by == new_id
        assert recorded.cause == f"{new_id} to {FAMILY}:2 replaced it"
    capsys.readouterr()
    assert command("releases", "show", aws.ledger[-1].id, "-e", "staging") == 0
    assert "  it was live since " in capsys.readouterr().out
