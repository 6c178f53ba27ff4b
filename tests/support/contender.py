"""One `appdeploy` that stops in front of its first write to DynamoDB, the one that asks for the lock.

`python -m tests.support.contender READY_FD GO_FD ARGUMENT...`: writes a byte to READY_FD when it is there, and goes on
when GO_FD comes to its end. All that a release reads before the lock has been read by then.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from appdeploy import cli
from appdeploy.aws import clients as aws

_WRITES = ("UpdateItem", "PutItem", "TransactWriteItems")


class Barrier:
    """Holds the first write up."""

    def __init__(self, ready: int, go: int) -> None:
        self._ready, self._go, self._passed = ready, go, False

    def __call__(self, model: Any, **_: Any) -> None:
        if self._passed or model.name not in _WRITES:
            return
        self._passed = True
        os.write(self._ready, b".")
        os.read(self._go, 1)


def main() -> int:
    barrier, connect = Barrier(int(sys.argv[1]), int(sys.argv[2])), aws.connect

    def connect_behind_barrier(region: str | None) -> aws.Clients:
        clients = connect(region)
        for client in (clients.dynamodb, clients.once.dynamodb):
            client.meta.events.register("before-call.dynamodb", barrier)
        return clients

    aws.connect = connect_behind_barrier
    return cli.run(sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
