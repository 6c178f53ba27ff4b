"""The aws plugin as the engine meets it: its refusals."""

from __future__ import annotations

import json
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
    assert (
        decode(check(provider, {}, olds={"name": "cluster-fffffff", "__defaults": ["name"]}).inputs)["name"]
        == "cluster-fffffff"
    )
    assert decode(check(provider, {}, olds={"name": "given"}).inputs)["name"] == made, "the program's name is no default"


def test_default_tags_are_merged_under_those_of_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = configured(monkeypatch, tags='{"tags": {"Project": "axonflow", "Owner": "platform"}}')
    inputs = decode(check(provider, {"name": "c", "tags": {"Owner": "team"}}).inputs)
    assert inputs["tagsAll"] == {"Project": "axonflow", "Owner": "team"}
    assert inputs["tags"] == {"Owner": "team"}


def test_tags_that_are_not_known_yet_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = decode(check(configured(monkeypatch), {"name": "c", "tags": {"Owner": UNKNOWN}}).inputs)
    assert "tagsAll" not in inputs


ROLE = {"name": "r", "assumeRolePolicy": "{}", "description": "why"}
ALARM: dict[str, Any] = {"name": "a", "alarmActions": ["one", "two"], "threshold": 5}


def diff(
    token: str,
    state: dict[str, Any],
    news: dict[str, Any],
    old_inputs: dict[str, Any] | None = None,
    ignored: tuple[str, ...] = (),
) -> Any:
    """The plugin's answer to a comparison, without a call of AWS."""
    request = provider_pb2.DiffRequest(
        urn=SERVICE.replace("aws:ecs/cluster:Cluster", token),
        olds=encode(state),
        old_inputs=encode(news if old_inputs is None else old_inputs),
        news=encode(news),
        ignoreChanges=ignored,
    )
    return AwsProvider().Diff(request, Context())


def kinds(answer: Any) -> dict[str, str]:
    return {path: provider_pb2.PropertyDiff.Kind.Name(each.kind) for path, each in answer.detailedDiff.items()}


NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


def test_inputs_are_compared_with_what_the_state_has_of_aws() -> None:
    """A change that AWS has accepted and not carried out is a difference at every preview."""
    answer = diff("aws:rds/instance:Instance", {"instanceClass": "db.small", "arn": "a"}, {"instanceClass": "db.large"})
    assert (answer.changes, kinds(answer), list(answer.replaces)) == (SOME, {"instanceClass": "UPDATE"}, [])
    assert not answer.detailedDiff["instanceClass"].inputDiff
    same = diff(
        "aws:rds/instance:Instance", {"instanceClass": "db.large", "status": "available"}, {"instanceClass": "db.large"}
    )
    assert (same.changes, kinds(same)) == (NONE, {})


def test_lists_are_sets_and_what_is_empty_is_as_good_as_missing() -> None:
    state = {**ALARM, "alarmActions": ["two", "one"], "okActions": []}
    assert diff("aws:cloudwatch/metricAlarm:MetricAlarm", state, ALARM).changes == NONE
    fewer = diff("aws:cloudwatch/metricAlarm:MetricAlarm", state, {**ALARM, "alarmActions": ["two"]})
    assert kinds(fewer) == {"alarmActions": "UPDATE"}
    assert kinds(diff("aws:cloudwatch/metricAlarm:MetricAlarm", state, {**ALARM, "okActions": ["x"]})) == {"okActions": "ADD"}


def test_what_the_program_gives_no_more_is_deleted_and_computed_values_stay() -> None:
    assert kinds(diff("aws:iam/role:Role", ROLE, {"name": "r", "assumeRolePolicy": "{}"}, ROLE)) == {"description": "DELETE"}
    windows = {"backupWindow": "01:00-02:00"}
    assert diff("aws:rds/instance:Instance", windows, {}, windows).changes == NONE


def test_inside_an_object_each_part_is_named() -> None:
    token, check = "aws:lb/targetGroup:TargetGroup", {"path": "/health", "interval": 5}
    answer = diff(token, {"healthCheck": check}, {"healthCheck": {"path": "/", "matcher": "200"}})
    assert kinds(answer) == {"healthCheck.path": "UPDATE", "healthCheck.matcher": "ADD", "healthCheck.interval": "DELETE"}
    tags = diff(token, {"tagsAll": {"a:b": "1"}}, {"tagsAll": {"a:b": "2"}})
    assert kinds(tags) == {'tagsAll["a:b"]': "UPDATE"}


