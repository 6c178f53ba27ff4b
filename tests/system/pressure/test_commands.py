"""Rollback under pressure by the real command, against a real emulator process with `sandbox fault`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cli_harness import Shop, ended, wait_for
from tests.support.emulator_process import EmulatorProcess

pytestmark = [pytest.mark.emulator, pytest.mark.waits]

V2, V3 = (f"axonflow-staging-agent:{number}" for number in (2, 3))
ROLLBACK = ("appdeploy", "rollback", "-e", "staging", "--until", "live")
FAR_TOO_SLOW = "9"
"""Seconds of a slow answer: far more than a rollback waits for SSM and DynamoDB, less than a client's read time-out."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A service that runs v3, and ran v1 and v2 before; the tests of this module tell one story in their order."""
    with EmulatorProcess() as emulator:
        made = Shop(emulator, tmp_path_factory.mktemp("home"))
        for version in ("v1", "v2", "v3"):
            made.run("appdeploy", "deploy", "-e", "staging", "--version", made.push(version), "--until", "complete")
        yield made


@pytest.fixture(autouse=True)
def _no_fault_stays(shop: Shop) -> Iterator[None]:
    shop.forget_calls()
    yield
    shop.emulator.control("DELETE", "faults")


def before_update(shop: Shop) -> list[str]:
    calls = shop.calls
    return calls[: calls.index("UpdateService")]


def test_an_update_that_lands_after_the_rollbacks_is_undone_and_both_commands_say_what_happened(shop: Shop) -> None:
    shop.push("v4", "slow:10")
    shop.fault("slow", "--action", "UpdateService", "--seconds", FAR_TOO_SLOW, "--count", "1")
    release = shop.start("appdeploy", "deploy", "-e", "staging", "--version", "v4", "--until", "complete")
    wait_for(shop, "RegisterTaskDefinition")
    out = shop.run(*ROLLBACK, "--reason", "v4 was a mistake")
    assert "REVERTED a late write of upgrade-" in out
    assert "which set axonflow-staging-agent:4; axonflow-staging-agent:2 again" in out
    assert "v2 serves" in out
    assert shop.stands_on == V2
    _, errors = ended(release, 23)
    assert "superseded" in errors


def test_with_both_silent_and_ecs_throttling_the_way_is_found(shop: Shop) -> None:
    for service in ("ssm", "dynamodb"):
        shop.fault("timeout", "--service", service)
    shop.fault("throttle", "--service", "ecs", "--action", "UpdateService", "--count", "2")
    shop.run(*ROLLBACK, "--to", V3)
    assert shop.stands_on == V3
    assert len(before_update(shop)) <= 10, before_update(shop)


def test_slow_ssm_and_dynamodb_are_not_waited_for(shop: Shop) -> None:
    """The record has calls in the order of their answers: the update is through before the slow ones are.

    The last of the story: its slow calls are still answered when it is over.
    """
    for service in ("ssm", "dynamodb"):
        shop.fault("slow", "--service", service, "--seconds", FAR_TOO_SLOW)
    out = shop.run(*ROLLBACK)
    assert "no answer of SSM within 0.8 s" in out
    assert "continuing without the lock: no answer of DynamoDB within 0.8 s" in out
    answered = before_update(shop)
    assert not {"GetParametersByPath", "UpdateItem", "TransactWriteItems"} & set(answered)
    assert len(answered) + len(("the contract", "the lock")) <= 10, answered
    assert shop.stands_on == V2, "the newest success before the first one of v3"
