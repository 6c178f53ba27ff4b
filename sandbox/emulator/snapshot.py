"""Snapshots: the whole emulated world at a moment, to come back to as often as wanted in the same process.

A platform that took seconds to make is ready again in about a hundredth of a second. Objects that others hold on to, moto's
backends and the emulator's parts, stay the same ones: what is in them is pickled, all of it at once, so that what was
shared between them is shared again.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
import types
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict
from moto.core.constants import MISSING
from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.ssm.models import ParameterDict

_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_CODE = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, weakref.ref)
_KEYS = (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, rsa.RSAPrivateKey)
"""Of KMS: they never change, and cannot be copied."""
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


def _attributes(items: Mapping[str, Any]) -> LimitedSizeDict:
    made = LimitedSizeDict()
    dict.update(made, items)
    return made


# A dictionary that cannot be made without arguments, and one that counts its letters at each item that is put in.
copyreg.pickle(ParameterDict, lambda d: (_parameters, (d.account_id, d.region_name, vars(d), dict(d))))
copyreg.pickle(LimitedSizeDict, lambda d: (_attributes, (dict(d),)))


@dataclass(frozen=True)
class Snapshot:
    """What was in moto's backends and in the emulator's parts."""

    owners: tuple[Any, ...]
    """The backends and the parts."""
    contents: bytes
    """Of each of them, pickled."""
    shared: list[Any]
    """What the contents refer to and every copy of them has in common."""


def take(parts: Sequence[object]) -> Snapshot:
    """The present world; `parts` are the emulator's objects that have a state."""
    owners = (*(backend for _, _, backend in _backends()), *parts)
    stream = io.BytesIO()
    pickler = _Pickler(stream, owners)
    pickler.dump([vars(owner) for owner in owners])
    return Snapshot(owners, stream.getvalue(), pickler.shared)


def restore(snapshot: Snapshot) -> None:
    """Bring the world of a snapshot back. Nothing else may be at work in the emulator meanwhile."""
    present = {id(owner) for owner in snapshot.owners}
    for regions, name, backend in list(_backends()):
        if id(backend) not in present:
            # Used for the first time since: moto makes it anew when it is asked for again.
            del regions[name]
    contents = _Unpickler(io.BytesIO(snapshot.contents), snapshot.shared).load()
    for owner, content in zip(snapshot.owners, contents, strict=True):
        vars(owner).clear()
        vars(owner).update(content)


def _backends() -> Iterator[tuple[Any, str, Any]]:
    for service in BackendDict._instances:
        for regions in list(service.values()):
            for name, backend in list(regions.items()):
                if not name.startswith(_OTHER_PARTITIONS):
                    yield regions, name, backend


def _shared(number: int) -> Any:
    """Stands in a pickle for something that is not copied."""
    raise AssertionError(f"only a snapshot has number {number}")


class _Pickler(pickle.Pickler):
    """Writes of what is not copied only its number in `shared`: the owners, their own locks, and code."""

    def __init__(self, stream: io.BytesIO, owners: Sequence[object]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self.shared: list[Any] = []
        self._numbers: dict[int, int] = {}
        for kept in (MISSING, *owners, *_kept(vars(owner) for owner in owners)):
            self._share(kept)

    def _share(self, kept: object) -> int:
        number = self._numbers[id(kept)] = len(self.shared)
        self.shared.append(kept)
        return number

    def reducer_override(self, value: object) -> Any:
        """Asked for everything but plain values and collections."""
        number = self._numbers.get(id(value))
        if number is None:
            if not isinstance(value, (*_CODE, *_KEYS)) or value is _shared:
                return NotImplemented
            number = self._share(value)
        return _shared, (number,)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(stream)
        self._shared = shared

    def find_class(self, module: str, name: str) -> Any:
        """Called for `_shared` alone: all else that has a name is shared."""
        return self._shared.__getitem__


def _kept(contents: Iterable[Mapping[str, Any]]) -> Iterator[object]:
    """What owners have that no copy needs for itself."""
    for content in contents:
        yield from (value for value in content.values() if isinstance(value, _LOCKS))
        # Machine images and policies that moto brings along, over a thousand of each: most of the time of a copy. Of a policy
        # changes, at most, how many it is attached to.
        for name in ("amis", "snapshots"):
            yield from (content.get(name) or {}).values()
        yield from content.get("aws_managed_policies") or ()
