"""Refuses what the caller's policies do not allow, in AWS's words, and remembers which statements were needed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import AwsCall
from sandbox.emulator.iam import of_ecs, of_iam, of_others, of_reference
from sandbox.emulator.iam.evaluate import Allowed, Ask, Refused, decide
from sandbox.emulator.iam.policy import NotEvaluated
from sandbox.emulator.iam.principals import Principal, UserKeys, principal_of, where
from sandbox.emulator.iam.where import Row

ROWS: dict[str, dict[str, Row]] = {"ecs": of_ecs.ROWS, "iam": of_iam.ROWS, **of_others.ROWS}
"""What each action of each service needs, by the names of AwsCall."""

_QUERY_SERVICES = frozenset({"elasticloadbalancing", "iam", "sts", "rds", "cloudwatch"})


@dataclass(frozen=True, order=True)
class Grant:
    """A permission that was needed, and a statement that gave it."""

    role: str
    policy: str
    sid: str
    action: str


class Enforcement:
    """Asked before each call. Root, which signs with any key that is not of a session, may do everything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: set[Grant] = set()

    @property
    def grants(self) -> list[Grant]:
        """Every permission that was needed since the start, sorted."""
        with self._lock:
            return sorted(self._grants)

    def refusal(self, call: AwsCall) -> AwsError | None:
        """What to answer instead of carrying the call out; None when the caller may make it."""
        try:
            principal = principal_of(call.access_key)
            if principal is None:
                return None
            return self._judge(call, principal)
        except (NotEvaluated, UserKeys) as error:
            return AwsError("NotImplemented", f"The sandbox cannot tell whether this is allowed: {error}", 501)

    def _judge(self, call: AwsCall, principal: Principal) -> AwsError | None:
        needed_by_call = _asks(call)
        if needed_by_call is None:
            return _unknown(call, principal)
        region = {"aws:requestedregion": call.region}
        asks = [replace(ask, context={**region, **ask.context}) for ask in needed_by_call]
        needed: set[Grant] = set()
        for ask in asks:
            match decide(ask, principal.own, principal.limits):
                case Refused(because):
                    return _denied(call, principal, ask, because)
                case Allowed(by):
                    role = principal.arn.split("/")[1]
                    needed |= {Grant(role, policy, sid, ask.action) for policy, sid in by}
        with self._lock:
            self._grants |= needed
        return None


def _asks(call: AwsCall) -> Sequence[Ask] | None:
    """By the tables of what is told apart by more than names, else by the reference; None for an action that AWS lacks."""
    row, place = ROWS.get(call.service, {}).get(call.action), where(call.region)
    if row is not None:
        return row(call.parameters, place)
    return of_reference.asks(call.service, call.action, call.parameters, place)


def _denied(call: AwsCall, principal: Principal, ask: Ask, because: str) -> AwsError:
    """docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html has the wording."""
    message = f"User: {principal.arn} is not authorized to perform: {ask.action} on resource: {ask.resource} {because}"
    if call.model == "ec2":
        return AwsError("UnauthorizedOperation", message, 403)
    if call.service in _QUERY_SERVICES:
        return AwsError("AccessDenied", message, 403)
    return AwsError("AccessDeniedException", message)


def _unknown(call: AwsCall, principal: Principal) -> AwsError:
    what = f"{call.service or 'this service'}:{call.action or 'this operation'}"
    return AwsError(
        "NotImplemented",
        f"The sandbox does not know which permission {what} needs, so it refuses it to {principal.arn}: "
        "sandbox/emulator/iam has a table of the actions that it knows.",
        501,
    )
