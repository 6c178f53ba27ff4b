"""Plays a drawn release with the product's own code, and writes down what it said."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from appdeploy.lock.session import TakeoverAcquirer, WaitingAcquirer
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.errors import AppdeployError, Locked, LockLost, OutOfReach, Refused
from appdeploy.model.events import Emit, Event, Finished, Planned, Started
from appdeploy.model.operation import Deploy, Operation, Restart, Sync
from appdeploy.model.outcome import ExitCode, worst
from appdeploy.model.plan import ReleasePlan
from appdeploy.notify.fanout import Renderer
from appdeploy.plan.prepare import Request, prepare
from appdeploy.release.options import WatchOptions
from appdeploy.release.run import run_release
from appdeploy.rollback import prepare as back
from appdeploy.watch.judge import Policy
from sandbox.emulator.faults import Fault
from tests.simulation.faults import platform
from tests.simulation.faults.draw import Deed, Happening, Release
from tests.simulation.faults.reported import End, Reported, Said, Wish
from tests.simulation.faults.simulation import INFRA, LONGEST, PERSON, RIVAL, TOOL, Moment, Watched, World
from tests.simulation.verb import Verb

_ENDS = {Refused: End.REFUSED, Locked: End.LOCKED, LockLost: End.LOCK_LOST, OutOfReach: End.OUT_OF_REACH}


def perform(world: World, release: Release, tag: str, beside: Renderer | None = None) -> Reported:
    """One release from its command to its exit status; `beside` hears it too, as what shows it does."""
    if release.settles:
        world.settle()
    world.pass_time(release.pause)
    digests = {name: world.push(name, tag, behaviour) for name, behaviour in release.behaviours.items()}
    _prepare_disturbances(world, release, tag)
    held = DynamoLockStore(world.client(PERSON, "dynamodb"), platform.TABLE).read().holder is not None
    began, began_time, said, ids = world.number(), world.now(), list[Said](), list[str]()
    emit = _listener(world, said, ids, began, _lag(release), beside)
    end, exit_code, words = _run(world, release, tag, emit, beside)
    ended = world.number()
    world.emulator.faults.clear()
    world.moments.clear()
    contracts = {platform.service_arn(name): platform.said_of(partial(world.client, INFRA), name) for name in release.services}
    wish = Wish(
        verb=release.verb,
        services=tuple(platform.service_arn(name) for name in release.services),
        digests={platform.service_arn(name): digest for name, digest in digests.items()},
        until_complete=release.until_complete,
        timeout=release.timeout,
        key=TOOL,
        atomic=release.atomic and release.verb is not Verb.ROLLBACK,
        orders={arn: said["wave"] for arn, said in contracts.items()},
        before={arn: said["name"] for arn, said in contracts.items() if said.get("pre_deploy")},
    )
    watched = world.watched
    return Reported(
        wish=wish,
        began=began,
        began_time=began_time,
        said=tuple(said),
        calls=tuple(watched.calls),
        end=end,
        exit_code=exit_code,
        words=words,
        ringing=watched.ringing,
        ended=ended,
        held=held,
        release="".join(ids[:1]),
    )


def _prepare_disturbances(world: World, release: Release, tag: str) -> None:
    world.watched = Watched(looked=world.now(), ringing=world.watched.ringing, until=world.now() + LONGEST)
    for fault in release.faults:
        world.emulator.faults.add(Fault.parse(fault))
    for number, happening in enumerate(release.happenings):
        when = happening.when
        due = None if when.seconds is None else world.now() + when.seconds
        act = partial(do, world, happening, f"{tag}-{number}")
        world.moments.append(Moment(act, due, when.operation, when.skip, when.after))


def _lag(release: Release) -> float:
    """For how many seconds AWS shows the tool what was before."""
    return max((fault["seconds"] for fault in release.faults if fault["kind"] == "stale"), default=0.0)


def _listener(world: World, said: list[Said], ids: list[str], began: int, lag: float, beside: Renderer | None) -> Emit:
    started = set[str]()

    def hear(event: Event) -> None:
        if beside is not None:
            beside(event)
        if isinstance(event, Planned):
            ids.append(event.plan.release_id)
        if isinstance(event, Started):
            started.add(event.service)
        if isinstance(event, Finished):
            name, outcome = event.result.service, event.result.outcome.value
            looked = max(began, world.number_at(world.watched.looked - lag))
            arn, at = platform.service_arn(name), world.number()
            said.append(Said(arn, outcome, looked, at, world.now(), name in started))

    return hear


def _run(world: World, release: Release, tag: str, emit: Emit, beside: Renderer | None) -> tuple[End, int, str]:
    policy = Policy(until_complete=release.until_complete, patient=release.patient)
    watching = WatchOptions(policy, release.timeout)
    clients, clock = world.clients, world.clock
    rolls_back = release.verb is Verb.ROLLBACK
    line = TakeoverAcquirer(clients, emit) if rolls_back else WaitingAcquirer(clients, clock, emit, 0.0)
    try:
        with beside or nullcontext():
            results = run_release(_plan(world, release, tag), watching, clients, clock, emit, line)
    except AppdeployError as error:
        return _ENDS.get(type(error), _end_of(error)), int(error.exit_code), " | ".join(error.lines)
    except Exception as error:
        return End.CRASHED, int(ExitCode.UNEXPECTED), f"{type(error).__name__}: {error}"
    return End.RESULTS, int(worst(result.outcome for result in results).exit_code), ""


def _end_of(error: AppdeployError) -> End:
    return End.REFUSED if isinstance(error, Refused) else End.CRASHED


def _plan(world: World, release: Release, tag: str) -> Callable[[], ReleasePlan]:
    if release.verb is Verb.ROLLBACK:
        return lambda: back.prepare_rollback(back.Request(platform.ENVIRONMENT, release.services), world.clients)
    goals: dict[Verb, Operation] = {Verb.DEPLOY: Deploy(tag, release.sync), Verb.SYNC: Sync(), Verb.RESTART: Restart()}
    request = Request(platform.ENVIRONMENT, goals[release.verb], release.services, atomic=release.atomic)
    return lambda: prepare(request, world.clients).cleared()


def do(world: World, happening: Happening, tag: str) -> None:
    """Let someone do something. What AWS refuses did not happen."""
    try:
        _DEEDS[happening.deed](world, happening.service, tag)
    except ClientError:
        return


def _update(world: World, key: str, service: str, **changes: Any) -> None:
    world.client(key, "ecs").update_service(cluster=platform.CLUSTER, service=platform.service_name(service), **changes)


def _present(world: World, service: str) -> dict[str, Any]:
    names = [platform.service_name(service)]
    found: dict[str, Any] = world.client(PERSON, "ecs").describe_services(cluster=platform.CLUSTER, services=names)["services"][
        0
    ]
    return found


def _rival(world: World, service: str, tag: str) -> None:
    digest = world.push(service, tag, "healthy")
    sent = platform.definition(service, f"{platform.reference(service)}@{digest}", world.role)
    made = world.client(RIVAL, "ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    _update(world, RIVAL, service, taskDefinition=made)


def _scale(by: int, world: World, service: str, _: str) -> None:
    _update(world, PERSON, service, desiredCount=max(0, _present(world, service)["desiredCount"] + by))


def _stop_task(world: World, service: str, _: str) -> None:
    ecs, name = world.client(PERSON, "ecs"), platform.service_name(service)
    running = ecs.list_tasks(cluster=platform.CLUSTER, serviceName=name)["taskArns"]
    if running:
        ecs.stop_task(cluster=platform.CLUSTER, task=random.choice(running), reason="a person said so")


def _deregister(world: World, service: str, _: str) -> None:
    ecs = world.client(PERSON, "ecs")
    newest = ecs.describe_task_definition(taskDefinition=platform.repository(service))["taskDefinition"]
    ecs.deregister_task_definition(taskDefinition=newest["taskDefinitionArn"])


def _delete(world: World, service: str, _: str) -> None:
    name = platform.service_name(service)
    world.client(PERSON, "ecs").delete_service(cluster=platform.CLUSTER, service=name, force=True)


def _stop_deployment(world: World, service: str, _: str) -> None:
    ecs = world.client(PERSON, "ecs")
    listed = ecs.list_service_deployments(cluster=platform.CLUSTER, service=platform.service_name(service))
    ecs.stop_service_deployment(serviceDeploymentArn=listed["serviceDeployments"][0]["serviceDeploymentArn"])


def _alarm(state: str, world: World, _service: str, _: str) -> None:
    world.watched.ringing |= state == "ALARM"
    world.client(PERSON, "cloudwatch").set_alarm_state(AlarmName=platform.ALARM, StateValue=state, StateReason="drawn")


_DEEDS: dict[Deed, Callable[[World, str, str], None]] = {
    Deed.RIVAL: _rival,
    Deed.RIVAL_RESTART: lambda world, service, _: _update(world, RIVAL, service, forceNewDeployment=True),
    Deed.COUNT_TO_ZERO: lambda world, service, _: _update(world, PERSON, service, desiredCount=0),
    Deed.COUNT_UP: partial(_scale, 1),
    Deed.COUNT_DOWN: partial(_scale, -1),
    Deed.STOP_TASK: _stop_task,
    Deed.DEREGISTER: _deregister,
    Deed.DELETE: _delete,
    Deed.STOP_DEPLOYMENT: _stop_deployment,
    Deed.ALARM: partial(_alarm, "ALARM"),
    Deed.ALARM_OVER: partial(_alarm, "OK"),
    Deed.NEWER_TEMPLATE: lambda world, service, _: platform.renew_template(partial(world.client, INFRA), world.role, service),
}
