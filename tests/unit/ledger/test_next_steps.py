"""What a person may type after a release."""

from __future__ import annotations

import pytest

from appdeploy.ledger.next_steps import rollback_command
from tests.support.release_scenario import DONE, Moment


@pytest.mark.parametrize(
    ("verb", "again"),
    [
        (("deploy", "--version", "v2"), "appdeploy rollback -e staging --service agent"),
        (("rollback",), "appdeploy rollback -e staging --service agent"),
        (("restart",), None),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_brought_another_version_can_be_rolled_back(verb, again, aws, command):
    agent = aws.released("agent", "v1")
    aws.environment(agent)
    aws.remember(agent, ("v2", "SUCCESSFUL"), ("v1", "SUCCESSFUL"))
    agent.script = [Moment(), DONE]
    assert command(verb[0], "-e", "staging", *verb[1:]) == 0
    assert rollback_command(aws.ledger[0]) == again
