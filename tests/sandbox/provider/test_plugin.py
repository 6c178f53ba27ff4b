"""The aws plugin as the engine meets it: its refusals."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.provider.aws_plugin import AwsProvider
from sandbox.provider.codec import UNKNOWN, decode, encode

SERVICE = "urn:pulumi:staging::axonflow::axonflow:platform:Service$aws:ecs/cluster:Cluster::cluster"


class Aborted(Exception):
    """What a gRPC context raises when a call is ended with an error."""


class Context:
    def abort(self, code: grpc.StatusCode, message: str) -> None:
        raise Aborted(f"{code.name}: {message}")


def configured(monkeypatch: pytest.MonkeyPatch, tags: str = "") -> AwsProvider:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings = {"region": "eu-central-1", **({"defaultTags": tags} if tags else {})}
    provider = AwsProvider()
    provider.Configure(provider_pb2.ConfigureRequest(args=encode(settings)), Context())
    return provider


def check(provider: AwsProvider, inputs: dict[str, Any], urn: str = SERVICE, olds: dict[str, Any] | None = None) -> Any:
    request = provider_pb2.CheckRequest(urn=urn, news=encode(inputs), olds=encode(olds or {}), randomSeed=b"\x01\x02\x03\x04")
    return provider.Check(request, Context())


@pytest.mark.parametrize("endpoint", ["https://ecs.eu-central-1.amazonaws.com", "http://10.0.0.1:4566", None])
def test_it_refuses_to_talk_to_anything_but_this_machine(monkeypatch: pytest.MonkeyPatch, endpoint: str | None) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(Aborted, match="FAILED_PRECONDITION: this provider serves the sandbox only"):
        AwsProvider().Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()), Context())


def test_an_unknown_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    urn = SERVICE.replace("aws:ecs/cluster:Cluster", "aws:sqs/queue:Queue")
    with pytest.raises(Aborted, match=r"UNIMPLEMENTED: the sandbox has no resource type aws:sqs/queue:Queue"):
        check(configured(monkeypatch), {}, urn)


def test_an_unknown_property_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = check(configured(monkeypatch), {"name": "c", "settings": [{"name": "a", "valeu": "b"}], "colour": "blue"})
    assert [(item.property, item.reason) for item in reply.failures] == [
        ("colour", "aws:ecs/cluster:Cluster has no property 'colour' in the sandbox"),
        ("settings.valeu", "aws:ecs/cluster:Cluster has no property 'settings.valeu' in the sandbox"),
    ]


def test_an_unknown_provider_setting_is_named() -> None:
    request = provider_pb2.CheckRequest(news=encode({"region": "eu-central-1", "assumeRole": "x"}))
    reply = AwsProvider().CheckConfig(request, Context())
    assert [item.property for item in reply.failures] == ["assumeRole"]


def test_a_name_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = configured(monkeypatch)
    made = decode(check(provider, {}).inputs)["name"]
    assert made == "cluster-0102030"
    assert decode(check(provider, {}, olds={"name": "cluster-fffffff"}).inputs)["name"] == "cluster-fffffff"


def test_default_tags_are_merged_under_those_of_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = configured(monkeypatch, tags='{"tags": {"Project": "axonflow", "Owner": "platform"}}')
    inputs = decode(check(provider, {"name": "c", "tags": {"Owner": "team"}}).inputs)
    assert inputs["tagsAll"] == {"Project": "axonflow", "Owner": "team"}
    assert inputs["tags"] == {"Owner": "team"}


def test_tags_that_are_not_known_yet_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = decode(check(configured(monkeypatch), {"name": "c", "tags": {"Owner": UNKNOWN}}).inputs)
    assert "tagsAll" not in inputs


def test_a_change_of_a_key_property_replaces(monkeypatch: pytest.MonkeyPatch) -> None:
    request = provider_pb2.DiffRequest(
        urn=SERVICE, old_inputs=encode({"name": "a", "settings": []}), news=encode({"name": "b", "settings": [1]})
    )
    assert list(configured(monkeypatch).Diff(request, Context()).replaces) == ["name"]


def test_what_aws_refuses_is_one_line_with_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    """No one listens at the endpoint: botocore's error arrives as the engine's, with the resource's type and name."""
    request = provider_pb2.CreateRequest(urn=SERVICE, properties=encode({"name": "c", "tagsAll": {}}))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(Aborted, match=r"^UNKNOWN: creating aws:ecs/cluster:Cluster cluster: EndpointConnectionError: .*$"):
        configured(monkeypatch).Create(request, Context())


def test_an_unknown_function_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    request = provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion", args=encode({}))
    with pytest.raises(Aborted, match=r"UNIMPLEMENTED: the sandbox has no function aws:index/getRegion:getRegion"):
        configured(monkeypatch).Invoke(request, Context())


def test_an_unknown_argument_of_a_function_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "aws:secretsmanager/getRandomPassword:getRandomPassword"
    request = provider_pb2.InvokeRequest(tok=token, args=encode({"passwordLength": 20, "length": 20}))
    [failure] = configured(monkeypatch).Invoke(request, Context()).failures
    assert (failure.property, failure.reason) == ("length", f"{token} has no argument 'length' in the sandbox")


def test_a_previewed_change_keeps_what_it_does_not_touch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whatever names its ARN would seem to be replaced."""
    urn = SERVICE.replace("aws:ecs/cluster:Cluster", "aws:ssm/parameter:Parameter")
    state = {"arn": "arn:1", "name": "/a", "insecureValue": "old", "version": 3.0}
    request = provider_pb2.UpdateRequest(
        urn=urn, id="/a", olds=encode(state), news=encode({"name": "/a", "insecureValue": "new"}), preview=True
    )
    outputs = decode(configured(monkeypatch).Update(request, Context()).properties)
    assert outputs == {"arn": "arn:1", "name": "/a", "insecureValue": "new"}


def test_a_previewed_creation_knows_what_the_program_said_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    request = provider_pb2.CreateRequest(urn=SERVICE, properties=encode({"name": "c"}), preview=True)
    reply = configured(monkeypatch).Create(request, Context())
    assert (reply.id, decode(reply.properties)) == ("", {"name": "c"})
