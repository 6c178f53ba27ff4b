"""Sends the calls that change AWS, and never repeats one blindly.

RegisterTaskDefinition is not idempotent and ECS has no compare-and-set. So each write is sent with one attempt. A throttled
call is sent again, because nothing happened. After a timeout, a reset or a server error the result is unknown: it is read,
and the call is sent again only if it did not happen.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from appdeploy.aws.errors import AwsError, ErrorKind, error_kind, explain, is_transient
from appdeploy.aws.own_writes import Begun, begun_in, listed_since, recorded_since, registered_by
from appdeploy.aws.rate import REGISTRATIONS, UPDATES, TokenBucket
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceName, ServiceState
from appdeploy.model.errors import AppdeployError, OutOfReach
from appdeploy.model.task_definition import NewRevision

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.clock import Clock
    from appdeploy.model.release_id import ReleaseId

UNREACHABLE_SECONDS = 30.0
"""How long AWS may be unreachable without a break before the tool gives up."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_SETTLING_READS = 3
"""Reads that must not find a write before it is sent again: ECS's reads may lag behind its writes."""

T = TypeVar("T")


class WriteRefused(AppdeployError):
    """AWS rejected the call: it changed nothing."""


class CredentialsRejected(WriteRefused):
    """AWS does not accept the credentials, so that neither it nor a later read says how the release goes on."""


