"""The lock of an environment for a person, outside a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.lock.item import LockItem
from appdeploy.lock.lease import describe
from appdeploy.lock.session import local_user
from appdeploy.lock.store import DynamoLockStore, LockStore
from appdeploy.model.errors import Locked

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class LockAdmin:
    """An environment's lock, and the caller."""

    environment: str
    store: LockStore
    caller: str

    def evict(self, seen: LockItem) -> None:
        """Remove the holder that was seen. Raises Locked if the lock has changed since."""
        if not self.store.evict(seen.mark):
            now = describe(self.store.read())
            raise Locked(
                f"the lock of {self.environment} changed just now ({now}): its holder is running; run this again to remove it"
            )


def open_lock_admin(clients: Clients, environment: str) -> LockAdmin:
    """The lock of the environment that the contract names. Raises Refused."""
    contract = read_contract(clients, environment)
    store = DynamoLockStore(clients.dynamodb, contract.platform.releases_table)
    return LockAdmin(environment, store, contract.caller.arn if contract.caller else local_user())
