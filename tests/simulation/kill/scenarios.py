"""The commands that are killed, and what each may end in once it is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from appdeploy.lock.session import Acquirer, TakeoverAcquirer, WaitingAcquirer
from appdeploy.model.operation import Deploy, Operation, Restart, Sync
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import ReleasePlan
from appdeploy.plan.prepare import Request, prepare
from appdeploy.reconcile import resume
from appdeploy.reconcile.list import list_releases
from appdeploy.release.options import WatchOptions
from appdeploy.release.run import run_release
from appdeploy.rollback import prepare as back
from appdeploy.watch.judge import Policy
from tests.simulation.faults import platform
from tests.simulation.faults.simulation import INFRA
from tests.simulation.kill.simulation import MortalWorld
from tests.simulation.verb import Verb

FORMER = ("v1", "v2")
"""The versions that a released platform ran, oldest first."""
_ALL = tuple(sorted(platform.COUNTS))
_ONE = ("agent",)


@dataclass(frozen=True)
class Scenario:
    """One command on one platform."""

    name: str
    services: tuple[str, ...]
    verb: Verb = Verb.DEPLOY
    released: bool = True
    """Whether the services ran versions before; else they stand on their templates with no task."""
    version: str = "v3"
    """What a deploy brings."""
    behaviour: str = "healthy"
    """Of that version's tasks."""
    failing: str = ""
    """The one service of which only that version behaves so; empty for all."""
    in_turn: bool = False
    """Whether the agent comes after the others."""
    task_before: bool = False
    """Whether the agent wants a task before its rollout."""
    deregistered: bool = False
    """Whether what a rollback returns to was deregistered."""
    until_complete: bool = True
    """Whether the command that is killed waits for ECS's last word; what resumes it always does."""

    @property
    def fails(self) -> bool:
        """Whether the release cannot succeed, so that the former state is the right end."""
        return self.behaviour != "healthy"

    def takes_back(self, service: str) -> bool:
        """Whether that service has to go back although it does well."""
        return bool(self.failing) and service != self.failing


SCENARIOS = (
    Scenario("deploy-first-1", _ONE, released=False),
    Scenario("deploy-first-3", _ALL, released=False),
    Scenario("deploy-1", _ONE),
    Scenario("deploy-3", _ALL),
    Scenario("deploy-3-until-live", _ALL, until_complete=False),
    Scenario("rollback-1", _ONE, Verb.ROLLBACK),
    Scenario("rollback-3", _ALL, Verb.ROLLBACK),
    Scenario("rollback-1-deregistered", _ONE, Verb.ROLLBACK, deregistered=True),
    Scenario("sync-1", _ONE, Verb.SYNC),
    Scenario("sync-3", _ALL, Verb.SYNC),
    Scenario("restart-1", _ONE, Verb.RESTART),
    Scenario("deploy-1-fails", _ONE, behaviour="crash"),
    Scenario("deploy-3-fails", _ALL, behaviour="crash"),
    Scenario("deploy-3-one-fails", _ALL, behaviour="unhealthy", failing="customer-portal"),
    Scenario("deploy-3-last-fails", _ALL, behaviour="crash", failing="agent", in_turn=True),
    # Found late, so that the others are complete: they cannot be stopped, and return by an update.
    Scenario("deploy-3-last-unhealthy", _ALL, behaviour="unhealthy", failing="agent", in_turn=True),
    Scenario("deploy-3-task-before", _ALL, in_turn=True, task_before=True),
    Scenario("deploy-first-1-fails", _ONE, released=False, behaviour="crash"),
)


EVERYTHING = Scenario("first-release", _ALL)
"""What every platform that ran versions before has behind it."""


def set_up(world: MortalWorld, scenario: Scenario) -> None:
    """What the command needs: the image pushed, or a newer template, and what the contract says."""
    if scenario.in_turn:
        before = {"command": ["migrate"], "timeout_seconds": 60} if scenario.task_before else None
        platform.tell(partial(world.client, INFRA), "agent", wave=1, pre_deploy=before)
    for service in scenario.services:
        match scenario.verb:
            case Verb.DEPLOY:
                world.push(service, scenario.version, "healthy" if scenario.takes_back(service) else scenario.behaviour)
            case Verb.SYNC:
                platform.renew_template(partial(world.client, INFRA), world.role, service)
            case Verb.ROLLBACK if scenario.deregistered:
                ecs = world.client(INFRA, "ecs")
                oldest = ecs.list_task_definitions(familyPrefix=platform.repository(service))["taskDefinitionArns"][0]
                ecs.deregister_task_definition(taskDefinition=oldest)
            case Verb.RESTART | Verb.ROLLBACK:
                continue


def begin(world: MortalWorld, scenario: Scenario) -> tuple[ServiceResult, ...]:
    """The scenario's command, from its start to its end."""
    return _run(world, partial(_plan, world, scenario), scenario.verb, until_complete=scenario.until_complete)


def carry_on(world: MortalWorld) -> tuple[ServiceResult, ...]:
    """`appdeploy resume`. Raises Refused when there is nothing to resume."""
    request = resume.Request(platform.ENVIRONMENT, None)
    return _run(world, partial(resume.prepare_resume, request, world.clients), None, until_complete=True)


def read(world: MortalWorld) -> None:
    """`appdeploy releases`, which settles what is open and adds what it does not know."""
    list_releases(world.clients, platform.ENVIRONMENT, 20, None, only_open=False)


def _run(
    world: MortalWorld, plan: partial[ReleasePlan], verb: Verb | None, *, until_complete: bool
) -> tuple[ServiceResult, ...]:
    watching = WatchOptions(Policy(until_complete=until_complete, patient=False), timeout=600.0)
    return run_release(plan, watching, world.clients, world.clock, lambda _: None, _line(world, verb))


def _line(world: MortalWorld, verb: Verb | None) -> Acquirer:
    if verb is Verb.ROLLBACK:
        return TakeoverAcquirer(world.clients, lambda _: None)
    return WaitingAcquirer(world.clients, world.clock, lambda _: None, 0.0)


def _plan(world: MortalWorld, scenario: Scenario) -> ReleasePlan:
    if scenario.verb is Verb.ROLLBACK:
        return back.prepare_rollback(back.Request(platform.ENVIRONMENT, scenario.services), world.clients)
    goals: dict[Verb, Operation] = {Verb.DEPLOY: Deploy(scenario.version), Verb.SYNC: Sync(), Verb.RESTART: Restart()}
    return prepare(Request(platform.ENVIRONMENT, goals[scenario.verb], scenario.services), world.clients).cleared()
