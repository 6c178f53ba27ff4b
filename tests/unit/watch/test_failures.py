"""Stopped tasks by class: which say that the image is bad, which pass, and when it is enough."""

from __future__ import annotations

import itertools

import pytest

from appdeploy.model.ecs_state import Container, Task
from appdeploy.watch.failures import Failure, classify, health_code_in, should_stop, summary

NEVER = "TaskFailedToStart"
EXITED = "EssentialContainerExited"
SCHEDULER = "ServiceSchedulerInitiated"
PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "


def task(stop_code, reason, *containers):
    return Task("task/1", "ecs-svc/1", "STOPPED", "UNKNOWN", frozenset(), stop_code, reason, containers)


def agent(exit_code=None, reason=""):
    return Container("agent", exit_code, reason)


@pytest.mark.parametrize(
    ("stopped", "what", "permanent"),
    [
        (task(NEVER, PULL + "failed to resolve ref x: not found"), "could not pull their image", True),
        (task(NEVER, PULL + "denied: User is not authorized to perform ecr:BatchGetImage"), "could not pull their image", True),
        (
            task(NEVER, PULL + "image Manifest does not contain descriptor matching platform"),
            "could not pull their image",
            True,
        ),
        (task(NEVER, PULL + "dial tcp 10.0.0.1:443: i/o timeout"), "could not pull their image", False),
        (task(NEVER, PULL + "httpReadSeeker: 429 toomanyrequests"), "could not pull their image", False),
        (task(NEVER, PULL + "context deadline exceeded"), "could not pull their image", False),
        (
            task(NEVER, "ResourceInitializationError: unable to pull secrets: AccessDeniedException"),
            "could not be set up",
            True,
        ),
        (
            task(NEVER, "ResourceInitializationError: unable to pull secrets: context deadline exceeded"),
            "could not be set up",
            False,
        ),
        (task(NEVER, "CannotStartContainerError: exec: no such executable file"), "could not be started", True),
        (
            task(NEVER, "Task failed to start", agent(reason="CannotStartContainerError: exec format error")),
            "could not be started",
            True,
        ),
        (task(NEVER, "Capacity is unavailable at this time."), "could not be placed or started", False),
        (
            task(NEVER, "Timeout waiting for network interface provisioning to complete."),
            "could not be placed or started",
            False,
        ),
        (task(EXITED, "Essential container in task exited", agent(1)), "exited with code 1", True),
        (task(EXITED, "Essential container in task exited", agent(0)), "exited with code 0", True),
        (task(EXITED, "Essential container in task exited", agent()), "exited with an unknown code", True),
        (task(EXITED, "x", agent(137, "OutOfMemoryError: Container killed due to memory usage")), "ran out of memory", True),
        (task(SCHEDULER, "Task failed ELB health checks in (target-group arn:x)"), "failed load balancer health checks", True),
        (task(SCHEDULER, "Task failed container health checks"), "failed container health checks", True),
    ],
)
def test_classes_of_failures(stopped, what, permanent):
    failure = classify(stopped, "agent")
    assert (failure.what, failure.permanent) == (what, permanent)


@pytest.mark.parametrize(
    "stopped",
    [
        task(SCHEDULER, "Scaling activity initiated by (deployment ecs-svc/2)", agent(143)),
        task("UserInitiated", "Task stopped by user", agent(137)),
        task("SpotInterruption", "Your Spot Task was interrupted."),
        task("TerminationNotice", "x"),
        task("InfrastructureHealth", "x"),
    ],
)
def test_tasks_that_were_stopped_on_purpose_are_no_failures(stopped):
    assert classify(stopped, "agent") is None


def test_of_several_containers_the_application_is_to_blame():
    stopped = task(EXITED, "Essential container in task exited", Container("metrics", 143, ""), agent(1))
    assert classify(stopped, "agent").container == "agent"


STOPPED_BY_ECS = (0, 137, 143)
OF_ITS_OWN = (1, 2, 127, 139, 255)


