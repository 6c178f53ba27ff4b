"""What the tests of rollbacks share: a service with a history, and a way to roll it back."""

from __future__ import annotations

from appdeploy.rollback.prepare import Request, prepare_rollback
from tests.support.release_scenario import DONE, Moment

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


def sent(aws):
    """The parameters of the one write."""
    [(name, parameters)] = aws.writes
    assert name == "UpdateService"
    return parameters
