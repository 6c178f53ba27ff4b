"""Making a revision from a described one: one image changes, and whatever AWS knows survives."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.unknown_fields import unknown_fields
from appdeploy.model.errors import Refused
from appdeploy.model.image import Digest, ImageReference
from appdeploy.model.task_definition import TaskDefinition, new_revision, registrable_fields
from tests.support.release_scenario import DIGESTS, described

IMAGE = ImageReference("agent", "registry.example.com").pinned(Digest(DIGESTS["v2"]))
READ_ONLY = {
    "compatibilities",
    "deleteRequestedAt",
    "deregisteredAt",
    "registeredAt",
    "registeredBy",
    "requiresAttributes",
    "revision",
    "status",
    "taskDefinitionArn",
}


@pytest.fixture(scope="module")
def registrable(switchboard):
    return registrable_fields(switchboard.clients.ecs)


def base(tags=None):
    return TaskDefinition.from_reply(described("axonflow-staging-agent:4", "registry.example.com/agent:v1", tags=tags))


def revision(of, registrable, tags=MappingProxyType({})):
    return new_revision(of, family="live", container="agent", image=IMAGE, tags=tags, registrable=registrable)


def test_only_the_image_of_the_one_container_changes(registrable):
    before = base()
    request = revision(before, registrable).request
    expected = json.loads(json.dumps({key: before.fields[key] for key in before.fields if key not in READ_ONLY}, default=str))
    expected["containerDefinitions"][0]["image"] = str(IMAGE)
    assert dict(request) == {**expected, "family": "live"}


def test_the_base_is_left_as_it_was(registrable):
    before = base()
    copy = json.dumps(dict(before.fields), default=str)
    revision(before, registrable)
    assert json.dumps(dict(before.fields), default=str) == copy


def test_read_only_keys_are_those_that_the_sdk_cannot_register(switchboard, registrable):
    described_shape = switchboard.clients.ecs.meta.service_model.shape_for("TaskDefinition")
    assert set(described_shape.members) - registrable == READ_ONLY


def test_every_registrable_field_of_the_sdk_survives(registrable):
    fields = {name: f"value of {name}" for name in registrable - {"tags", "containerDefinitions", "family"}}
    containers = [{"name": "agent", "image": "x"}]
    all_fields = {**fields, "family": "old", "containerDefinitions": containers}
    request = revision(TaskDefinition("arn", all_fields, {}), registrable).request
    assert {name: request[name] for name in fields} == fields


@given(st.dictionaries(st.sampled_from(["dependsOn", "ulimits", "user", "command", "linuxParameters"]), st.text()))
def test_a_containers_other_settings_survive(settings):
    registrable = frozenset({"containerDefinitions", "family"})
    container = {"name": "agent", "image": "x", **settings}
    request = revision(TaskDefinition("arn", {"containerDefinitions": [container]}, {}), registrable).request
    assert request["containerDefinitions"] == [{**container, "image": str(IMAGE)}]


def test_tags_are_sent_again_but_for_awss_own(registrable):
    before = base({"team": "platform", "aws:cloudformation:stack": "x", "axonflow:version": "v1"})
    request = revision(before, registrable, {"axonflow:version": "v2"}).request
    assert request["tags"] == [{"key": "team", "value": "platform"}, {"key": "axonflow:version", "value": "v2"}]


def test_an_empty_list_of_tags_is_not_sent(registrable):
    assert "tags" not in revision(base(), registrable).request


def test_a_container_that_is_not_there_is_an_error(registrable):
    with pytest.raises(KeyError):
        new_revision(base(), family="live", container="portal", image=IMAGE, tags={}, registrable=registrable)


# A field newer than our SDK


def reply_with(client, body):
    def answer(**_):
        reply = AWSResponse("", 200, {}, None)
        reply._content = json.dumps(body).encode()
        return reply

    client.meta.events.register_first("before-send.ecs.DescribeTaskDefinition", answer)
    return answer


def test_a_reply_with_a_field_that_the_sdk_would_drop_is_refused(monkeypatch):
    from appdeploy.aws.clients import connect

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    ecs = connect("eu-central-1").ecs
    body = {"taskDefinition": {"family": "f", "containerDefinitions": [{"name": "agent", "warpDrive": True}]}}
    reply_with(ecs, body)
    with pytest.raises(Refused, match=r"taskDefinition\.containerDefinitions\[0\]\.warpDrive; upgrade boto3"):
        describe_task_definition(ecs, "f")


def test_known_fields_are_no_reason_to_refuse(switchboard):
    shape = switchboard.clients.ecs.meta.service_model.operation_model("DescribeTaskDefinition").output_shape
    reply = json.loads(json.dumps(described("f:1", "image"), default=str))
    assert list(unknown_fields(reply, shape)) == []


def test_unknown_fields_are_found_in_structures_lists_and_maps(switchboard):
    shape = switchboard.clients.ecs.meta.service_model.operation_model("DescribeTaskDefinition").output_shape
    reply = {"taskDefinition": {"newThing": 1, "volumes": [{"name": "x", "newDisk": {}}]}, "newTop": None}
    assert list(unknown_fields(reply, shape)) == ["taskDefinition.newThing", "taskDefinition.volumes[0].newDisk", "newTop"]
