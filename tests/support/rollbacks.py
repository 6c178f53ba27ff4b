"""What the tests of rollbacks share: a service with a history, and a way to roll it back."""

from __future__ import annotations

from appdeploy.model.ledger_entry import Entry
from appdeploy.rollback.prepare import Request, prepare_rollback
from tests.support.release_scenario import DONE, LONG_AGO, Moment

OK = "SUCCESSFUL"


def remembered(aws, *steps, name="agent"):
    """A service with these versions in its history, whose next rollout succeeds."""
    service = aws.released(name)
    aws.remember(service, *steps)
    service.script = [Moment(), DONE]
    aws.environment(service, versions=("v1", "v2", "v3"))
    return service


def roller(clients, run):
    """Roll back; its `plan` is the plan."""

    def go(services=(), **wishes):
        def make():
            go.plan = prepare_rollback(Request("staging", services, **wishes), clients)
            return go.plan

        return run(plan=make, lock_wait=None)

    return go


def listed(command, capsys):
    """What `rollback --list` prints."""
    assert command("rollback", "-e", "staging", "--list") == 0
    return capsys.readouterr().out


def entry_of(service, release_id="upgrade-2026-1101-120000-abcdef", started=LONG_AGO):
    """A release of the agent alone, long ago, by its part of the entry."""
    return Entry(
        id=release_id,
        kind="upgrade",
        environment="staging",
        purpose="p",
        who="alice",
        started=started,
        services={"agent": service},
    )


def sent(aws):
    """The parameters of the one write."""
    [(name, parameters)] = aws.writes
    assert name == "UpdateService"
    return parameters
