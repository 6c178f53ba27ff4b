"""Which service gets which version: one for all, one for each, or one for all but some."""

from __future__ import annotations

import json

import click
import pytest

from appdeploy.cli.version_options import chosen
from appdeploy.model.operation import Deploy, DeployEach, Sync, for_service, takes_template
from tests.support.release_scenario import DIGESTS, DONE, Moment, platform_contract

EACH = ("-s", "agent=v1", "-s", "orchestrator=v2")
TWO = ("agent=v1", "orchestrator=v2")


@pytest.mark.parametrize(
    ("version", "words", "operation", "names"),
    [
        ("v2", (), Deploy("v2"), ()),
        ("v2", ("all",), Deploy("v2"), ()),
        ("v2", ("agent",), Deploy("v2"), ("agent",)),
        (None, ("agent=v1",), DeployEach((("agent", "v1"),)), ("agent",)),
        (None, TWO, DeployEach((("agent", "v1"), ("orchestrator", "v2"))), ("agent", "orchestrator")),
        ("v3", ("agent=v1", "orchestrator"), DeployEach((("agent", "v1"),), "v3"), ("agent", "orchestrator")),
        ("v3", ("all", "agent=v1"), DeployEach((("agent", "v1"),), "v3"), ()),
    ],
)
def test_what_was_typed_is_one_operation(version, words, operation, names):
    assert chosen(version, words) == (operation, names)


@pytest.mark.parametrize(
    ("version", "words", "said"),
    [
        (None, (), "Missing option '--version'"),
        (None, ("agent",), "Missing option '--version'"),
        (None, ("agent=v1", "orchestrator"), "orchestrator has no version: give --version, or -s orchestrator=VERSION"),
        (None, ("all", "agent=v1"), "the other services have no version: give --version"),
        ("v3", ("agent=v1",), "no service would get --version v3, each of those named has its own: add --service all"),
        (None, ("agent=v1", "agent=v2"), "agent has two versions, v1 and v2: leave one out"),
        ("v3", ("agent", "agent=v2"), "agent is named with a version and without: leave one out"),
        ("v3", ("all=v2",), "all=v2: all services get the version of --version"),
        (None, ("agent=",), "'' cannot be an image tag"),
        (None, ("agent=v 1",), "'v 1' cannot be an image tag"),
        (None, ("agent=v1=v2",), "'v1=v2' cannot be an image tag"),
    ],
)
def test_a_contradiction_is_refused_in_one_line(version, words, said):
    with pytest.raises(click.UsageError, match=said.replace("(", r"\(")) as refused:
        chosen(version, words)
    assert "\n" not in str(refused.value)


def test_a_service_without_a_version_is_never_released():
    with pytest.raises(ValueError, match="portal has no version"):
        for_service(DeployEach((("agent", "v1"),)), "portal")


def test_the_operation_of_a_service_keeps_the_template():
    assert for_service(DeployEach((("agent", "v1"),), "v3", sync=True), "agent") == Deploy("v1", sync=True)
    assert for_service(DeployEach((("agent", "v1"),), "v3"), "portal") == Deploy("v3")
    assert for_service(Sync(), "agent") == Sync()
    assert takes_template(DeployEach((("agent", "v1"),), sync=True))


# The command


@pytest.fixture
def two(aws):
    """Two services that run v3, whose releases go well."""
    services = {name: aws.released(name, version="v3", wave=wave) for wave, name in enumerate(("orchestrator", "agent"))}
    for service in services.values():
        service.script = [Moment(), DONE]
    aws.environment(*services.values(), versions=("v1", "v2", "v3"))
    return services


def images(aws):
    """The digest that each new revision runs."""
    registered = [params for name, params in aws.writes if name == "RegisterTaskDefinition"]
    return {
        params["family"].removeprefix("axonflow-staging-"): params["containerDefinitions"][0]["image"] for params in registered
    }


def versions(aws):
    return {name: service.target.version for name, service in aws.ledger[0].services.items()}


def test_each_service_gets_its_own_version(two, aws, command, capsys):
    assert command("deploy", "-e", "staging", *EACH) == 0
    found = images(aws)
    assert found["agent"].endswith(DIGESTS["v1"])
    assert found["orchestrator"].endswith(DIGESTS["v2"])
    assert versions(aws) == {"agent": "v1", "orchestrator": "v2"}
    assert aws.ledger[0].purpose == "agent v1, orchestrator v2 to staging"
    out = capsys.readouterr().out
    assert "agent: v3 -> v1" in out
    assert "orchestrator: v3 -> v2" in out


