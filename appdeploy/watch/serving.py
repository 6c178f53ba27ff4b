"""Describes what serves customers after a rollout has ended."""

from __future__ import annotations

from appdeploy.model.ecs_state import DeploymentStatus
from appdeploy.model.outcome import Outcome
from appdeploy.model.rollout import Rollout
from appdeploy.model.task_definition import name_of
from appdeploy.model.words import tasks
from appdeploy.watch.judge import Observation


def what_serves(
    rollout: Rollout, outcome: Outcome, seen: Observation | None, *, stopped: bool, drain_seconds: int | None = None
) -> str:
    """What serves now, according to the last observation.

    `stopped` says that ECS accepted our request to roll back. `drain_seconds` is the target group's deregistration delay,
    if known.
    """
    previous = rollout.plan.previous.version
    match outcome:
        case Outcome.LIVE | Outcome.UNCHANGED:
            return f"{rollout.version} serves{_new_tasks(rollout, seen, drain_seconds)}"
        case Outcome.ROLLED_BACK | Outcome.ROLLED_BACK_BY_ECS:
            return f"{_restored_version(rollout, seen)} serves again{_tasks(seen)}"
        case Outcome.SUPERSEDED:
            return f"{_primary(seen)} of another deployment"
        case Outcome.FAILED if rollout.plan.first:
            return "nothing; the service has 0 tasks" if _is_empty(seen) else f"no healthy task{_running(seen)}"
        case Outcome.FAILED:
            return f"not confirmed: the service runs {_primary(seen)}{_tasks(seen)}; `status` shows what happens next"
        case Outcome.TIMED_OUT if stopped:
            return f"not known: {rollout.version} was stopped, and ECS is still rolling back to {previous or 'nothing'}"
        case Outcome.TIMED_OUT if _all_serve(rollout, seen):
            return f"{rollout.version} serves{_new_tasks(rollout, seen, drain_seconds)}; nothing was stopped, ECS continues"
        case Outcome.TIMED_OUT:
            coming = "the new tasks are" if previous == rollout.version else f"{rollout.version} is"
            return f"{previous or 'nothing'} until {coming} live; nothing was stopped, ECS continues"
        case Outcome.REFUSED | Outcome.SKIPPED:
            return f"{previous or 'nothing'}, unchanged"


def _all_serve(rollout: Rollout, seen: Observation | None) -> bool:
    """Whether all new tasks were healthy where customers are served when it was looked at last."""
    ours = seen.state.deployment(rollout.deployment_id) if seen else None
    if seen is None or ours is None or not ours.desired or seen.healthy is None:
        return False
    return ours.running >= ours.desired and seen.healthy >= ours.desired


def _tasks(seen: Observation | None) -> str:
    return "" if seen is None else f" ({tasks(seen.state.running)})"


def _running(seen: Observation | None) -> str:
    return "" if seen is None else f" ({seen.state.running} running)"


def _new_tasks(rollout: Rollout, seen: Observation | None, drain_seconds: int | None) -> str:
    """The tasks of our deployment, and what ECS still does with the old ones."""
    ours = seen.state.deployment(rollout.deployment_id) if seen else None
    if seen is None or ours is None:
        return ""
    first = rollout.plan.first
    remaining = "" if seen.status is DeploymentStatus.SUCCESSFUL else f"; {_remaining_work(seen, drain_seconds, first=first)}"
    return f" ({tasks(ours.running)}){remaining}"


def _remaining_work(seen: Observation, drain_seconds: int | None, *, first: bool) -> str:
    settings = seen.state.settings
    limit = "" if drain_seconds is None else f" for up to {drain_seconds} s"
    draining = "ECS still completes the deployment" if first else f"ECS still drains the old tasks{limit}"
    if settings.bake_minutes:
        return f"{draining}, then watches for {settings.bake_minutes} min and may still roll back"
    if settings.alarms:
        # Without a bake time of its own ECS computes one: docs.aws.amazon.com/AmazonECS/latest/developerguide/
        # deployment-alarm-failure.html. It does not report the length.
        return f"{draining}, then watches its alarms for a while and may still roll back"
    return draining


def _restored_version(rollout: Rollout, seen: Observation | None) -> str:
    primary = seen.state.primary if seen else None
    previous = rollout.plan.previous
    if primary is None or primary.task_definition == previous.task_definition:
        return previous.version or name_of(previous.task_definition)
    return name_of(primary.task_definition)


def _primary(seen: Observation | None) -> str:
    primary = seen.state.primary if seen else None
    return name_of(primary.task_definition) if primary else "an unknown task definition"


def _is_empty(seen: Observation | None) -> bool:
    return seen is not None and seen.state.desired == seen.state.running == seen.state.pending == 0
