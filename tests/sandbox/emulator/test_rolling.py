"""Rolling deployments that go well: what AWS shows on the way and at the end."""

from __future__ import annotations

import pytest

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source


@pytest.mark.source(Source.STATES)
def test_a_new_service_without_tasks_is_complete_at_once(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())

    assert scenario.settled()
    assert [each["status"] for each in scenario.service_deployments()] == ["SUCCESSFUL"]
    assert scenario.describe()["runningCount"] == 0


@pytest.mark.source(Source.ROLLING)
def test_a_good_release_completes_in_about_three_seconds(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2")

    took = scenario.until(scenario.settled)

    assert took <= 3
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"
    assert scenario.targets() == {"healthy": 2}


@pytest.mark.source(Source.API_UPDATE)
def test_an_update_answers_with_its_own_deployment_as_primary(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.register(scenario.push("v2"))

    answer = scenario.update(taskDefinition=new.rsplit("/", 1)[1])

    primary, former = answer["deployments"]
    assert answer["taskDefinition"] == new, "a family and revision is echoed as an ARN"
    assert (primary["status"], primary["rolloutState"], primary["taskDefinition"]) == ("PRIMARY", "IN_PROGRESS", new)
    assert (former["status"], former["taskDefinition"]) == ("ACTIVE", old)


@pytest.mark.source(Source.PROVIDER_WAIT)
def test_a_deployment_is_found_by_the_digits_of_its_id(scenario: Scenario) -> None:
    """The AWS provider for Terraform and Pulumi looks for them in targetServiceRevisionArn (service/ecs/service.go)."""
    scenario.running("v1")
    scenario.release("v2")

    prefix, digits = scenario.primary()["id"].split("/")

    assert prefix == "ecs-svc"
    assert digits.isdigit()
    assert len(digits) == 19
    assert digits in scenario.service_deployments()[0]["targetServiceRevision"]["arn"]


@pytest.mark.source(Source.LIFE)
def test_a_task_passes_through_the_statuses_of_its_life(scenario: Scenario) -> None:
    scenario.create(scenario.register(scenario.push("v1")), 1)
    seen: list[str] = []

    def note() -> bool:
        for task in scenario.tasks() + scenario.tasks("STOPPED"):
            if seen[-1:] != [task["lastStatus"]]:
                seen.append(task["lastStatus"])
        return seen[-1:] == ["STOPPED"]

    scenario.until(lambda: note() or scenario.settled())
    scenario.update(desiredCount=0)
    scenario.until(note)

    starting = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]
    assert seen == [*starting, "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]


@pytest.mark.source(Source.LOAD_BALANCING)
def test_targets_are_initial_then_healthy_and_drain_before_they_go(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")
    seen = []

    scenario.until(lambda: seen.append(dict(scenario.targets())) or scenario.settled())  # type: ignore[func-returns-value]

    assert {"healthy": 2, "initial": 2} in seen
    assert {"healthy": 2, "draining": 2} in seen
    assert all(state.get("healthy", 0) >= 2 for state in seen), "never fewer than minimumHealthyPercent"


@pytest.mark.source(Source.API_DEPLOYMENT_CONFIGURATION)
def test_old_tasks_stay_until_as_many_new_ones_are_healthy(scenario: Scenario) -> None:
    scenario.running("v1")
    old = {task["taskArn"] for task in scenario.tasks()}
    scenario.release("v2")

    scenario.until(lambda: scenario.targets()["initial"] > 0)

    assert old <= {task["taskArn"] for task in scenario.tasks()}


@pytest.mark.source(Source.API_DEPLOYMENT_CONFIGURATION)
def test_half_healthy_and_no_more_than_wanted_replaces_one_at_a_time(scenario: Scenario) -> None:
    scenario.running("v1")
    limits = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    scenario.release("v2", deploymentConfiguration=limits)
    occupied, healthy = [], []

    def note() -> bool:
        service = scenario.describe()
        occupied.append(service["runningCount"] + service["pendingCount"])
        healthy.append(scenario.targets()["healthy"])
        return scenario.settled()

    scenario.until(note)

    assert max(occupied) == 2
    assert min(healthy) == 1


@pytest.mark.source(Source.EVENTS)
def test_limits_that_leave_no_room_say_so_in_an_event(scenario: Scenario) -> None:
    scenario.running("v1")
    limits = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    scenario.release("v2", deploymentConfiguration=limits)

    scenario.run(5)

    reported = [event for event in scenario.events() if "because of the service deployment configuration" in event]
    assert len(reported) == 1
    assert scenario.primary()["rolloutState"] == "IN_PROGRESS"


@pytest.mark.source(Source.API_UPDATE)
def test_scaling_up_and_down_starts_no_deployment(scenario: Scenario) -> None:
    scenario.running("v1")
    before = scenario.primary()["id"]

    scenario.update(desiredCount=5)
    scenario.until(lambda: scenario.targets()["healthy"] == 5)
    scenario.update(desiredCount=1)
    scenario.until(lambda: scenario.describe()["runningCount"] == 1)

    assert scenario.primary()["id"] == before
    assert scenario.primary()["rolloutState"] == "COMPLETED"
    assert len(scenario.service_deployments()) == 1


@pytest.mark.source(Source.API_UPDATE)
def test_a_forced_deployment_replaces_tasks_of_the_same_definition(scenario: Scenario) -> None:
    definition = scenario.running("v1")
    before = {task["taskArn"] for task in scenario.tasks()}

    scenario.update(forceNewDeployment=True)
    scenario.until(scenario.settled)

    assert not before & {task["taskArn"] for task in scenario.tasks()}
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {definition}
    assert len(scenario.service_deployments()) == 2


@pytest.mark.source(Source.API_UPDATE)
def test_an_update_that_changes_nothing_starts_no_deployment(scenario: Scenario) -> None:
    definition = scenario.running("v1")
    before = scenario.primary()["id"]

    answer = scenario.update(taskDefinition=definition)

    assert answer["deployments"][0]["id"] == before


@pytest.mark.source(Source.API_STOP_TASK)
def test_a_stopped_task_is_replaced(scenario: Scenario) -> None:
    scenario.running("v1")
    victim = scenario.tasks()[0]["taskArn"]

    scenario.ecs.stop_task(cluster=aws_platform.CLUSTER, task=victim, reason="a drill")
    scenario.until(lambda: scenario.targets() == {"healthy": 2})

    stopped = next(task for task in scenario.tasks("STOPPED") if task["taskArn"] == victim)
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "a drill")
    assert len(scenario.service_deployments()) == 1


@pytest.mark.source(Source.STATES)
def test_a_newer_update_supersedes_the_one_under_way(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")
    scenario.until(lambda: scenario.targets()["initial"] > 0)

    newest = scenario.release("v3")
    scenario.until(scenario.settled)

    third, second, _ = scenario.service_deployments()
    assert (third["status"], second["status"]) == ("SUCCESSFUL", "STOPPED")
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {newest}


@pytest.mark.source(Source.API_DESCRIBE_TASKS)
def test_describing_a_task_does_not_change_it(scenario: Scenario) -> None:
    scenario.running("v1")

    polled = [scenario.tasks()[0]["lastStatus"] for _ in range(10)]

    assert set(polled) == {"RUNNING"}


@pytest.mark.source(Source.API_REVISION)
def test_a_revision_tells_digests_and_the_serving_target_group(scenario: Scenario) -> None:
    image = scenario.push("v1")
    scenario.create(scenario.register(image), 1)
    scenario.until(scenario.settled)

    (current,) = scenario.describe()["currentServiceRevisions"]
    answer = scenario.ecs.describe_service_revisions(serviceRevisionArns=[current["arn"]])
    (revision,) = answer["serviceRevisions"]

    assert (current["requestedTaskCount"], current["runningTaskCount"]) == (1, 1)
    assert revision["containerImages"] == [{"containerName": "agent", "image": image, "imageDigest": image.rsplit("@", 1)[1]}]
    serving = {"targetGroupArn": scenario.balancer.groups[0], "productionListenerRule": scenario.balancer.rule}
    assert revision["resolvedConfiguration"]["loadBalancers"] == [serving]


@pytest.mark.source(Source.ROLLING)
def test_a_moved_tag_does_not_reach_a_deployment_that_has_pulled(scenario: Scenario) -> None:
    """Version consistency: the tag is resolved once for a deployment (DG/deployment-type-ecs.html)."""
    ecr = scenario.client("ecr")
    ecr.put_image_tag_mutability(repositoryName=aws_platform.REPOSITORY, imageTagMutability="MUTABLE")
    digest = scenario.push("latest").rsplit("@", 1)[1]
    uri = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}:latest"
    scenario.create(scenario.register(uri), 1)
    scenario.until(scenario.settled)
    scenario.push("latest")

    scenario.update(desiredCount=2)
    scenario.until(lambda: scenario.targets() == {"healthy": 2})

    assert {task["containers"][0]["imageDigest"] for task in scenario.tasks()} == {digest}


@pytest.mark.source(Source.EVENTS)
def test_events_are_in_the_words_of_ecs(scenario: Scenario) -> None:
    scenario.running("v1")

    newest, completed, *_ = scenario.events()

    name = f"(service {aws_platform.SERVICE})"
    assert newest == f"{name} has reached a steady state."
    assert completed == f"{name} (deployment {scenario.primary()['id']}) deployment completed."
    assert any(event.startswith(f"{name} has started 2 tasks: (task ") for event in scenario.events())
    group = scenario.balancer.groups[0]
    assert f"{name} registered 1 targets in (target-group {group})" in scenario.events()


@pytest.mark.source(Source.STEADY_STATE)
def test_the_event_of_a_steady_state_comes_when_it_is_reached_and_about_every_six_hours_while_it_lasts(
    scenario: Scenario,
) -> None:
    scenario.running("v1")

    def steady_events() -> int:
        return sum("steady state" in event for event in scenario.events())

    minute = scenario.timings.minute
    assert steady_events() == 1
    scenario.emulator.advance(350 * minute)
    assert steady_events() == 1
    scenario.emulator.advance(20 * minute)
    assert steady_events() == 2
    scenario.update(desiredCount=3)
    scenario.until(lambda: scenario.describe()["runningCount"] == 3)
    scenario.until(lambda: "steady state" in scenario.events()[0])
    assert steady_events() == 3


@pytest.mark.source(Source.API_DELETE)
def test_a_deleted_service_drains_and_becomes_inactive(scenario: Scenario) -> None:
    scenario.running("v1")

    answer = scenario.ecs.delete_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, force=True)
    scenario.until(lambda: scenario.describe()["status"] == "INACTIVE")

    assert answer["service"]["status"] == "DRAINING"
    assert scenario.targets() == {}
    interfaces = scenario.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert not [each for each in interfaces if ":ecs:" in each["Description"]]


@pytest.mark.source(Source.API_DESCRIBE_TASKS)
def test_stopped_tasks_stay_visible_for_an_hour(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.update(desiredCount=0)
    scenario.until(lambda: scenario.describe()["runningCount"] == 0)
    scenario.run(2)

    scenario.clock.advance(3500)
    scenario.emulator.step()
    assert len(scenario.tasks("STOPPED")) == 2
    scenario.clock.advance(200)
    scenario.emulator.step()
    assert scenario.tasks("STOPPED") == []