def test_all_with_another_one_for_some(two, aws, command):
    assert command("deploy", "-e", "staging", "--version", "v2", "-s", "all,agent=v1") == 0
    assert versions(aws) == {"agent": "v1", "orchestrator": "v2"}
    assert aws.ledger[0].purpose == "v2 (agent v1) to staging"


def test_the_plan_says_the_same_and_changes_nothing(two, aws, command, capsys):
    for words in (("deploy", "--plan"), ("plan",)):
        assert command(*words, "-e", "staging", *EACH, "--json") == 0
        services = json.loads(capsys.readouterr().out)["services"]
        assert {service["name"]: service["after"]["version"] for service in services} == {"agent": "v1", "orchestrator": "v2"}
    assert aws.writes == []


def test_events_and_notifications_have_the_versions(two, aws, command, capsys):
    bus = "arn:aws:events:eu-central-1:123456789012:event-bus/default"
    aws.parameters["platform"] = platform_contract(event_bus=bus).dump()
    assert command("deploy", "-e", "staging", *EACH, "--json") == 0
    planned = json.loads(capsys.readouterr().out.splitlines()[0])
    assert {each["service"]: each["target"]["version"] for each in planned["services"]} == {"agent": "v1", "orchestrator": "v2"}
    detail = aws.notices[-1]["Detail"]
    assert {each["service"]: each["to"] for each in detail["services"]} == {"agent": "v1", "orchestrator": "v2"}


def test_one_that_runs_its_version_already_is_left_alone(two, aws, command):
    assert command("deploy", "-e", "staging", "-s", "agent=v3,orchestrator=v2") == 0
    assert list(images(aws)) == ["orchestrator"]
    assert aws.ledger[0].services["agent"].outcome == "unchanged"


def test_an_interrupted_one_is_resumed_with_the_same_versions(two, aws, command, monkeypatch):
    from tests.support.fake_aws import Kill

    aws.kill = Kill("UpdateService")
    command("deploy", "-e", "staging", *EACH)
    aws.dead = False
    aws.let_lease_pass()
    assert command("resume", "-e", "staging", "--until", "complete") == 0
    assert versions(aws) == {"agent": "v1", "orchestrator": "v2"}
    assert aws.count("RegisterTaskDefinition") == 2
    sent = {
        params["service"].rsplit("/", 1)[1]: params["taskDefinition"] for name, params in aws.writes if name == "UpdateService"
    }
    tags = {
        service: {tag["key"]: tag["value"] for tag in aws.task_definitions[arn]["tags"]}["axonflow:version"]
        for service, arn in sent.items()
    }
    assert tags == {"axonflow-staging-agent-service": "v1", "axonflow-staging-orchestrator-service": "v2"}


def test_a_version_that_does_not_exist_is_named_with_its_service(two, aws, command, capsys):
    assert command("deploy", "-e", "staging", "-s", "agent=v7,orchestrator=v2") == 10
    assert "agent: " in (err := capsys.readouterr().err)
    assert "has no image v7" in err
    assert aws.writes == []


@pytest.mark.parametrize("words", [("-s", "agnet=v1"), ("--version", "v2", "-s", "all,agnet=v1")], ids=" ".join)
def test_a_service_that_does_not_exist_is_refused(two, aws, command, capsys, words):
    assert command("deploy", "-e", "staging", *words) == 10
    assert "staging has no service agnet" in capsys.readouterr().err
    assert aws.writes == []


@pytest.mark.parametrize("words", [("restart",), ("sync",), ("rollback",), ("status",)], ids=" ".join)
def test_other_commands_take_no_version(two, aws, command, capsys, words):
    assert command(*words, "-e", "staging", "-s", "agent=v1") == 2
    assert "'agent=v1': only deploy and plan take a version for a service" in capsys.readouterr().err
    assert aws.calls == []


def test_an_empty_name_is_no_service(two, aws, command, capsys):
    assert command("deploy", "-e", "staging", "-s", "=v1") == 2
    assert "an empty name is no service" in capsys.readouterr().err
    assert aws.calls == []