class EcsWriter:
    """The writes of a release. `ecs` must be a client that makes one attempt per call; `confirm` is called before each write
    and raises LockLost when it must not be sent.

    Each method raises WriteRefused when AWS rejects the call; `register`, `update`, `set_count` and `run_task` raise OutOfReach
    after 30 seconds without an answer, or with only throttled retries.
    """

    def __init__(self, ecs: ECSClient, clock: Clock, confirm: Callable[[], None]) -> None:
        self._ecs = ecs
        self._clock = clock
        self._confirm = confirm
        self._registrations = TokenBucket(REGISTRATIONS, clock)
        self._updates = TokenBucket(UPDATES, clock)
        self._retry_lock = threading.Lock()
        """Held by the one write that retries after a throttle."""
        self.touched_a_service = False
        """Whether an update was sent, so that a service may have changed."""

    def register(self, revision: NewRevision, release_id: ReleaseId) -> str:
        """Register a revision with the release's tag. Returns its ARN."""

        def send() -> str:
            reply = self._ecs.register_task_definition(**_plain(revision.request))
            return reply["taskDefinition"]["taskDefinitionArn"]

        self._registrations.take()
        return self._send_until_known(send, lambda: registered_by(self._ecs, revision.family, release_id))

    def update(
        self,
        service: ServiceName,
        task_definition: str,
        *,
        known: DeploymentSnapshot,
        desired_count: int | None,
        force: bool,
    ) -> Begun:
        """Update the service to a task definition. Returns our deployment, whose id identifies the rollout.

        `known` is the snapshot from before: our deployment has that task definition and is not in it. `force` starts a
        deployment even if the service already runs that task definition.
        """
        extra: dict[str, Any] = {} if desired_count is None else {"desiredCount": desired_count}
        if force:
            extra["forceNewDeployment"] = True

        def send() -> Begun:
            self.touched_a_service = True
            reply = self._ecs.update_service(
                cluster=service.cluster, service=service.arn, taskDefinition=task_definition, **_plain(extra)
            )
            begun = begun_in(ServiceState.from_reply(reply["service"]), task_definition, known)
            return begun or self._wait_for(lambda: self._find_deployment(service, task_definition, known))

        self._updates.take()
        return self._send_until_known(send, lambda: self._find_deployment(service, task_definition, known))

    def set_count(self, service: ServiceName, count: int) -> None:
        """Set only the desired count. ECS starts no deployment for it."""

        def send() -> bool:
            self.touched_a_service = True
            self._ecs.update_service(cluster=service.cluster, service=service.arn, desiredCount=count)
            return True

        def find() -> bool | None:
            reply = self._ecs.describe_services(cluster=service.cluster, services=[service.arn])
            return any(state["desiredCount"] == count for state in reply["services"]) or None

        self._send_until_known(send, find)

    def run_task(self, request: Mapping[str, Any]) -> str:
        """Start one task; returns its ARN. The request's clientToken makes ECS start it only once, however often it is sent
        (docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html), so its result need not be searched."""

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
        """Ask ECS to roll a service deployment back. False if it cannot be stopped any more.

        One attempt. Transient errors of the SDK are raised: repeating the request is harmless, so a watch repeats it at
        its next tick.
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
        """Send until it is known to have happened. `find` reads the result of a call: None means that it did not happen.

        Where others use up the tokens of a group of calls (appdeploy.aws.rate), one write at a time retries. The others wait;
        each one's retry deadline starts when it may send.
        """
        try:
            if not self._retry_lock.locked():
                return self._send_with_retries(send, find, _RetryDeadline(self._clock, retries_throttles=False))
        except _NeedsRetryLock:
            pass
        with self._retry_lock:
            self._clock.sleep(0.0)  # Raises Interrupted instead of sending, if interrupted while waiting.
            return self._send_with_retries(send, find, _RetryDeadline(self._clock, retries_throttles=True))

    def _send_with_retries(self, send: Callable[[], T], find: Callable[[], T | None], deadline: _RetryDeadline) -> T:
        while True:
            try:
                return self._send(send)
            except AwsError as error:
                deadline.wait(error)
                unknown = error_kind(error) is ErrorKind.UNKNOWN_RESULT
            found = self._find(find) if unknown else None
            if found is not None:
                return found

    def _find(self, find: Callable[[], T | None]) -> T | None:
        deadline = _RetryDeadline(self._clock, retries_throttles=True)
        misses = 0
        while misses < _SETTLING_READS:
            try:
                found = find()
            except AwsError as error:
                if not is_transient(error):
                    raise OutOfReach(f"the result of the last call is unknown: {explain(error)}") from None
                deadline.wait(error)
                continue
            if found is not None:
                return found
            misses += 1
            self._clock.sleep(_FIRST_PAUSE * misses)
        return None

    def _find_deployment(self, service: ServiceName, task_definition: str, known: DeploymentSnapshot) -> Begun | None:
        # The records come first: a deployment that failed, or was replaced by another one of the same task definition, is
        # not listed any more, and sending again would start a second deployment of one release.
        recorded = recorded_since(self._ecs, service.cluster, service.arn, task_definition, known)
        if recorded is not None:
            return Begun(recorded)
        reply = self._ecs.describe_services(cluster=service.cluster, services=[service.arn])
        states = [ServiceState.from_reply(item) for item in reply["services"]]
        listed = listed_since(states[0], task_definition, known) if states else None
        return Begun(listed) if listed else None

    def _wait_for(self, find: Callable[[], T | None]) -> T:
        found = self._find(find)
        if found is None:
            raise OutOfReach("ECS accepted the update but lists no deployment for it")
        return found


def _definite(send: Callable[[], T]) -> T:
    """Send once. A rejection becomes WriteRefused; errors with an unknown result are raised unchanged."""
    try:
        return send()
    except AwsError as error:
        if is_transient(error):
            raise
        refused = CredentialsRejected if error_kind(error) is ErrorKind.CREDENTIALS else WriteRefused
        raise refused(explain(error)) from None


class _NeedsRetryLock(Exception):
    """AWS throttled a first attempt: the write must wait for the retry lock."""


class _RetryDeadline:
    """Limits retries after throttles and missing answers: a growing pause, and a deadline."""

    def __init__(self, clock: Clock, *, retries_throttles: bool) -> None:
        self._clock = clock
        self._retries_throttles = retries_throttles
        self._end = clock.now() + UNREACHABLE_SECONDS
        self._pause = _FIRST_PAUSE

    def wait(self, error: BaseException) -> None:
        """Wait for the next attempt. Raises OutOfReach after the deadline, and _NeedsRetryLock for a first throttle."""
        if not self._retries_throttles and error_kind(error) is ErrorKind.THROTTLED:
            raise _NeedsRetryLock
        if self._clock.now() + self._pause > self._end:
            raise OutOfReach(f"no answer for {UNREACHABLE_SECONDS:.0f} s: {explain(error)}")
        self._clock.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)


def _plain(arguments: Any) -> dict[str, Any]:
    """Untyped keyword arguments, because the stubs require every field typed."""
    return dict(arguments)
