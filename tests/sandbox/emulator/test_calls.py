"""The record of calls: every request, reported apart by what it changes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.awsrequest import AwsCall
from sandbox.emulator.calls import CallRecord
from tests.support import aws_platform, inprocess
from tests.support.emulator_scenario import Scenario


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("ecs", "list_clusters", {}, ("ecs", "ListClusters", False)),
        ("ecs", "create_cluster", {"clusterName": "x"}, ("ecs", "CreateCluster", True)),
        ("ecr", "describe_repositories", {}, ("ecr", "DescribeRepositories", False)),
        (
            "ecr",
            "batch_get_image",
            {"repositoryName": aws_platform.REPOSITORY, "imageIds": [{"imageTag": "x"}]},
            ("ecr", "BatchGetImage", False),
        ),
        ("ssm", "get_parameters_by_path", {"Path": "/"}, ("ssm", "GetParametersByPath", False)),
        ("ssm", "put_parameter", {"Name": "/x", "Type": "String", "Value": "y"}, ("ssm", "PutParameter", True)),
        ("sts", "get_caller_identity", {}, ("sts", "GetCallerIdentity", False)),
        ("dynamodb", "list_tables", {}, ("dynamodb", "ListTables", False)),
        ("elbv2", "describe_load_balancers", {}, ("elasticloadbalancing", "DescribeLoadBalancers", False)),
        ("ec2", "describe_vpcs", {}, ("ec2", "DescribeVpcs", False)),
        ("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}, ("ec2", "CreateVpc", True)),
        ("iam", "list_roles", {}, ("iam", "ListRoles", False)),
        ("logs", "filter_log_events", {"logGroupName": aws_platform.LOG_GROUP}, ("logs", "FilterLogEvents", False)),
        ("logs", "create_log_group", {"logGroupName": "x"}, ("logs", "CreateLogGroup", True)),
        ("cloudwatch", "describe_alarms", {}, ("cloudwatch", "DescribeAlarms", False)),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
            ("cloudwatch", "PutMetricData", True),
        ),
        ("s3", "list_buckets", {}, ("s3", "ListBuckets", False)),
        ("lambda", "list_functions", {}, ("lambda", "ListFunctions", False)),
    ],
)
def test_a_call_is_recorded_by_service_and_action(
    scenario: Scenario, service: str, operation: str, parameters: dict[str, Any], expected: tuple[str, str, bool]
) -> None:
    client = scenario.client(service)
    scenario.emulator.calls.clear()

    getattr(client, operation)(**parameters)

    (call,) = scenario.emulator.calls.since(0)
    assert (call.service, call.action, call.mutates, call.error) == (*expected, None)


def test_a_failed_call_is_recorded_with_its_error(scenario: Scenario) -> None:
    scenario.emulator.calls.clear()
    with pytest.raises(ClientError):
        scenario.ecs.describe_services(cluster="nowhere", services=["a"])
    with pytest.raises(ClientError):
        scenario.client("iam").get_role(RoleName="missing")

    first, second = scenario.emulator.calls.since(0)

    assert (first.status, first.error) == (400, "ClusterNotFoundException")
    assert (second.status, second.error) == (404, "NoSuchEntity")


def test_a_call_is_recorded_with_its_region_and_time(scenario: Scenario) -> None:
    scenario.emulator.calls.clear()
    inprocess.client(scenario.emulator.application, "ecs", region="us-west-2").list_clusters()

    (call,) = scenario.emulator.calls.since(0)

    assert (call.region, call.time) == ("us-west-2", scenario.clock.now())


def test_numbers_go_on_after_the_record_was_emptied(scenario: Scenario) -> None:
    scenario.ecs.list_clusters()
    last = scenario.emulator.calls.since(0)[-1].n
    scenario.emulator.calls.clear()
    scenario.ecs.list_clusters()

    assert [call.n for call in scenario.emulator.calls.since(last)] == [last + 1]


def test_the_oldest_calls_go_when_the_record_is_full(monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> None:
    monkeypatch.setattr("sandbox.emulator.calls.KEPT", 3)
    record = CallRecord()
    for number in range(5):
        call = AwsCall("ecs", "ecs", str(number), "eu-central-1", "key", False, {}, "id")
        record.add(call, time=scenario.clock.now(), status=200, error=None)

    assert [call.action for call in record.since(0)] == ["2", "3", "4"]
