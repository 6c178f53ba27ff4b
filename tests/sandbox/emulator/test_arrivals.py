"""Databases and caches take time to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.elasticache.models import elasticache_backends
from moto.rds.models import rds_backends

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.emulator import Emulator, stepped
from sandbox.emulator.timings import AWS, FAST, Timings
from tests.support import inprocess

TIMINGS = Timings(tick=1.0, database=5.0, cache=3.0)


class Data:
    def __init__(self) -> None:
        self.emulator: Emulator = stepped(ManualClock(), TIMINGS)

    def client(self, service: str) -> Any:
        return inprocess.client(self.emulator.application, service)

    def create(self) -> tuple[str, str]:
        """Ask for both; the result is what the two calls answer."""
        database = self.client("rds").create_db_instance(
            DBInstanceIdentifier="db", DBInstanceClass="db.t4g.medium", Engine="postgres", AllocatedStorage=20
        )
        cache = self.client("elasticache").create_replication_group(
            ReplicationGroupId="cache", ReplicationGroupDescription="test", Engine="redis", CacheNodeType="cache.t4g.small"
        )
        return database["DBInstance"]["DBInstanceStatus"], cache["ReplicationGroup"]["Status"]

    @property
    def states(self) -> tuple[str, str]:
        [database] = self.client("rds").describe_db_instances()["DBInstances"]
        [cache] = self.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        return database["DBInstanceStatus"], cache["Status"]


@pytest.fixture
def data() -> Iterator[Data]:
    """moto's databases and caches are the process's: they are forgotten before and after."""
    forget()
    yield Data()
    forget()


def forget() -> None:
    for backends in (rds_backends, elasticache_backends):
        for regions in backends.values():
            regions.reset()


def test_each_is_creating_for_its_time_and_then_available(data: Data) -> None:
    assert data.create() == ("creating", "creating")
    seen = [data.states]
    for _ in range(5):
        data.emulator.advance(1.0)
        seen.append(data.states)
    assert seen == [("creating", "creating")] * 3 + [("creating", "available")] * 2 + [("available", "available")]


def test_a_snapshot_keeps_how_far_they_are(data: Data) -> None:
    data.create()
    data.emulator.advance(2.0)
    former = data.emulator.snapshot()
    data.emulator.advance(4.0)
    assert data.states == ("available", "available")
    for _ in range(2):
        data.emulator.restore(former)
        assert data.states == ("creating", "creating")
        data.emulator.advance(1.0)
        assert data.states == ("creating", "available")
        data.emulator.advance(2.0)
        assert data.states == ("available", "available")


def test_one_that_is_not_there_yet_cannot_be_stopped(data: Data) -> None:
    data.create()
    rds = data.client("rds")
    with pytest.raises(rds.exceptions.InvalidDBInstanceStateFault):
        rds.stop_db_instance(DBInstanceIdentifier="db")
    data.emulator.advance(5.0)
    rds.stop_db_instance(DBInstanceIdentifier="db")
    assert data.states[0] == "stopped"


def test_one_that_is_deleted_while_it_comes_frees_its_name(data: Data) -> None:
    data.create()
    data.client("rds").delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    data.emulator.advance(1.0)
    data.client("elasticache").delete_replication_group(ReplicationGroupId="cache")
    assert data.create() == ("creating", "creating")
    data.emulator.advance(4.0)
    assert data.states[0] == "creating", "the time of the former one does not count"


def test_the_profile_fast_hardly_waits_and_the_other_waits_minutes() -> None:
    assert max(FAST.database, FAST.cache) < 1
    assert min(AWS.database, AWS.cache) >= 300
