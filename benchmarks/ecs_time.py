"""ECS's own time, from the emulator's event journal: how long at least one deployment was under way."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.emulator.journal import Kind

_FINAL = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
"""Statuses after which ECS does nothing more for a service deployment (API reference, ServiceDeployment.status)."""

Entry = Mapping[str, Any]
"""An entry of the journal as the control endpoint shows it."""


@dataclass(frozen=True)
class Work:
    """One deployment, from UpdateService taken."""

    begun: datetime
    ended: datetime


def to_completion(entries: Iterable[Entry], services: Container[str]) -> list[Work]:
    """Each deployment of these services (ARNs) until it was SUCCESSFUL or rolled back. One without an end is left out."""
    return _until(entries, services, lambda entry: _deployment_ended(entry))


def to_health(entries: Iterable[Entry], services: Container[str]) -> list[Work]:
    """Each deployment of these services until the last of its tasks was healthy for its load balancer."""
    return _until(entries, services, lambda entry: entry.get("started_by") if entry["kind"] == Kind.TASK_HEALTHY else None)


def under_way(works: Iterable[Work]) -> float:
    """Seconds in which at least one was under way: those side by side count once, those in turn add up."""
    seconds, reached = 0.0, None
    for work in sorted(works, key=lambda work: work.begun):
        begun = work.begun if reached is None else max(work.begun, reached)
        seconds += max(0.0, (work.ended - begun).total_seconds())
        reached = work.ended if reached is None else max(reached, work.ended)
    return seconds


def _until(entries: Iterable[Entry], services: Container[str], ends: Any) -> list[Work]:
    begun: dict[str, datetime] = {}
    ended: dict[str, datetime] = {}
    for entry in entries:
        if entry["service"] not in services:
            continue
        moment = datetime.fromisoformat(entry["time"])
        if entry["kind"] == Kind.DEPLOYMENT_CREATED:
            begun[entry["deployment"]] = moment
        elif (deployment := ends(entry)) in begun:
            ended[deployment] = moment
    return [Work(begun[deployment], ended[deployment]) for deployment in begun if deployment in ended]


def _deployment_ended(entry: Entry) -> str | None:
    over = entry["kind"] == Kind.SERVICE_DEPLOYMENT and entry["status"] in _FINAL
    return entry["deployment"] if over else None
