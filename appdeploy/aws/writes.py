"""Sends the calls that change AWS, without ever repeating one blindly.

RegisterTaskDefinition is not idempotent and ECS has no compare-and-set. So each write goes out with one attempt. Only
an explicit throttle is sent again: it says that nothing happened. After a time-out, a reset or a server error nobody
knows; then we read what became of it, and send again only when it is seen not to have happened.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from appdeploy.aws.errors import AwsError, ErrorKind, error_kind, explain, is_transient
from appdeploy.aws.own_writes import listed_since, recorded_since, registered_by
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceName, ServiceState
from appdeploy.model.errors import AppdeployError, OutOfReach
from appdeploy.model.task_definition import NewRevision

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.clock import Clock
    from appdeploy.model.release_id import ReleaseId

UNREACHABLE_SECONDS = 30.0
"""How long AWS may be out of reach without a break before the tool gives up waiting for it."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_SETTLING_READS = 3
"""Reads that must all fail to find a write before it is sent again: ECS's reads may lag behind its writes."""

T = TypeVar("T")


class WriteRefused(AppdeployError):
    """AWS gave a definite no: the call changed nothing."""


class EcsWriter:
    """The writes of a release. `ecs` must be a client that makes one attempt a call; `confirm` is asked before each write
    and raises LockLost when it must not be sent.

    Each method raises WriteRefused when AWS says no; `register`, `update` and `set_count` raise OutOfReach when nobody
    answered for 30 seconds, or when that long every attempt of one write whose turn it was has been throttled.
    """

    def __init__(self, ecs: ECSClient, clock: Clock, confirm: Callable[[], None]) -> None:
        self._ecs = ecs
        self._clock = clock
        self._confirm = confirm
        self._retry_lock = threading.Lock()
        """Held by the one write that tries again after a throttle."""
        self.touched_a_service = False
        """Whether an update has gone out, so that a service may have changed."""

    def register(self, revision: NewRevision, release_id: ReleaseId) -> str:
        """Register a revision that carries the release's tag. Returns its ARN."""

        def send() -> str:
            reply = self._ecs.register_task_definition(**_plain(revision.request))
            return reply["taskDefinition"]["taskDefinitionArn"]

        return self._send_until_known(send, lambda: registered_by(self._ecs, revision.family, release_id))

    def update(
        self,
        service: ServiceName,
        task_definition: str,
        *,
        known: DeploymentSnapshot,
        desired_count: int | None,
        force: bool,
    ) -> str:
        """Point the service at a task definition. Returns our deployment's id, the identity of the rollout.

        `known` is what was read before: ours is one of that task definition that is not of it. `force` starts
        a deployment although the service stands on that task definition already.
        """
        extra: dict[str, Any] = {} if desired_count is None else {"desiredCount": desired_count}
        if force:
            extra["forceNewDeployment"] = True

        def send() -> str:
            self.touched_a_service = True
            reply = self._ecs.update_service(
                cluster=service.cluster, service=service.arn, taskDefinition=task_definition, **_plain(extra)
            )
            deployment = listed_since(ServiceState.from_reply(reply["service"]), task_definition, known)
            return deployment or self._wait_for(lambda: self._find_deployment(service, task_definition, known))

        return self._send_until_known(send, lambda: self._find_deployment(service, task_definition, known))

    def set_count(self, service: ServiceName, count: int) -> None:
        """Set the desired count and nothing else. ECS starts no deployment for it."""

        def send() -> bool:
            self.touched_a_service = True
            self._ecs.update_service(cluster=service.cluster, service=service.arn, desiredCount=count)
            return True

        def find() -> bool | None:
            reply = self._ecs.describe_services(cluster=service.cluster, services=[service.arn])
            return any(state["desiredCount"] == count for state in reply["services"]) or None

        self._send_until_known(send, find)

    def run_task(self, request: Mapping[str, Any]) -> str:
        """Start one task; its ARN. The request's clientToken makes ECS start it once, however often it is sent
        (docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html), so that nothing has to be looked for."""

        def send() -> str:
            reply = self._ecs.run_task(**_plain(request))
            if not reply["tasks"]:
                raise WriteRefused("; ".join(failure.get("reason", "no reason") for failure in reply["failures"]))
            return reply["tasks"][0]["taskArn"]

        return self._send_until_known(send, lambda: None)

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Stop one task. One attempt, as `stop`."""
        self._send(lambda: self._ecs.stop_task(cluster=cluster, task=task, reason=reason))

    def stop(self, deployment_arn: str) -> bool:
        """Ask ECS to roll a service deployment back. False when it cannot be stopped any more.

        One attempt. Passing errors of the SDK are raised: asking twice for a rollback is harmless, so a watch just asks
        again at its next tick.
        """

        def send() -> bool:
            try:
                self._ecs.stop_service_deployment(serviceDeploymentArn=deployment_arn, stopType="ROLLBACK")
            except self._ecs.exceptions.ConflictException:
                return False
            return True

        return self._send(send)

    def settle_at_zero(self, service: ServiceName, task_definition: str | None) -> None:
        """Set the desired count to 0, and the task definition too if one is given. One attempt, as `stop`."""
        extra = {} if task_definition is None else {"taskDefinition": task_definition}
        self._send(
            lambda: self._ecs.update_service(cluster=service.cluster, service=service.arn, desiredCount=0, **_plain(extra))
        )

    def _send(self, send: Callable[[], T]) -> T:
        self._confirm()
        return _definite(send)

    def _send_until_known(self, send: Callable[[], T], find: Callable[[], T | None]) -> T:
        """Send until it is known to have happened. `find` reads what became of a call: None means that it is not there.

        ECS fills the bucket of a family of calls at its own rate, however many ask: RegisterTaskDefinition has 20 tokens and
        gets one a second (docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html). So one write at a time
        asks again, the others stand in line, and the patience of each begins when its turn has come.
        """
        try:
            if not self._retry_lock.locked():
                return self._send_with_retries(send, find, _RetryDeadline(self._clock, in_line=False))
        except _NeedsRetryLock:
            pass
        with self._retry_lock:
            self._clock.sleep(0.0)  # What was interrupted while it stood there is not sent.
            return self._send_with_retries(send, find, _RetryDeadline(self._clock, in_line=True))

    def _send_with_retries(self, send: Callable[[], T], find: Callable[[], T | None], patience: _RetryDeadline) -> T:
        while True:
            try:
                return self._send(send)
            except AwsError as error:
                patience.spend(error)
                unknown = error_kind(error) is ErrorKind.UNKNOWN_RESULT
            found = self._find(find) if unknown else None
            if found is not None:
                return found

    def _find(self, find: Callable[[], T | None]) -> T | None:
        patience = _RetryDeadline(self._clock, in_line=True)
        misses = 0
        while misses < _SETTLING_READS:
            try:
                found = find()
            except AwsError as error:
                if not is_transient(error):
                    raise OutOfReach(f"what became of the last call is not known: {explain(error)}") from None
                patience.spend(error)
                continue
            if found is not None:
                return found
            misses += 1
            self._clock.sleep(_FIRST_PAUSE * misses)
        return None

    def _find_deployment(self, service: ServiceName, task_definition: str, known: DeploymentSnapshot) -> str | None:
        # The records come first: a deployment that failed meanwhile, or that a rival's of the same task definition has
        # replaced, is listed no longer, and to send it again would be a second deployment of one release.
        recorded = recorded_since(self._ecs, service.cluster, service.arn, task_definition, known)
        if recorded is not None:
            return recorded
        reply = self._ecs.describe_services(cluster=service.cluster, services=[service.arn])
        states = [ServiceState.from_reply(item) for item in reply["services"]]
        return listed_since(states[0], task_definition, known) if states else None

    def _wait_for(self, find: Callable[[], str | None]) -> str:
        found = self._find(find)
        if found is None:
            raise OutOfReach("ECS took the update but lists no deployment of it")
        return found


def _definite(send: Callable[[], T]) -> T:
    """Send once. A definite no becomes WriteRefused; errors that leave the result open are raised as they are."""
    try:
        return send()
    except AwsError as error:
        if is_transient(error):
            raise
        raise WriteRefused(explain(error)) from None


class _NeedsRetryLock(Exception):
    """AWS throttles: whoever is not in line goes there."""


class _RetryDeadline:
    """How long throttles and silence are borne: a pause that grows, and an end."""

    def __init__(self, clock: Clock, *, in_line: bool) -> None:
        self._clock = clock
        self._in_line = in_line
        self._end = clock.now() + UNREACHABLE_SECONDS
        self._pause = _FIRST_PAUSE

    def spend(self, error: BaseException) -> None:
        """Wait a little. Raises OutOfReach when there is no patience left, and _ToTheLine where nobody waits for a throttle."""
        if not self._in_line and error_kind(error) is ErrorKind.THROTTLED:
            raise _NeedsRetryLock
        if self._clock.now() + self._pause > self._end:
            raise OutOfReach(f"no answer for {UNREACHABLE_SECONDS:.0f} s: {explain(error)}")
        self._clock.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


def _plain(arguments: Any) -> dict[str, Any]:
    """Keyword arguments for a client whose stubs want every field typed."""
    return dict(arguments)
