"""What a stack file may say about alarms: thresholds, and who is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from infra.section import Section


class Audience(StrEnum):
    """Who is told: the on-call engineer by severity, those to whom an incident that lasts goes on, and who follows releases."""

    P0 = "p0"
    """Nothing works."""
    P1 = "p1"
    """Many requests fail."""
    P2 = "p2"
    """It is slow, or will be."""
    LEAD = "lead"
    CTO = "cto"
    RELEASES = "releases"
    """No alarm: everybody who wants to hear of each release, how ever it goes."""


class Subscription(Section):
    """One who is told."""

    protocol: Literal["email", "https", "sqs", "lambda"]
    endpoint: Annotated[str, StringConstraints(min_length=3)]
    """An address, a URL, or an ARN."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        marks = {"email": "@", "https": "https://", "sqs": "arn:aws:sqs:", "lambda": "arn:aws:lambda:"}
        if marks[self.protocol] not in self.endpoint:
            raise ValueError(f"{self.endpoint} is no endpoint for {self.protocol}: it has no {marks[self.protocol]}")
        return self


Minutes = Annotated[int, Field(ge=1, le=1440)]
Percent = Annotated[float, Field(gt=0, le=100)]


class AlarmSettings(Section):
    """When alarms go off. The defaults are the runbook's where it names a figure."""

    requests_floor: Annotated[int, Field(ge=1)] = 20
    """Requests a minute under which neither a share of errors nor a percentile says anything."""
    error_percent: Percent = 5
    """P1: share of requests that were answered with 5xx."""
    slow_ms: Annotated[int, Field(ge=1)] = 100
    """P2: the 95th percentile of the response times."""
    short_minutes: Minutes = 15
    """P2: how long fewer tasks run than are wanted; a rollout, and a task that is replaced, are over before."""
    lead_minutes: Minutes = 15
    """How long a P0 or P1 lasts when the lead is told too."""
    cto_minutes: Minutes = 30
    """How long a P0 lasts when the CTO is told too."""
    database_connections: Annotated[int, Field(ge=1)] = 200
    """P2. PostgreSQL takes memory in bytes / 9531392 (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html): some
    450 with 4 GiB."""
    database_cpu_percent: Percent = 80
    """P2."""
    database_free_percent: Percent = 15
    """P2: of the storage that the database began with; it grows by itself up to its limit."""
    slow_queries: Annotated[int, Field(ge=1)] = 50
    """P2: in five minutes; what is slow says `database.slow_query_ms`."""
    subscriptions: dict[Audience, tuple[Subscription, ...]] = {}

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if self.cto_minutes <= self.lead_minutes:
            raise ValueError(f"cto_minutes {self.cto_minutes} is to be more than lead_minutes {self.lead_minutes}")
        return self
