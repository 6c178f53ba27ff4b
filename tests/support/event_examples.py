"""An example of every event, for the tests of what shows them."""

from __future__ import annotations

from appdeploy.aws.current_state import FoundImage, LiveService
from appdeploy.model import events
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.operation import Deploy
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan
from appdeploy.model.release_id import ReleaseId
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.plan.planner import plan_release
from tests.support.fake_aws import FakeAws
from tests.support.release_scenario import DIGESTS, platform_contract, task_definition_arn

RELEASE = ReleaseId("upgrade-2025-1125-143000-abc123")


def release_plan(first: bool = False) -> ReleasePlan:
    """A plan to release v2 of the agent, which runs v1, or nothing yet."""
    aws = FakeAws()
    service = aws.unreleased() if first else aws.released()
    aws.environment(service)
    base = TaskDefinition.from_reply(aws.task_definitions[service.task_definition])
    state, image = ServiceState.from_reply(aws._service(service)), FoundImage(DIGESTS["v2"], "ACTIVE")
    live = LiveService(service.contract, state, None if first else base, base if first else None, image)
    return plan_release(RELEASE, platform_contract(), Deploy("v2"), [live])


GOOD = ServiceResult("agent", Outcome.LIVE, "v2 serves (2 tasks)", seconds=12.4)
BAD = ServiceResult("agent", Outcome.ROLLED_BACK, "v1 serves again", "2 tasks exited with code 1", ("boom",), 61.0)
_PLAN = release_plan()
_TASK = "arn:aws:ecs:eu-central-1:123456789012:task/axonflow-staging-cluster/0af1"
EXAMPLES: tuple[tuple[events.Event, tuple[str, ...]], ...] = (
    (events.Planned(_PLAN), (f"{RELEASE}: v2 to staging", "agent: v1 -> v2 (sha256:000000000000)")),
    (
        events.Planned(release_plan(first=True)),
        (f"{RELEASE}: v2 to staging", "agent: first release: v2 (sha256:000000000000), 2 tasks"),
    ),
    (events.CallerResolved("arn:aws:iam::1:user/bob"), ("by arn:aws:iam::1:user/bob",)),
    (events.WaitingForLock("held by bob"), ("waiting for the lock: held by bob",)),
    (events.LockTakenOver("held by bob"), ("taking the lock over, which was held by bob",)),
    (events.ContinuedWithoutLock("no table"), ("continuing without the lock: no table",)),
    (
        events.NotRecorded(),
        ("not recorded, the ledger's table never answered: the next command that can write to it adds what ECS reports",),
    ),
    (events.Registered("agent", task_definition_arn("agent:5")), ("agent: registered agent:5",)),
    (events.PreDeployStarted("agent", _TASK, "migrate up"), ("agent: before its rollout: migrate up (task 0af1)",)),
    (events.PreDeployLog("agent", "3 tables"), ("agent:   | 3 tables",)),
    (events.PreDeployEnded("agent", 0), ("agent: the task before its rollout ended with code 0",)),
    (events.PreDeployEnded("agent", None), ("agent: the task before its rollout ended without an exit code",)),
    (events.Started("agent", "ecs-svc/1"), ("agent: deployment ecs-svc/1 started",)),
    (events.PreviousVersionResolved(_PLAN.changed[0]), ("agent: v1 -> v2 (sha256:000000000000)",)),
    (
        events.WatchingForLateWrites("agent", "upgrade-1", 3.5),
        ("agent: live; for 3.5 s more a late write of upgrade-1 may arrive, and is reverted",),
    ),
    (
        events.LateWriteReverted("agent", "upgrade-1", task_definition_arn("a:6"), task_definition_arn("a:5"), "ecs-svc/2"),
        ("agent: REVERTED a late write of upgrade-1, which set a:6; a:5 again, deployment ecs-svc/2",),
    ),
    (
        events.Progress("agent", events.Phase.STARTING, 1, 2, None, ""),
        ("agent: starting new tasks: 1 of 2 new tasks run",),
    ),
    (
        events.Progress("agent", events.Phase.CHECKING, 2, 2, 1, "1 task exited with code 1"),
        ("agent: waiting for health checks: 2 of 2 new tasks run, 1 healthy; 1 task exited with code 1",),
    ),
    (events.Progress("agent", events.Phase.LIVE, 2, 2, 2, ""), ("agent: live: 2 of 2 new tasks run, 2 healthy",)),
    (
        events.StillInProgress("agent", events.Phase.STARTING, 75.0),
        ("agent: still starting new tasks after 75 s",),
    ),
    (
        events.NotWatched("agent", "ecs:ListTasks: ServerException: x", 12.0),
        ("agent: not watched for 12 s: ecs:ListTasks: ServerException: x; it goes on in ECS, trying again",),
    ),
    (events.WatchedAgain("agent"), ("agent: watched again",)),
    (events.Progress("agent", events.Phase.STOPPING, 1, 2, None, ""), ("agent: stopping",)),
    (
        events.Progress("agent", events.Phase.ROLLING_BACK, 0, 0, None, "2 tasks exited"),
        ("agent: rolling back; 2 tasks exited",),
    ),
    (events.Progress("agent", events.Phase.SCALING_TO_ZERO, 0, 0, None, ""), ("agent: scaling back to 0 tasks",)),
    (events.Stopping("agent", "it crashed"), ("agent: stopping the release: it crashed",)),
    (
        events.Reverting("agent", "the portal failed", task_definition_arn("a:4"), "ecs-svc/3"),
        ("agent: REVERTING to a:4, deployment ecs-svc/3: the portal failed",),
    ),
    (
        events.AwsUnreachable("AWS is out of reach (x)", 45.0),
        ("AWS is out of reach (x); the release goes on there, trying again for 45 s",),
    ),
    (events.AwsReachable(), ("AWS answers again",)),
    (events.Finished(GOOD), ("agent: live after 12 s; serving now: v2 serves (2 tasks)",)),
    (events.Finished(ServiceResult("agent", Outcome.UNCHANGED, "v2 serves")), ("agent: unchanged: v2 serves",)),
    (
        events.ImageRetentionFailed("agent", "no right"),
        ("agent: its image could not be tagged to be kept for a rollback: no right",),
    ),
    (events.CapacityBoundsSet("agent", 1, 4), ("agent: autoscaling keeps 1 to 4 tasks",)),
    (
        events.CapacityBoundsFailed("agent", "no right"),
        ("agent: autoscaling's bounds could not be set, `sync` tries again: no right",),
    ),
    (events.NotificationFailed("no right"), ("notification failed: EventBridge did not take it: no right",)),
    (events.Note("agent", "it has 2 tasks already"), ("agent: it has 2 tasks already",)),
    (events.CountStep("agent", StepKind.HOLD), ("agent: autoscaling is suspended",)),
    (events.CountStep("agent", StepKind.RELEASE_HOLD), ("agent: autoscaling decides again",)),
    (events.CountStep("agent", StepKind.SET_COUNT), ("agent: the desired count is set",)),
    (events.TaskCount("agent", 1, 2), ("agent: 1 of 2 tasks run",)),
    (
        events.Ended(_PLAN, (GOOD, BAD), 61.0),
        (
            f"{RELEASE}: rolled-back after 61 s",
            f"`appdeploy releases show {RELEASE} -e staging` shows what was done, and why it failed",
            "`appdeploy status -e staging` shows what runs now",
        ),
    ),
)
"""Events, each with its plain lines."""
