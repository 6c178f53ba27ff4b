"""IAM as the emulator enforces it: who signs, what a call needs, how a refusal reads."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.emulator import Emulator, stepped
from tests.support import inprocess

ACCOUNT = "123456789012"
_NUMBERS = itertools.count(1)


class Guarded:
    """An emulator that enforces IAM, and the words in which the tests speak about it."""

    def __init__(self) -> None:
        self.emulator: Emulator = stepped(ManualClock(), enforce_iam=True)
        self._names: list[str] = []

    def root(self, service: str) -> Any:
        return inprocess.client(self.emulator.application, service)

    def role(self, *statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> str:
        """A role with one inline policy; returns its name."""
        name = f"guarded-{next(_NUMBERS)}"
        self._names.append(name)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        limit = {"PermissionsBoundary": self.policy(f"{name}-boundary", boundary)} if boundary else {}
        self.root("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust), **limit)
        if statements:
            self.root("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_document(*statements))
        return name

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        made = self.root("iam").create_policy(PolicyName=name, PolicyDocument=_document(*statements))
        arn: str = made["Policy"]["Arn"]
        return arn

    def session(self, role: str, **limits: str) -> boto3.Session:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        given = self.root("sts").assume_role(RoleArn=arn, RoleSessionName="anna", **limits)["Credentials"]
        return boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=inprocess.REGION,
        )

    def client(self, session: boto3.Session, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        made = session.client(service, endpoint_url=inprocess.ENDPOINT, config=config)
        transport = inprocess.Transport()
        transport.application = self.emulator.application
        made.meta.events.register("before-send", transport)
        return made

    def as_role(self, service: str, *statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> Any:
        """A client that signs as a session of a new role."""
        return self.client(self.session(self.role(*statements, boundary=boundary)), service)


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    conditions = {"Condition": condition} if condition else {}
    sid = "".join(character for character in action if character.isalnum())
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **conditions}


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    made = Guarded()
    yield made
    made.emulator.close()


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error: dict[str, Any] = caught.value.response["Error"]
    return error


def test_root_may_do_everything(guarded: Guarded) -> None:
    assert guarded.root("ssm").describe_parameters()["Parameters"] is not None


def test_a_role_without_policies_may_only_ask_who_it_is(guarded: Guarded) -> None:
    session = guarded.session(guarded.role())
    assert guarded.client(session, "sts").get_caller_identity()["Arn"].endswith("/anna")
    assert refused(guarded.client(session, "ssm").describe_parameters)["Code"] == "AccessDeniedException"


def test_a_refusal_names_principal_action_and_resource(guarded: Guarded) -> None:
    role = guarded.role(allow("ssm:GetParameter", f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/mine"))
    ssm = guarded.client(guarded.session(role), "ssm")
    assert refused(ssm.put_parameter, Name="/mine", Value="1", Type="String") == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/anna is not authorized to perform: ssm:PutParameter on "
        f"resource: arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/mine because no identity-based policy allows the "
        "ssm:PutParameter action",
    }
    assert refused(ssm.get_parameter, Name="/yours")["Code"] == "AccessDeniedException"
    assert refused(ssm.get_parameter, Name="/mine")["Code"] == "ParameterNotFound"


def test_query_services_say_access_denied(guarded: Guarded) -> None:
    session = guarded.session(guarded.role(allow("ssm:*")))
    for service, ask in (("elbv2", "describe_rules"), ("rds", "describe_db_instances")):
        assert refused(getattr(guarded.client(session, service), ask))["Code"] == "AccessDenied"


def test_an_action_that_aws_calls_otherwise_is_refused_and_says_so(guarded: Guarded) -> None:
    error = refused(guarded.as_role("lambda", allow("lambda:*")).invoke, FunctionName="f")
    assert error["Code"] == "NotImplemented"
    assert "does not know which permission lambda:Invoke needs" in error["Message"]


def test_any_other_action_is_looked_up_in_the_reference(guarded: Guarded) -> None:
    guarded.as_role("sqs", allow("sqs:List*")).list_queues()
    assert refused(guarded.as_role("sqs", allow("sqs:Get*")).list_queues)["Code"] == "AccessDeniedException"


def test_a_bucket_and_an_object_are_asked_for_by_their_names(guarded: Guarded) -> None:
    guarded.root("s3").create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": inprocess.REGION})
    guarded.root("s3").put_object(Bucket="mine", Key="a/b", Body=b"x")
    s3 = guarded.as_role("s3", allow("s3:*", "arn:aws:s3:::mine/a/*"))
    s3.get_object(Bucket="mine", Key="a/b")
    assert "on resource: arn:aws:s3:::mine/c" in refused(s3.get_object, Bucket="mine", Key="c")["Message"]
    assert "s3:ListBucket on resource: arn:aws:s3:::mine " in refused(s3.list_objects_v2, Bucket="mine")["Message"]
    assert "s3:PutEncryptionConfiguration" in refused(s3.delete_bucket_encryption, Bucket="mine")["Message"]


def test_a_key_is_told_apart_by_its_tag_and_a_new_one_by_what_it_is_given(guarded: Guarded) -> None:
    made = {"StringEquals": {"aws:RequestTag/Environment": "staging"}}
    own = {"StringEquals": {"aws:ResourceTag/Environment": "staging"}}
    keys = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/*"
    kms = guarded.as_role("kms", allow("kms:CreateKey", **made), allow("kms:ScheduleKeyDeletion", keys, **own))
    mine = kms.create_key(Tags=[{"TagKey": "Environment", "TagValue": "staging"}])["KeyMetadata"]["KeyId"]
    other = guarded.root("kms").create_key(Tags=[{"TagKey": "Environment", "TagValue": "production"}])["KeyMetadata"]["KeyId"]
    assert refused(kms.create_key)["Code"] == "AccessDeniedException"
    assert refused(kms.schedule_key_deletion, KeyId=other)["Code"] == "AccessDeniedException"
    kms.schedule_key_deletion(KeyId=mine)


def test_a_role_that_is_given_to_a_service_has_to_be_passed(guarded: Guarded) -> None:
    group, role = {"ResourceIds": ["vpc-1"], "ResourceType": "VPC", "LogGroupName": "g"}, f"arn:aws:iam::{ACCOUNT}:role/logs"
    ec2 = guarded.as_role("ec2", allow("ec2:*"))
    error = refused(ec2.create_flow_logs, **group, DeliverLogsPermissionArn=role)
    assert "iam:PassRole on resource: " + role in error["Message"]


def test_a_policy_that_cannot_be_evaluated_is_no_leave(guarded: Guarded) -> None:
    conditioned = allow("ssm:*", NumericLessThan={"aws:MultiFactorAuthAge": "60"})
    error = refused(guarded.as_role("ssm", conditioned).describe_parameters)
    assert error["Code"] == "NotImplemented"
    assert "NumericLessThan is not evaluated" in error["Message"]


def test_the_key_of_a_user_is_no_leave(guarded: Guarded) -> None:
    iam = guarded.root("iam")
    iam.create_user(UserName="bert")
    key = iam.create_access_key(UserName="bert")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=inprocess.REGION)
    error = refused(guarded.client(session, "ssm").describe_parameters)
    assert "rights of IAM users are not evaluated" in error["Message"]


def test_a_boundary_limits_what_the_policies_say(guarded: Guarded) -> None:
    ssm = guarded.as_role("ssm", allow("ssm:*"), boundary=allow("ssm:Describe*"))
    ssm.describe_parameters()
    assert "no permissions boundary allows" in refused(ssm.get_parameter, Name="/a")["Message"]


def test_a_sessions_own_policy_limits_it(guarded: Guarded) -> None:
    session = guarded.session(guarded.role(allow("ssm:*")), Policy=_document(allow("ssm:Describe*")))
    ssm = guarded.client(session, "ssm")
    ssm.describe_parameters()
    assert "no session policy allows" in refused(ssm.get_parameter, Name="/a")["Message"]


def test_the_version_in_force_of_a_managed_policy_counts(guarded: Guarded) -> None:
    role, iam = guarded.role(), guarded.root("iam")
    arn = guarded.policy(f"{role}-managed", allow("ssm:*"))
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    ssm = guarded.client(guarded.session(role), "ssm")
    ssm.describe_parameters()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_document(allow("ecs:*")), SetAsDefault=True)
    assert refused(ssm.describe_parameters)["Code"] == "AccessDeniedException"


def test_each_item_of_a_transaction_needs_its_own_right(guarded: Guarded) -> None:
    table = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/ledger"
    dynamodb = guarded.as_role("dynamodb", allow("dynamodb:PutItem", table))
    key = {"pk": {"S": "1"}}
    put = {"Put": {"TableName": "ledger", "Item": key}}
    update = {"Update": {"TableName": "ledger", "Key": key, "UpdateExpression": "REMOVE a"}}
    error = refused(dynamodb.transact_write_items, TransactItems=[put, update])
    assert "dynamodb:UpdateItem on resource: " + table in error["Message"]
    assert refused(dynamodb.transact_write_items, TransactItems=[put])["Code"] == "ResourceNotFoundException"


def test_an_index_needs_a_right_of_its_own(guarded: Guarded) -> None:
    table = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/ledger"
    dynamodb = guarded.as_role("dynamodb", allow("dynamodb:Query", table))
    query = {"TableName": "ledger", "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "1"}}}
    assert refused(dynamodb.query, **query)["Code"] == "ResourceNotFoundException"
    assert f"{table}/index/open" in refused(dynamodb.query, IndexName="open", **query)["Message"]


def test_a_definition_is_registered_with_roles_that_may_be_passed(guarded: Guarded) -> None:
    passable = f"arn:aws:iam::{ACCOUNT}:role/agent-*"
    ecs = guarded.as_role(
        "ecs",
        allow("ecs:RegisterTaskDefinition", f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/agent:*"),
        allow("iam:PassRole", passable, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    )
    sent = {"family": "agent", "containerDefinitions": [{"name": "a", "image": "i", "memory": 128}]}
    ecs.register_task_definition(**sent, executionRoleArn="agent-execution")
    assert "iam:PassRole on resource: " in refused(ecs.register_task_definition, **sent, taskRoleArn="admin")["Message"]
    assert "task-definition/other:*" in refused(ecs.register_task_definition, **{**sent, "family": "other"})["Message"]
    tagged = {"tags": [{"key": "a", "value": "b"}]}
    assert "ecs:TagResource" in refused(ecs.register_task_definition, **sent, **tagged)["Message"]


def test_a_role_is_made_with_the_boundary_alone(guarded: Guarded) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/limits"
    iam = guarded.as_role("iam", allow("iam:*", StringEquals={"iam:PermissionsBoundary": boundary}))
    free, bound = guarded.role(), f"bound-{next(_NUMBERS)}"
    trust = _document({"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"})
    policy = {"PolicyName": "more", "PolicyDocument": _document(allow("*"))}
    assert refused(iam.create_role, RoleName="free", AssumeRolePolicyDocument=trust)["Code"] == "AccessDenied"
    assert refused(iam.put_role_policy, RoleName=free, **policy)["Code"] == "AccessDenied"
    iam.create_role(RoleName=bound, AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)
    iam.put_role_policy(RoleName=bound, **policy)


def test_what_was_needed_is_remembered(guarded: Guarded) -> None:
    assert guarded.emulator.enforcement is not None
    guarded.as_role("ssm", allow("ssm:*")).describe_parameters()
    [grant] = guarded.emulator.enforcement.grants
    assert (grant.policy, grant.sid, grant.action) == ("own", "ssm", "ssm:DescribeParameters")


def test_without_being_told_nothing_is_enforced() -> None:
    free = Guarded()
    free.emulator = stepped(ManualClock())
    free.as_role("ssm").describe_parameters()
    free.emulator.close()