def test_an_empty_block_is_not_a_missing_one() -> None:
    answer = diff("aws:wafv2/webAcl:WebAcl", {"defaultAction": {"block": {}}}, {"defaultAction": {"allow": {}}})
    assert kinds(answer) == {"defaultAction.allow": "ADD", "defaultAction.block": "DELETE"}


def test_policies_are_compared_as_policies() -> None:
    def role(**statement: Any) -> dict[str, Any]:
        return {**ROLE, "assumeRolePolicy": json.dumps({"Statement": [{"Action": ["a", "b"], **statement}]})}

    assert diff("aws:iam/role:Role", role(), role(Action=["b", "a"])).changes == NONE
    conditioned = role(Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert kinds(diff("aws:iam/role:Role", conditioned, role())) == {"assumeRolePolicy": "UPDATE"}


def test_container_definitions_are_compared_by_names_and_without_aws_defaults() -> None:
    def revision(**container: Any) -> dict[str, Any]:
        variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
        named = {"name": "agent", "environment": variables, "command": ["a", "b"], **container}
        return {"containerDefinitions": json.dumps([named])}

    token = "aws:ecs/taskDefinition:TaskDefinition"
    other = revision(
        environment=[{"name": "B", "value": "2"}, {"name": "A", "value": "1"}], cpu=0, essential=True, mountPoints=[]
    )
    assert diff(token, other, revision()).changes == NONE
    assert kinds(diff(token, other, revision(command=["b", "a"]))) == {"containerDefinitions": "UPDATE_REPLACE"}
    assert kinds(diff(token, other, revision(essential=False))) == {"containerDefinitions": "UPDATE_REPLACE"}


def test_ignored_inputs_are_not_compared() -> None:
    token, state = "aws:lb/targetGroup:TargetGroup", {"port": 80, "healthCheck": {"path": "/a", "interval": 5}}
    news = {"port": 81, "healthCheck": {"path": "/b", "interval": 6}}
    assert kinds(diff(token, state, news, ignored=("port", "healthCheck.path"))) == {"healthCheck.interval": "UPDATE"}


def test_an_unknown_value_is_a_difference() -> None:
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    answer = diff(token, {"role": "r", "policyArn": "p"}, {"role": "r", "policyArn": UNKNOWN})
    assert (list(answer.replaces), kinds(answer)) == (["policyArn"], {"policyArn": "UPDATE_REPLACE"})


@pytest.mark.parametrize(
    ("token", "state", "news", "first"),
    [
        ("aws:ecs/cluster:Cluster", {"name": "a"}, {"name": "b"}, True),
        ("aws:iam/policy:Policy", {"name": "a", "description": "x"}, {"name": "a", "description": "y"}, True),
        (
            "aws:iam/policy:Policy",
            {"name": "a", "description": "x"},
            {"name": "a", "description": "y", "__defaults": ["name"]},
            False,
        ),
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {"name": "a-1", "vpcId": "1"},
            {"name": "a-1", "vpcId": "2", "__defaults": ["name"]},
            False,
        ),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "a"}, {"role": "b"}, True),
        ("aws:ecr/lifecyclePolicy:LifecyclePolicy", {"policy": "{}"}, {"policy": '{"rules": [{}]}'}, True),
        ("aws:route53/record:Record", {"name": "a"}, {"name": "b"}, False),
        ("aws:ec2/subnet:Subnet", {"cidrBlock": "a"}, {"cidrBlock": "b"}, False),
        ("aws:cloudwatch/dashboard:Dashboard", {"dashboardName": "a"}, {"dashboardName": "b"}, False),
        ("aws:iam/role:Role", {"name": "a", "description": "x"}, {"name": "a", "description": "y"}, False),
    ],
)
def test_a_name_that_the_program_gives_makes_a_replacement_delete_first(
    token: str, state: dict[str, Any], news: dict[str, Any], first: bool
) -> None:
    assert diff(token, state, news).deleteBeforeReplace is first


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