def ended(**codes):
    containers = [Container(name, code, "") for name, code in codes.items()]
    return classify(task(EXITED, "Essential container in task exited", *containers), "agent")


@pytest.mark.parametrize("killed", STOPPED_BY_ECS)
@pytest.mark.parametrize("own", OF_ITS_OWN)
def test_a_code_that_ecs_causes_never_wins_over_one_of_its_own(own, killed):
    for failure in (ended(agent=killed, metrics=own), ended(metrics=own, agent=killed)):
        assert (failure.container, failure.what) == ("metrics", f"exited with code {own}")
    for failure in (ended(agent=own, metrics=killed), ended(metrics=killed, agent=own)):
        assert (failure.container, failure.what) == ("agent", f"exited with code {own}")
    failure = ended(metrics=killed, agent=killed, proxy=own)
    assert (failure.container, failure.what) == ("proxy", f"exited with code {own}")


@pytest.mark.parametrize("codes", [STOPPED_BY_ECS, OF_ITS_OWN], ids=["caused-by-ecs", "of-its-own"])
def test_of_equal_codes_the_applications_comes_first(codes):
    for mine, other in itertools.product(codes, codes):
        for failure in (ended(agent=mine, metrics=other), ended(metrics=other, agent=mine)):
            assert (failure.container, failure.what) == ("agent", f"exited with code {mine}")


def test_a_sidecar_killed_for_its_memory_wins_over_an_application_that_ecs_stopped():
    killed = Container("metrics", 137, "OutOfMemoryError: Container killed due to memory usage")
    failure = classify(task(EXITED, "Essential container in task exited", agent(143), killed), "agent")
    assert (failure.container, failure.what, failure.detail) == ("metrics", "ran out of memory", killed.reason)


def test_a_sidecar_that_ended_the_task_is_named():
    stopped = task(EXITED, "Essential container in task exited", Container("metrics", 2, ""))
    failure = classify(stopped, "agent")
    assert (failure.container, failure.what) == ("metrics", "exited with code 2")
    assert summary([failure]) == "1 task exited with code 2: container metrics"


def failures(permanent, passing=0):
    return [Failure(str(n), "x", "", n < permanent) for n in range(permanent + passing)]


@pytest.mark.parametrize(
    ("permanent", "desired", "healthy_seen", "enough"),
    [
        (1, 2, False, False),
        (2, 2, False, True),
        (2, 2, True, False),
        (3, 2, True, True),
        (3, 30, True, True),
        (3, 31, True, False),
        (4, 31, True, True),
        (9, 100, True, False),
        (10, 100, True, True),
    ],
)
def test_when_a_release_is_stopped(permanent, desired, healthy_seen, enough):
    assert should_stop(failures(permanent), desired=desired, healthy_seen=healthy_seen) == enough


def test_passing_failures_never_decide():
    assert not should_stop(failures(1, passing=50), desired=2, healthy_seen=False)


def test_the_summary_counts_the_commonest_permanent_failure():
    found = [classify(task(EXITED, "x", agent(1)), "agent")] * 2 + [
        classify(task(NEVER, "Capacity is unavailable"), "agent")
    ] * 3
    assert summary(found) == "2 tasks exited with code 1"


def test_the_summary_of_a_pull_says_what_aws_says():
    stopped = task(NEVER, PULL + "not found")
    assert summary([classify(stopped, "agent")]) == f"1 task could not pull its image: {PULL}not found"


def test_the_summary_of_health_checks_says_what_the_check_got():
    stopped = classify(task(SCHEDULER, "Task failed ELB health checks in (target-group arn:x)"), "agent")
    assert summary([stopped, stopped], "503") == "2 tasks failed load balancer health checks (503)"


def test_no_failure_no_summary():
    assert summary([]) == ""


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["(service x) ... (reason Health checks failed with these codes: [503])."], "503"),
        (["Health checks failed with these codes: [502, 503]"], "502, 503"),
        (["(reason Request timed out)"], "Request timed out"),
        (["(service x) has reached a steady state."], ""),
    ],
)
def test_what_a_health_check_got(messages, code):
    assert health_code_in(messages) == code
