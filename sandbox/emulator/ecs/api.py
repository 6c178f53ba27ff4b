"""The ECS API: moto's, with the operations replaced that have to do with services and tasks."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.emulator.awsrequest import CURRENT
from sandbox.emulator.ecs import errors
from sandbox.emulator.ecs.scheduler import Scheduler
from sandbox.emulator.ecs.stale import StaleReads

_LARGEST_PAGE = 100


Answer = tuple[int, dict[str, str], str]
"""Status, headers and body, one of the forms that moto takes from an operation."""


def answer(document: Mapping[str, Any]) -> Answer:
    """A document that is already in the API's own words. moto's serialiser, which walks botocore's model for each
    member, would take longer over a service with its events than everything else."""
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document, default=_timestamp)


def _timestamp(value: datetime) -> float:
    """Seconds since 1970 to the millisecond, as the JSON protocol has it."""
    return round(value.timestamp(), 3)


class EcsApiBase(EC2ContainerServiceResponse):  # type: ignore[misc]
    """What the parts of the API share. The class variables are set on the class that is installed."""

    scheduler: ClassVar[Scheduler]
    stale_reads: ClassVar[StaleReads]

    def call_action(self) -> Any:
        # moto switches tags in and out of its answers through a dictionary of the class: one call at a time.
        with self.scheduler.lock:
            self._answering = self.stale_reads.backend(CURRENT.get(), super().ecs_backend)
            return super().call_action()

    @property
    def ecs_backend(self) -> Any:
        """moto's backend, or for a stale read a picture of it."""
        return self._answering

    @property
    def sent(self) -> dict[str, Any]:
        """The request's parameters by their API names."""
        return dict(self._get_params())

    @property
    def caller(self) -> dict[str, str]:
        """Who asks, in the journal's words."""
        call = CURRENT.get()
        return {"action": call.action, "call": call.id, "access_key": call.access_key}

    def cluster(self, name: str | None, *, must_be_active: bool = True) -> Any:
        """The moto cluster of a name or ARN; `default` when there is none."""
        cluster = self.ecs_backend.clusters.get((name or "default").split("/")[-1])
        if cluster is None:
            raise errors.cluster_not_found()
        if must_be_active and cluster.status != "ACTIVE":
            raise errors.cluster_inactive()
        return cluster

    def active_definition(self, name: str) -> Any:
        """The moto task definition of `family`, `family:revision` or an ARN; an inactive one is refused."""
        definition = self.definition(name)
        if definition.status != "ACTIVE":
            raise errors.inactive_task_definition()
        return definition

    def definition(self, name: str) -> Any:
        """The moto task definition; a family alone means its newest active revision."""
        family, _, revision = name.split("/")[-1].partition(":")
        revisions = self.ecs_backend.task_definitions.get(family, {})
        if revision.isdigit():
            found = revisions.get(int(revision))
        else:
            active = [number for number, each in revisions.items() if each.status == "ACTIVE"]
            found = revisions[max(active)] if active and not revision else None
        if found is None:
            raise errors.client_error("Unable to describe task definition.")
        return found

    def tags_wanted(self) -> bool:
        return "TAGS" in (self.sent.get("include") or [])

    def page(self, items: Sequence[Any], key: str, default: int = _LARGEST_PAGE) -> Answer:
        """A page of a list, by the request's maxResults and nextToken."""
        sent = self.sent
        size = min(int(sent.get("maxResults") or default), _LARGEST_PAGE)
        start = _decode(sent["nextToken"]) if sent.get("nextToken") else 0
        end = start + size
        more = {"nextToken": _encode(end)} if end < len(items) else {}
        return answer({key: list(items[start:end]), **more})


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _decode(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("offset:"))
    except ValueError:
        raise errors.invalid_parameter("Invalid token.") from None
