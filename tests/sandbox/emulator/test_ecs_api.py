"""The API of ECS services and clusters where moto alone would differ from AWS: errors, pages, tags, what is read back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.refusal import refusal


def test_a_service_reads_back_what_it_was_created_with(scenario: Scenario) -> None:
    sent = {
        "healthCheckGracePeriodSeconds": 30,
        "enableExecuteCommand": True,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "availabilityZoneRebalancing": "DISABLED",
        "tags": [{"key": "team", "value": "platform"}],
    }
    created = scenario.create(scenario.unreleased(), **sent)

    found = scenario.ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE], include=["TAGS"])[
        "services"
    ][0]

    assert {name: found[name] for name in sent} == sent
    assert found["loadBalancers"] == created["loadBalancers"]
    assert found["loadBalancers"][0]["advancedConfiguration"]["productionListenerRule"] == scenario.balancer.rule
    assert found["deploymentConfiguration"] == {
        "strategy": "ROLLING",
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": {
            "enable": True,
            "rollback": True,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
    }
    assert "tags" not in scenario.describe(), "tags come when they are asked for"


def test_an_update_keeps_what_it_does_not_send(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased(), healthCheckGracePeriodSeconds=30)

    changed = scenario.update(enableExecuteCommand=True, deploymentConfiguration={"maximumPercent": 150})

    assert changed["enableExecuteCommand"] is True
    assert changed["healthCheckGracePeriodSeconds"] == 30
    configuration = changed["deploymentConfiguration"]
    assert (configuration["maximumPercent"], configuration["minimumHealthyPercent"]) == (150, 100)
    assert configuration["deploymentCircuitBreaker"]["enable"] is True


def test_answers_have_no_member_that_the_api_does_not_know(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")
    scenario.run(1)
    model = botocore.session.get_session().get_service_model("ecs")
    unknown: list[str] = []

    def note(http_response: Any, model: Any, **_: Any) -> None:
        unknown.extend(_unknown_members(json.loads(http_response.content), model.output_shape))

    for operation in model.operation_names:
        scenario.ecs.meta.events.register(f"after-call.ecs.{operation}", note)
    scenario.service_deployments()
    scenario.tasks()
    revisions = [each["arn"] for each in scenario.describe()["currentServiceRevisions"]]
    scenario.ecs.describe_service_revisions(serviceRevisionArns=revisions)

    assert unknown == []


def _unknown_members(document: Any, shape: Shape) -> list[str]:
    match shape.type_name:
        case "structure":
            assert isinstance(document, Mapping)
            known = shape.members  # type: ignore[attr-defined]
            inside = [_unknown_members(value, known[name]) for name, value in document.items() if name in known]
            return [*(name for name in document if name not in known), *itertools.chain.from_iterable(inside)]
        case "list":
            inside = [_unknown_members(each, shape.member) for each in document]  # type: ignore[attr-defined]
            return list(itertools.chain.from_iterable(inside))
        case _:
            return []


def test_a_second_service_of_the_same_name_is_refused(scenario: Scenario) -> None:
    definition = scenario.unreleased()
    first = scenario.create(definition, clientToken="one")

    again = scenario.create(definition, clientToken="one")
    code, message = refusal(scenario.create, definition=definition)

    assert again["serviceArn"] == first["serviceArn"]
    assert (code, message) == ("InvalidParameterException", "Creation of service was not idempotent.")


def test_a_name_is_free_again_once_the_service_is_inactive(scenario: Scenario) -> None:
    definition = scenario.unreleased()
    scenario.create(definition)
    scenario.ecs.delete_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
    draining = refusal(scenario.create, definition=definition)
    scenario.run(1)

    scenario.create(definition)

    assert draining == ("InvalidParameterException", "Unable to Start a service that is still Draining.")
    assert scenario.describe()["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"networkConfiguration": {}}, "InvalidParameterException", "Network Configuration must be provided"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"], "securityGroups": []}}},
            "InvalidParameterException",
            "The subnet ID 'subnet-0' does not exist",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/0"}]},
            "InvalidParameterException",
            "The target group arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/0 does not exist.",
        ),
        ({"taskDefinition": "nothing:1"}, "ClientException", "Unable to describe task definition."),
        ({"cluster": "nowhere"}, "ClusterNotFoundException", "Cluster not found."),
        (
            {"desiredCount": 1, "deploymentConfiguration": {"strategy": "CANARY"}},
            "UnsupportedFeatureException",
            "The sandbox does not emulate a deployment with deployment strategy CANARY.",
        ),
        (
            {"desiredCount": 1, "launchType": "EC2"},
            "UnsupportedFeatureException",
            "The sandbox does not emulate tasks of launch type EC2.",
        ),
        (
            {"deploymentConfiguration": {"linearConfiguration": {"stepPercent": 20.0}}},
            "InvalidParameterException",
            "Linear configuration can only be present with LINEAR deployment strategy",
        ),
    ],
)
def test_a_service_that_cannot_be_is_refused(scenario: Scenario, changes: dict[str, Any], code: str, message: str) -> None:
    found = refusal(scenario.create, definition=scenario.unreleased(), **changes)

    assert found[0] == code
    assert message in found[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"containerName": "other"}, "The container other does not exist in the task definition."),
        ({"containerPort": 81}, "The container agent did not have a container port 81 defined."),
    ],
)
def test_a_load_balancer_entry_must_fit_the_task_definition(scenario: Scenario, changes: dict[str, Any], message: str) -> None:
    entry = {"targetGroupArn": scenario.balancer.groups[0], "containerName": "agent", "containerPort": aws_platform.PORT}

    found = refusal(scenario.create, definition=scenario.unreleased(), loadBalancers=[{**entry, **changes}])

    assert found == ("InvalidParameterException", message)


def test_a_target_group_needs_a_load_balancer_and_ip_targets(scenario: Scenario) -> None:
    elb = scenario.client("elbv2")
    group = {"Protocol": "HTTP", "Port": 80, "VpcId": scenario.network.vpc}
    loose = elb.create_target_group(Name="loose", TargetType="ip", **group)["TargetGroups"][0]["TargetGroupArn"]
    instances = elb.create_target_group(Name="instances", **group)["TargetGroups"][0]["TargetGroupArn"]
    definition = scenario.unreleased()

    def create(arn: str) -> str:
        entry = {"targetGroupArn": arn, "containerName": "agent", "containerPort": aws_platform.PORT}
        return refusal(scenario.create, definition=definition, loadBalancers=[entry])[1]

    assert create(loose) == f"The target group with targetGroupArn {loose} does not have an associated load balancer."
    assert "has target type instance, which is incompatible with the awsvpc network mode" in create(instances)


def test_canary_can_be_configured_but_a_deployment_of_it_is_refused(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased(), deploymentConfiguration={"strategy": "CANARY", "canaryConfiguration": {}})

    configuration = scenario.describe()["deploymentConfiguration"]
    found = refusal(scenario.release, tag="v1")

    assert configuration["canaryConfiguration"] == {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
    assert found[0] == "UnsupportedFeatureException"
    assert len(scenario.service_deployments()) == 1


def test_an_inactive_service_cannot_be_updated_or_deleted(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    scenario.ecs.delete_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
    scenario.run(1)

    assert refusal(scenario.update, desiredCount=1)[0] == "ServiceNotActiveException"
    assert (
        refusal(scenario.ecs.delete_service, cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)[0]
        == "ServiceNotActiveException"
    )


def test_a_service_above_0_is_deleted_only_by_force(scenario: Scenario) -> None:
    scenario.running("v1")

    found = refusal(scenario.ecs.delete_service, cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)

    assert found == ("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")


def test_a_cluster_in_use_cannot_be_deleted(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    in_use = refusal(scenario.ecs.delete_cluster, cluster=aws_platform.CLUSTER)
    scenario.ecs.delete_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
    scenario.run(1)

    scenario.ecs.delete_cluster(cluster=aws_platform.CLUSTER)

    assert in_use[0] == "ClusterContainsServicesException"
    assert refusal(scenario.create, definition=scenario.unreleased())[1] == "The referenced cluster was inactive."


def test_a_cluster_that_exists_is_not_made_anew(scenario: Scenario) -> None:
    scenario.running("v1")

    scenario.ecs.create_cluster(clusterName=aws_platform.CLUSTER)

    (cluster,) = scenario.ecs.describe_clusters(clusters=[aws_platform.CLUSTER])["clusters"]
    assert (cluster["activeServicesCount"], cluster["runningTasksCount"]) == (1, 2)


def test_describe_services_takes_one_to_ten(scenario: Scenario) -> None:
    describe = scenario.ecs.describe_services

    assert refusal(describe, cluster=aws_platform.CLUSTER, services=["a"] * 11)[0] == "InvalidParameterException"
    assert refusal(describe, cluster=aws_platform.CLUSTER, services=[])[0] == "InvalidParameterException"
    failures = describe(cluster=aws_platform.CLUSTER, services=["a"])["failures"]
    arn = f"arn:aws:ecs:eu-central-1:123456789012:service/{aws_platform.CLUSTER}/a"
    assert failures == [{"arn": arn, "reason": "MISSING"}]


def test_lists_come_in_pages(scenario: Scenario) -> None:
    arns = [scenario.unreleased() for _ in range(5)]
    pages = scenario.ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=aws_platform.TEMPLATE, sort="DESC", PaginationConfig={"PageSize": 2}
    )

    found = [page["taskDefinitionArns"] for page in pages]

    assert [len(page) for page in found] == [2, 2, 1]
    assert list(itertools.chain.from_iterable(found)) == arns[::-1]


def test_services_are_listed_ten_at_a_time(scenario: Scenario) -> None:
    definition = scenario.unreleased()
    for number in range(12):
        scenario.create(definition, serviceName=f"s{number:02}", loadBalancers=[])

    first = scenario.ecs.list_services(cluster=aws_platform.CLUSTER)
    rest = scenario.ecs.list_services(cluster=aws_platform.CLUSTER, nextToken=first["nextToken"])

    assert (len(first["serviceArns"]), len(rest["serviceArns"])) == (10, 2)
    assert "nextToken" not in rest
    bad = refusal(scenario.ecs.list_services, cluster=aws_platform.CLUSTER, nextToken="???")
    assert bad[0] == "InvalidParameterException"


def test_service_deployments_are_filtered_by_status_and_time(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.run(5)
    before_second = scenario.clock.now()
    scenario.run(1)
    scenario.release("v2")

    def listed(**filters: Any) -> list[str]:
        answer = scenario.ecs.list_service_deployments(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, **filters)
        return [each["status"] for each in answer["serviceDeployments"]]

    assert listed() == ["IN_PROGRESS", "SUCCESSFUL"]
    assert listed(status=["SUCCESSFUL"]) == ["SUCCESSFUL"]
    assert listed(createdAt={"after": before_second}) == ["IN_PROGRESS"]
    assert listed(createdAt={"before": before_second}) == ["SUCCESSFUL"]


def test_tags_do_not_get_lost_under_concurrent_readers(scenario: Scenario) -> None:
    """moto switches tags on and off in a dictionary that all requests share."""
    scenario.create(scenario.unreleased(), tags=[{"key": "team", "value": "platform"}])

    def read(number: int) -> bool:
        include = ["TAGS"] if number % 2 else []
        answer = scenario.ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE], include=include)
        return ("tags" in answer["services"][0]) == bool(include)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(200)))


def test_tags_can_be_changed_later(scenario: Scenario) -> None:
    arn = scenario.create(scenario.unreleased(), tags=[{"key": "a", "value": "1"}])["serviceArn"]

    scenario.ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    scenario.ecs.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert scenario.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]


def test_tasks_of_a_service_carry_its_tags_when_told_to(scenario: Scenario) -> None:
    tags = [{"key": "team", "value": "platform"}]
    definition = scenario.register(scenario.push("v1"))
    scenario.create(definition, 1, propagateTags="SERVICE", enableECSManagedTags=True, tags=tags)
    scenario.run(1)
    arns = scenario.ecs.list_tasks(cluster=aws_platform.CLUSTER, serviceName=aws_platform.SERVICE)["taskArns"]

    (task,) = scenario.ecs.describe_tasks(cluster=aws_platform.CLUSTER, tasks=arns, include=["TAGS"])["tasks"]

    assert tags[0] in task["tags"]
    assert {"key": "aws:ecs:serviceName", "value": aws_platform.SERVICE} in task["tags"]


def test_unknown_tasks_and_services_are_told_apart(scenario: Scenario) -> None:
    answer = scenario.ecs.describe_tasks(cluster=aws_platform.CLUSTER, tasks=["0" * 32])

    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    assert refusal(scenario.ecs.stop_task, cluster=aws_platform.CLUSTER, task="0" * 32) == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )
    unknown = refusal(scenario.ecs.list_tasks, cluster=aws_platform.CLUSTER, serviceName="nothing")
    assert unknown[0] == "ServiceNotFoundException"


def test_a_cluster_s_settings_can_be_changed(scenario: Scenario) -> None:
    settings = [{"name": "containerInsights", "value": "enhanced"}]

    scenario.ecs.update_cluster_settings(cluster=aws_platform.CLUSTER, settings=settings)

    (cluster,) = scenario.ecs.describe_clusters(clusters=[aws_platform.CLUSTER], include=["SETTINGS"])["clusters"]
    assert cluster["settings"] == settings


def test_task_sets_are_not_emulated(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    named = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}

    for call, more in (
        (scenario.ecs.create_task_set, {"taskDefinition": aws_platform.TEMPLATE}),
        (scenario.ecs.describe_task_sets, {}),
        (scenario.ecs.update_task_set, {"taskSet": "t", "scale": {"value": 1.0, "unit": "PERCENT"}}),
        (scenario.ecs.delete_task_set, {"taskSet": "t"}),
        (scenario.ecs.update_service_primary_task_set, {"primaryTaskSet": "t"}),
    ):
        assert refusal(call, **named, **more)[0] == "UnsupportedFeatureException"
