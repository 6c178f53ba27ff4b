"""Bugs that release tools have had, planted into ours for as long as a context is open. The search must find each one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from appdeploy.aws.errors import AwsError, ErrorKind, error_kind
from appdeploy.aws.writes import EcsWriter
from appdeploy.ledger import writer as book
from appdeploy.ledger.writer import with_result
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ServicePlan
from appdeploy.release.pre_deploy import PreDeployTasks
from appdeploy.release.sequence import ReleaseSequence
from appdeploy.watch import service_watch
from appdeploy.watch.judge import Decide, Done, Observation, Policy, Verdict, judge
from appdeploy.watch.revert import RevertWatch
from appdeploy.watch.service_watch import ServiceWatch, Tick
from tests.simulation.faults.search import Stage, Summary, search
from tests.simulation.planting import PlantedBug, instead


def success_by_counts() -> AbstractContextManager[None]:
    """Botocore's `services_stable` and everything built on it: one deployment, and running equals desired."""

    def mistaken(rollout: Any, seen: Observation, policy: Policy, done: Done) -> Verdict:
        stable = len(seen.state.deployments) == 1 and seen.state.running == seen.state.desired
        return Decide(Outcome.LIVE) if stable else judge(rollout, seen, policy, done)

    return instead(service_watch, "judge", mistaken)


def rollback_ignored() -> AbstractContextManager[None]:
    """A deployment that ECS took back is over, and over is taken for well (ecspresso's `refresh`)."""

    def mistaken(rollout: Any, seen: Observation, policy: Policy, done: Done) -> Verdict:
        over = seen.status is not None and seen.status.is_rollback and seen.status.is_final
        return Decide(Outcome.LIVE) if over else judge(rollout, seen, policy, done)

    return instead(service_watch, "judge", mistaken)


def blind_retry() -> AbstractContextManager[None]:
    """A write without an answer is sent again without a look at what became of it (ecspresso before its #961)."""

    def mistaken(writer: EcsWriter, send: Callable[[], str], find: Callable[[], str | None]) -> str:
        while True:
            try:
                return writer._send(send)
            except AwsError as error:
                if error_kind(error) not in (ErrorKind.UNKNOWN_RESULT, ErrorKind.THROTTLED):
                    raise
                writer._clock.sleep(1.0)

    return instead(EcsWriter, "_send_until_known", mistaken)


def wrong_deployment() -> AbstractContextManager[None]:
    """Whatever deployment is PRIMARY when it looks is taken for its own."""
    look = ServiceWatch.tick

    def mistaken(watch: ServiceWatch, state: ServiceState) -> Tick:
        if state.primary is not None and state.primary.id != watch.rollout.deployment_id:
            watch.rollout = replace(watch.rollout, deployment_id=state.primary.id)
            watch._observer = service_watch.Observer(watch._clients, watch.rollout)
        return look(watch, state)

    return instead(ServiceWatch, "tick", mistaken)


def settle_skipped() -> AbstractContextManager[None]:
    """What the command tells is taken for final, although ECS still watches its alarms and may roll back."""

    def mistaken(entry: Entry, result: ServiceResult) -> Entry:
        return with_result(entry, replace(result, final=True))

    return instead(book, "with_result", mistaken)


def return_unconfirmed() -> AbstractContextManager[None]:
    """What was live and is sent back counts as back as soon as ECS has taken the update."""
    go = RevertWatch._send_revert

    def mistaken(way: RevertWatch, state: ServiceState, live: ServiceResult) -> Tick:
        tick = go(way, state, live)
        return tick if tick.result else replace(tick, result=replace(live, outcome=Outcome.ROLLED_BACK))

    return instead(RevertWatch, "_send_revert", mistaken)


def groups_at_once() -> AbstractContextManager[None]:
    """The next group is updated when ECS has taken the updates of the one before."""
    return instead(ReleaseSequence, "_next_wave_may_start", lambda _: True)


def left_behind() -> AbstractContextManager[None]:
    """What is live stays so when another service fails: only what ECS still works on is stopped."""
    return instead(ReleaseSequence, "_is_live_and_new", lambda *_: False)


def task_before_ignored() -> AbstractContextManager[None]:
    """The services are updated however their tasks before ended."""
    run = PreDeployTasks.run

    def mistaken(before: PreDeployTasks, services: Sequence[ServicePlan]) -> list[ServiceResult]:
        run(before, services)
        return []

    return instead(PreDeployTasks, "run", mistaken)


@dataclass(frozen=True)
class Mutant(PlantedBug):
    """A bug that the search must find."""

    seed: int
    """Of a search that meets it soon."""


MUTANTS: Mapping[str, Mutant] = {
    "success by counts": Mutant(success_by_counts, "said live, true is", 2),
    "rollback ignored": Mutant(rollback_ignored, "said live, true is rolled-back", 2),
    "blind retry": Mutant(blind_retry, "for one release", 12),
    "wrong deployment id": Mutant(wrong_deployment, "said live, true is", 17),
    "settle skipped": Mutant(settle_skipped, "the ledger says of", 7),
    "return unconfirmed": Mutant(return_unconfirmed, "said rolled-back, true is", 34),
    "groups at once": Mutant(groups_at_once, "was updated before", 4),
    "left behind": Mutant(left_behind, "is live although another service", 6),
    "task before ignored": Mutant(task_before_ignored, "although a task before it has failed", 103),
}
"""By name."""

MOST = 200
"""Releases within which a planted bug must be found."""


def hunt(stage: Stage, mutant: Mutant) -> Summary:
    """Plant a bug and search until it shows."""
    with mutant.planted():
        return search(stage, mutant.seed, MOST, lambda summary: is_found(mutant, summary))


def is_found(mutant: Mutant, summary: Summary) -> bool:
    """Whether a search has met a lie that gives the bug away."""
    return any(mutant.sign in lie for mismatch in summary.mismatches for lie in mismatch.lies)
