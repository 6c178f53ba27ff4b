"""The difference between two task definitions: what a person would call a change, and never a secret's value."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.plan.diff import Difference, difference
from tests.support.release_scenario import described


def fields(change=lambda container, definition: None):
    definition = described("t:1", "registry.example.com/agent:unreleased")["taskDefinition"]
    change(definition["containerDefinitions"][0], definition)
    return definition


def changes(change):
    return difference(fields(), fields(change), "agent")


def test_the_same_settings_do_not_differ():
    assert changes(lambda container, definition: definition.update(revision=9, status="INACTIVE", registeredBy="other")) == ()


def test_an_environment_value_is_shown():
    found = changes(lambda container, _: container["environment"][0].update(value="debug"))
    assert found == (Difference("containerDefinitions.agent.environment.LOG_LEVEL", "info", "debug", False),)


def test_what_is_new_and_what_is_gone():
    found = changes(lambda container, _: container.update(environment=[{"name": "NEW", "value": "1"}]))
    assert [(item.path.rsplit(".", 1)[1], item.before, item.after) for item in found] == [
        ("LOG_LEVEL", "info", None),
        ("NEW", None, "1"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda container, _: container["secrets"][0].update(valueFrom="arn:aws:secretsmanager:eu-central-1:1:secret:other"),
        lambda container, _: container["secrets"].append({"name": "TOKEN", "valueFrom": "arn:secret:other"}),
        lambda container, _: container["secrets"].clear(),
        lambda container, _: container["logConfiguration"].update(secretOptions=[{"name": "k", "valueFrom": "arn:other"}]),
    ],
    ids=["moved", "new", "gone", "of-the-log-driver"],
)
def test_a_secret_is_told_by_its_name_alone(change):
    (found,) = changes(change)
    assert found.secret
    assert "arn" not in repr(found)


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DATABASE_PASSWORD", "github_token", "TOKEN_OF_SLACK", "OPENAI_API_KEY", "APIKEY"]
)
def test_a_plain_variable_that_is_named_like_a_secret_is_shown_as_one(name):
    (found,) = changes(lambda container, _: container["environment"].append({"name": name, "value": "hunter2"}))
    assert (found.after, found.secret) == ("(a secret)", True)


@pytest.mark.parametrize("name", ["TOKENS_PER_MINUTE", "SECRETARY", "KEY", "PASSWORDLESS"])
def test_other_variables_are_shown(name):
    (found,) = changes(lambda container, _: container["environment"].append({"name": name, "value": "7"}))
    assert (found.after, found.secret) == ("7", False)


def test_a_variable_called_secrets_is_no_secret():
    (found,) = changes(lambda container, _: container["environment"].append({"name": "secrets", "value": "none"}))
    assert (found.after, found.secret) == ("none", False)


@pytest.mark.parametrize(
    "change",
    [
        lambda container, _: container.update(cpu=0, mountPoints=[], volumesFrom=[], systemControls=[], essential=True),
        lambda container, _: container.update(privileged=False, dockerLabels={}),
        lambda _, definition: definition.update(placementConstraints=[], ipcMode=""),
        lambda _, definition: definition["volumes"][0].update(host={}),
        lambda _, definition: definition.update(
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
        ),
    ],
)
def test_a_default_that_is_spelled_out_is_no_difference(change):
    assert changes(change) == ()


def test_a_port_of_the_host_that_equals_the_containers_is_no_difference():
    def ports(**port):
        return fields(lambda container, _: container.update(portMappings=[port]))

    assert difference(ports(containerPort=8080), ports(containerPort=8080, hostPort=8080, protocol="tcp"), "agent") == ()


def test_a_value_that_is_not_the_default_differs():
    (found,) = changes(lambda container, _: container.update(readonlyRootFilesystem=True))
    assert (found.before, found.after) == (None, "True")


def test_a_sidecar_that_comes_and_its_image_are_told():
    new = {"name": "proxy", "image": "envoy:1"}
    found = changes(lambda _, definition: definition["containerDefinitions"].append(new))
    assert {item.path: item.after for item in found} == {
        "containerDefinitions.proxy": "present",
        "containerDefinitions.proxy.image": "envoy:1",
    }


def test_a_volume_without_any_setting_is_told():
    (found,) = changes(lambda _, definition: definition["volumes"].append({"name": "cache", "host": {}}))
    assert found.path == "volumes.cache"


def test_the_applications_image_is_the_releases_to_say_but_a_sidecars_is_not():
    def images(container, definition):
        container["image"] = "registry.example.com/agent:other"
        definition["containerDefinitions"][1]["image"] = "public.ecr.aws/metrics/agent:8"

    (found,) = changes(images)
    assert found.path == "containerDefinitions.metrics.image"


def test_the_order_of_a_command_counts():
    before = fields(lambda container, _: container.update(command=["a", "b"]))
    after = fields(lambda container, _: container.update(command=["b", "a"]))
    assert len(difference(before, after, "agent")) == 1


@given(st.permutations(["A", "B", "C", "D"]))
def test_the_order_of_named_things_does_not_count(names):
    def ordered(order):
        variables = [{"name": name, "value": name.lower()} for name in order]
        return fields(lambda container, _: container.update(environment=variables))

    after = copy.deepcopy(ordered(names))
    after["containerDefinitions"].reverse()
    assert difference(ordered("ABCD"), after, "agent") == ()
