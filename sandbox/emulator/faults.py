"""Faults: what goes wrong with AWS calls on purpose. Which calls a fault strikes is decided here, by its own random
numbers and its own token bucket; what a struck call comes to is the application's part."""

from __future__ import annotations

import fnmatch
import random
import threading
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.emulator.awsrequest import AwsCall
from sandbox.emulator.clock import Clock


class FaultKind(StrEnum):
    THROTTLE = "throttle"
    """Answers the service's own throttling code; with `rate` and `burst`, only beyond what a token bucket allows."""
    ERROR = "error"
    """Answers an HTTP `status` from 500 on."""
    RESET = "reset"
    """The connection is reset."""
    TIMEOUT = "timeout"
    """No answer comes; the connection stays open until the client gives up."""
    SLOW = "slow"
    """The answer is late by `seconds`."""
    STALE = "stale"
    """For `seconds` after a write to ECS, its reads answer the state before that write."""
    EXPIRED = "expired"
    """Answers that the credentials have expired, `seconds` after the fault was added."""


class Moment(StrEnum):
    """Before or after the call had its effect."""

    BEFORE = "before"
    AFTER = "after"


_ALWAYS = frozenset({"kind", "service", "action", "access_key", "count", "skip", "probability", "seed"})
_USES: Mapping[FaultKind, frozenset[str]] = {
    FaultKind.THROTTLE: frozenset({"rate", "burst"}),
    FaultKind.ERROR: frozenset({"status", "moment"}),
    FaultKind.RESET: frozenset({"moment"}),
    FaultKind.TIMEOUT: frozenset({"moment"}),
    FaultKind.SLOW: frozenset({"seconds", "moment"}),
    FaultKind.STALE: frozenset({"seconds"}),
    FaultKind.EXPIRED: frozenset({"seconds"}),
}
_NEEDS: Mapping[FaultKind, frozenset[str]] = {
    FaultKind.SLOW: frozenset({"seconds"}),
    FaultKind.STALE: frozenset({"seconds"}),
}


class FaultError(Exception):
    """A fault that makes no sense; the message is one line."""


class Fault(BaseModel):
    """What goes wrong with which calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    service: str = "*"
    """Glob over service names as the record of calls has them: `ecs`, `elasticloadbalancing`."""
    action: str = "*"
    """Glob over action names: `Describe*`."""
    access_key: str = "*"
    """Glob over the access keys that sign the calls."""
    moment: Moment = Moment.BEFORE
    count: int | None = Field(default=None, ge=1)
    """How many calls it strikes at most."""
    skip: int = Field(default=0, ge=0)
    """How many of the matching calls pass before it may strike."""
    probability: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    """Of the fault's random numbers."""
    seconds: float = Field(default=0.0, ge=0)
    rate: float | None = Field(default=None, gt=0)
    """Calls a second that the token bucket lets pass in the long run
    (docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html)."""
    burst: int | None = Field(default=None, ge=1)
    """Calls that it lets pass at once."""
    status: int = Field(default=500, ge=500, le=599)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """A fault of a control request. Raises FaultError."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise FaultError(f"{where}: {first['msg']}" if where else first["msg"].removeprefix("Value error, ")) from None

    @model_validator(mode="after")
    def _only_what_it_uses(self) -> Self:
        unused = self.model_fields_set - _ALWAYS - _USES[self.kind]
        if unused:
            raise ValueError(f"a fault of kind {self.kind} has no {min(unused)}")
        missing = _NEEDS.get(self.kind, frozenset()) - self.model_fields_set
        if missing:
            raise ValueError(f"a fault of kind {self.kind} needs {min(missing)}")
        if (self.rate is None) != (self.burst is None):
            raise ValueError("a token bucket needs rate and burst")
        if self.kind is FaultKind.STALE and not fnmatch.fnmatchcase("ecs", self.service):
            raise ValueError("stale reads are emulated for ecs alone")
        return self

    def concerns(self, call: AwsCall) -> bool:
        pairs = ((call.service, self.service), (call.action, self.action), (call.access_key, self.access_key))
        return all(fnmatch.fnmatchcase(value, pattern) for value, pattern in pairs)


class _Bucket:
    """A token bucket: `burst` tokens at most, `rate` new ones a second."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._filled = float(burst), now

    def take(self, now: float) -> bool:
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class ActiveFault:
    """A fault with what it has done so far."""

    def __init__(self, number: int, fault: Fault, now: float) -> None:
        self.number, self.fault, self.hits = number, fault, 0
        self._seen, self._since = 0, now
        self._random = random.Random(fault.seed)
        self._bucket = None if fault.rate is None or fault.burst is None else _Bucket(fault.rate, fault.burst, now)

    def strikes(self, call: AwsCall, now: float) -> bool:
        """Whether it strikes this call; each matching call moves its counts on."""
        fault = self.fault
        if not fault.concerns(call) or (fault.count is not None and self.hits >= fault.count):
            return False
        if fault.kind is FaultKind.EXPIRED and now < self._since + fault.seconds:
            return False
        self._seen += 1
        if self._seen <= fault.skip:
            return False
        struck = self._random.random() < fault.probability and not (self._bucket and self._bucket.take(now))
        self.hits += struck
        return struck

    def document(self) -> dict[str, Any]:
        """As the control endpoint shows it."""
        return {"id": self.number, "hits": self.hits, **self.fault.model_dump(mode="json", exclude_unset=True)}


class Faults:
    """The active faults. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._active: list[ActiveFault] = []
        self._count = 0

    def add(self, fault: Fault) -> ActiveFault:
        """Let a fault begin; the result tells its number."""
        with self._lock:
            self._count += 1
            active = ActiveFault(self._count, fault, self._clock.monotonic())
            self._active.append(active)
            return active

    def all(self) -> list[ActiveFault]:
        """Oldest first."""
        with self._lock:
            return list(self._active)

    def clear(self, number: int | None = None) -> int:
        """End one fault, or all; returns how many ended."""
        with self._lock:
            kept = [each for each in self._active if number is not None and each.number != number]
            ended, self._active = len(self._active) - len(kept), kept
            return ended

    def striking(self, call: AwsCall, moment: Moment) -> Iterator[ActiveFault]:
        """The faults that strike a call, oldest first. Each is asked when its turn comes: none is used up for a call
        that an earlier one has ended. Stale reads are not among them."""
        for active in self.all():
            if active.fault.kind is not FaultKind.STALE and active.fault.moment is moment and self._strikes(active, call):
                yield active

    def staleness(self) -> float:
        """For how many seconds after a write the oldest fault of stale reads wants the state before it; 0 for not."""
        return max((each.fault.seconds for each in self.all() if each.fault.kind is FaultKind.STALE), default=0.0)

    def stale(self, call: AwsCall, age: float) -> bool:
        """Whether a read, `age` seconds after the last write, is to answer the state before it."""
        return any(
            active.fault.kind is FaultKind.STALE and age < active.fault.seconds and self._strikes(active, call)
            for active in self.all()
        )

    def _strikes(self, active: ActiveFault, call: AwsCall) -> bool:
        with self._lock:
            return active.strikes(call, self._clock.monotonic())
