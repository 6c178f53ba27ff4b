"""The control endpoint under /_sandbox/: what the emulator holds, images to push, the record of calls, the journal,
faults, the clock, the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from werkzeug import Request, Response

from sandbox.emulator.application import CONTROL_PREFIX
from sandbox.emulator.calls import CallRecord
from sandbox.emulator.clock import Clock, ManualClock
from sandbox.emulator.ecs.model import ServiceStatus
from sandbox.emulator.ecs.rolling import counts
from sandbox.emulator.ecs.scheduler import Scheduler, services
from sandbox.emulator.elb.ports import ListenerPorts, address
from sandbox.emulator.elb.routing import load_balancers
from sandbox.emulator.faults import Fault, FaultError, Faults
from sandbox.emulator.iam.enforcement import Enforcement
from sandbox.emulator.images import Conduct, ImageCatalog, PushError
from sandbox.emulator.journal import Journal

Document = dict[str, Any]
_LONGEST_ADVANCE = 86_400
"""Seconds of one request: every tick of them is stepped through while the client waits."""


class ControlError(Exception):
    """A refused control request; the message is one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Identity:
    """Which run of the emulator this is."""

    boot: str
    pid: int
    started_at: datetime
    profile: str
    """Of timings; empty for timings of one's own."""


@dataclass(frozen=True)
class StepControl:
    """The emulator's time, for who may move it."""

    clock: Clock
    advance: Callable[[float], None]
    """Lets seconds of a stepped clock pass."""

    @property
    def stepped(self) -> bool:
        return isinstance(self.clock, ManualClock)


@dataclass(frozen=True)
class Control:
    """Answers control requests."""

    identity: Identity
    calls: CallRecord
    faults: Faults
    journal: Journal
    images: ImageCatalog
    scheduler: Scheduler
    ports: ListenerPorts
    time: StepControl
    enforcement: Enforcement | None
    """None where IAM documents are stored and no more."""
    shut_down: Callable[[], None]
    """Ends the emulator soon after it was called."""

    def __call__(self, request: Request) -> Response:
        routes: Mapping[tuple[str, str], Callable[[Request], Document]] = {
            ("GET", "status"): self._status,
            ("POST", "images"): self._push,
            ("POST", "behaviours"): self._behave,
            ("GET", "calls"): self._list_calls,
            ("DELETE", "calls"): self._clear_calls,
            ("POST", "faults"): self._add_fault,
            ("GET", "faults"): self._list_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "journal"): self._list_journal,
            ("GET", "grants"): self._list_grants,
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._advance,
            ("POST", "shutdown"): self._shut_down,
        }
        name = request.path.removeprefix(CONTROL_PREFIX)
        try:
            handler = routes.get((request.method, name))
            if handler is None:
                known = any(path == name for _, path in routes)
                raise ControlError(405 if known else 404, f"there is no {request.method} {request.path}")
            return _json(handler(request), 200)
        except (ControlError, PushError) as error:
            return _json({"error": str(error)}, error.status)
        except FaultError as error:
            return _json({"error": str(error)}, 400)

    def _status(self, _: Request) -> Document:
        with self.scheduler.lock:
            return {
                "boot": self.identity.boot,
                "pid": self.identity.pid,
                "profile": self.identity.profile,
                "enforces_iam": self.enforcement is not None,
                "started_at": self.identity.started_at.isoformat(),
                "calls": len(self.calls),
                "certificate_authority": self.ports.authority,
                "load_balancers": [self._load_balancer(balancer) for balancer in load_balancers()],
                "services": [
                    {
                        "cluster": service.cluster_name,
                        "name": service.name,
                        "task_definition": service.task_definition,
                        "desired": service.desired_count,
                        "running": counts(service)[0],
                    }
                    for service in services()
                    if service.status is not ServiceStatus.INACTIVE
                ],
            }

    def _load_balancer(self, balancer: Any) -> Document:
        ports = self.ports.listener_ports(balancer.arn)
        return {
            "name": balancer.name,
            "arn": balancer.arn,
            "address": address(self.ports.port_of(balancer.arn)),
            "listeners": [{"port": int(balancer.listeners[arn].port), "address": address(port)} for arn, port in ports.items()],
        }

    def _push(self, request: Request) -> Document:
        sent = _strings(request, needed=("repository", "tag"), optional=("behaviour", "region"))
        conduct = Conduct.parse(sent.get("behaviour", "healthy"))
        with self.scheduler.lock:
            pushed = self.images.push(sent["repository"], sent["tag"], conduct, sent.get("region"))
        return {"digest": pushed.digest, "image": pushed.reference}

    def _behave(self, request: Request) -> Document:
        sent = _strings(request, needed=("glob", "behaviour"))
        conduct = Conduct.parse(sent["behaviour"])
        with self.scheduler.lock:
            return {"images": self.images.behave(sent["glob"], conduct)}

    def _list_calls(self, request: Request) -> Document:
        return {"calls": [call.document() for call in self.calls.since(_since(request, "a call's number"))]}

    def _add_fault(self, request: Request) -> Document:
        return self.faults.add(Fault.parse(_body(request))).document()

    def _list_faults(self, _: Request) -> Document:
        return {"faults": [active.document() for active in self.faults.all()]}

    def _clear_faults(self, request: Request) -> Document:
        number = request.args.get("id")
        if number is not None and not number.isdigit():
            raise ControlError(400, "id must be a fault's number")
        ended = self.faults.clear(None if number is None else int(number))
        if number is not None and not ended:
            raise ControlError(404, f"there is no fault {number}")
        return {"ended": ended}

    def _list_journal(self, request: Request) -> Document:
        since = _since(request, "an entry's number")
        return {"entries": [entry.document() for entry in self.journal.since(since)]}

    def _list_grants(self, _: Request) -> Document:
        """Which statement of which policy was needed, by role and action."""
        if self.enforcement is None:
            raise ControlError(409, "IAM is not enforced; start the emulator with --enforce-iam")
        return {"grants": [asdict(grant) for grant in self.enforcement.grants]}

    def _clear_calls(self, _: Request) -> Document:
        self.calls.clear()
        return {}

    def _show_clock(self, _: Request) -> Document:
        return {"now": self.time.clock.now().isoformat(), "stepped": self.time.stepped}

    def _advance(self, request: Request) -> Document:
        if not self.time.stepped:
            raise ControlError(409, "the clock is the machine's own; start the emulator with --clock stepped")
        sent = _body(request)
        seconds = sent.get("advance")
        if set(sent) != {"advance"} or not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST_ADVANCE:
            raise ControlError(400, f"advance must be a number of seconds, {_LONGEST_ADVANCE} at most")
        self.time.advance(float(seconds))
        return self._show_clock(request)

    def _shut_down(self, _: Request) -> Document:
        self.shut_down()
        return {}


def _since(request: Request, what: str) -> int:
    since = request.args.get("since", "0")
    if not since.isdigit():
        raise ControlError(400, f"since must be {what}")
    return int(since)


def _body(request: Request) -> Mapping[str, Any]:
    try:
        document = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise ControlError(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise ControlError(400, "the body is not a JSON object")
    return document


def _strings(request: Request, *, needed: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, str]:
    """A body whose members are strings, the needed ones not empty."""
    sent = _body(request)
    unknown = set(sent) - {*needed, *optional}
    if unknown:
        raise ControlError(400, f"unknown member {min(unknown)}")
    for name in (*needed, *sent):
        if not isinstance(sent.get(name), str) or not sent[name]:
            raise ControlError(400, f"{name} must be a non-empty string")
    return sent


def _json(document: Document, status: int) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")
