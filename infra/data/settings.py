"""Database and cache settings in a stack file."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from infra.core.settings_model import SettingsModel

DATABASE_CLASS = r"^db\.[a-z0-9]+\.[a-z0-9]+$"
NODE_TYPE = r"^cache\.[a-z0-9]+\.[a-z0-9]+$"

DATABASE_VARIABLES = (
    "DATABASE_HOST",
    "DATABASE_PORT",
    "DATABASE_NAME",
    "DATABASE_SSLMODE",
    "DATABASE_USER",
    "DATABASE_PASSWORD",
)
"""Variables of a service that uses the database."""
CACHE_VARIABLES = ("REDIS_URL",)

ROOM_TO_GROW = 1.1
"""Storage grows by itself only if its limit is at least 10 % above what there is
(docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html)."""


Changes = Literal["now", "window"]
"""When AWS carries out what interrupts: another class, a standby, another node type. `window`: in the maintenance window, on
Sundays from 03:00 UTC; until then every preview shows the change, and `preview --expect-no-changes` fails. `now`: during
the `pulumi up` that brings it, together with everything that is pending."""


class DatabaseSettings(SettingsModel):
    """PostgreSQL on RDS."""

    changes: Changes = "window"
    instance_class: Annotated[str, StringConstraints(pattern=DATABASE_CLASS)]
    storage_gib: Annotated[int, Field(ge=20, le=65536)]
    max_storage_gib: Annotated[int, Field(ge=22, le=65536)]
    """How far the storage may grow by itself. It never shrinks."""
    multi_az: bool
    """A standby in another zone, at the price of a second instance: it takes over in one to two minutes."""
    backup_days: Annotated[int, Field(ge=7, le=35)]
    """How many days back the database can be restored to any second: a week at least (Security Hub's RDS.11)."""
    slow_query_ms: Annotated[int, Field(ge=1, le=3_600_000)] = 1000
    """Statements that take this long are logged with their text."""
    insights_days: Literal[7, 31, 62, 93, 186, 372, 731] = 7
    """Retention of Performance Insights; more than 7 days is charged for."""
    monitoring_seconds: Literal[1, 5, 10, 15, 30, 60] = 60
    """Interval of the operating system's metrics."""

    @model_validator(mode="after")
    def _room_to_grow(self) -> Self:
        if self.max_storage_gib < self.storage_gib * ROOM_TO_GROW:
            raise ValueError(
                f"max_storage_gib {self.max_storage_gib} leaves storage_gib {self.storage_gib} no room to grow: "
                "RDS wants at least 10 % more"
            )
        return self


class CacheSettings(SettingsModel):
    """Redis on ElastiCache."""

    changes: Changes = "window"
    node_type: Annotated[str, StringConstraints(pattern=NODE_TYPE)]
    replicas: Annotated[int, Field(ge=0, le=5)]
    """Copies in other zones, one of which takes over when the primary fails. With none, a failed node starts empty."""
    snapshot_days: Annotated[int, Field(ge=0, le=35)]
    """How many daily snapshots are kept; 0 takes none."""
