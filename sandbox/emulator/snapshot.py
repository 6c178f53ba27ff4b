"""Snapshots: the whole emulated world at a moment, to come back to as often as wanted in the same process.

A platform that took seconds to make is ready again in about a tenth of a second. Objects that others hold on to, moto's
backends and the emulator's parts, stay the same ones: what is in them is copied, all of it at once, so that what was
shared between them is shared again.
"""

from __future__ import annotations

import copy
import copyreg
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.base_backend import BackendDict
from moto.ssm.models import ParameterDict

_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_OTHER_PARTITIONS = "aws-"
"""moto makes global services for China and the like on its own; nobody changes them, and copying them takes long."""

# What is copied of a lock is that there is one: moto has some in its backends.
copyreg.pickle(_LOCKS[0], lambda _: (threading.Lock, ()))
copyreg.pickle(_LOCKS[1], lambda _: (threading.RLock, ()))
# A copy would keep the methods of the lock that it was made with: each of SQS's queues has one.
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))


def _parameters(account: str, region: str, state: Mapping[str, Any], items: Mapping[str, Any]) -> ParameterDict:
    made = ParameterDict(account, region)
    vars(made).update(state)
    dict.update(made, items)
    return made


# A dictionary that cannot be made without arguments, which copying would not give it.
copyreg.pickle(ParameterDict, lambda d: (_parameters, (d.account_id, d.region_name, vars(d), dict(d))))


@dataclass(frozen=True)
class Snapshot:
    """What was in moto's backends and in the emulator's parts."""

    backends: tuple[Any, ...]
    parts: tuple[Any, ...]
    contents: list[dict[str, Any]]
    """Of the backends, then of the parts."""


def take(parts: Sequence[object]) -> Snapshot:
    """The present world; `parts` are the emulator's objects that have a state."""
    backends = tuple(backend for _, _, backend in _backends())
    owners = (*backends, *parts)
    return Snapshot(backends, tuple(parts), _copied([vars(owner) for owner in owners], owners))


def restore(snapshot: Snapshot) -> None:
    """Bring the world of a snapshot back. Nothing else may be at work in the emulator meanwhile."""
    present = {id(backend) for backend in snapshot.backends}
    for regions, name, backend in list(_backends()):
        if id(backend) not in present:
            # Used for the first time since: moto makes it anew when it is asked for again.
            del regions[name]
    owners = (*snapshot.backends, *snapshot.parts)
    for owner, content in zip(owners, _copied(snapshot.contents, owners), strict=True):
        vars(owner).clear()
        vars(owner).update(content)


def _backends() -> Iterator[tuple[Any, str, Any]]:
    for service in BackendDict._instances:
        for regions in list(service.values()):
            for name, backend in list(regions.items()):
                if not name.startswith(_OTHER_PARTITIONS):
                    yield regions, name, backend


def _copied(contents: list[dict[str, Any]], owners: Sequence[object]) -> list[dict[str, Any]]:
    """Copies that refer to each other as the originals do, and to the owners and their own locks themselves."""
    memo: dict[int, Any] = {id(owner): owner for owner in owners}
    for content in contents:
        memo |= {id(value): value for value in content.values() if isinstance(value, _LOCKS)}
        # Machine images and policies that moto brings along, over a thousand of each: most of the time of a copy. Of a policy
        # changes, at most, how many it is attached to.
        for name in ("amis", "snapshots"):
            memo |= {id(value): value for value in (content.get(name) or {}).values()}
        memo |= {id(policy): policy for policy in content.get("aws_managed_policies") or ()}
    return copy.deepcopy(contents, memo)
