"""Alarm settings in a stack file: thresholds, evaluation windows, and the subscriptions of the topics."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from infra.core.settings_model import SettingsModel

LONGEST_WINDOW_SECONDS = 86_400
"""Longest time over which an alarm with periods under an hour evaluates
(docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""


class NotificationTopic(StrEnum):
    """The SNS topics of an environment: one for each severity, one for each escalation step, one for releases."""

    P0 = "p0"
    """Outage."""
    P1 = "p1"
    """Many requests fail."""
    P2 = "p2"
    """Degraded, or about to be."""
    LEAD = "lead"
    CTO = "cto"
    RELEASES = "releases"
    """No alarm: every release, successful or not."""


class Subscription(SettingsModel):
    """One subscription of a topic."""

    protocol: Literal["email", "https", "sqs", "lambda"]
    endpoint: Annotated[str, StringConstraints(min_length=3)]
    """An address, a URL, or an ARN."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        marks = {"email": "@", "https": "https://", "sqs": "arn:aws:sqs:", "lambda": "arn:aws:lambda:"}
        if marks[self.protocol] not in self.endpoint:
            raise ValueError(f"{self.endpoint} is no endpoint for {self.protocol}: it has no {marks[self.protocol]}")
        return self


class Window(SettingsModel):
    """How CloudWatch evaluates one alarm: that many datapoints of the last periods have to breach."""

    period: Annotated[int, Field(ge=60, multiple_of=60)] = 60
    """Seconds. Metrics of standard resolution have one datapoint a minute."""
    evaluation_periods: Annotated[int, Field(ge=1)]
    datapoints_to_alarm: Annotated[int, Field(ge=1)] | None = None
    """None: all of `evaluation_periods`."""

    @property
    def datapoints(self) -> int:
        """`datapoints_to_alarm`, or its default."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm

    @model_validator(mode="after")
    def _cloudwatch_accepts_it(self) -> Self:
        if self.datapoints > self.evaluation_periods:
            raise ValueError(f"datapoints_to_alarm {self.datapoints} exceeds evaluation_periods {self.evaluation_periods}")
        seconds = self.period * self.evaluation_periods
        if seconds > LONGEST_WINDOW_SECONDS:
            raise ValueError(f"{seconds} s is too long: CloudWatch evaluates {LONGEST_WINDOW_SECONDS} s at most")
        return self


def _all_of(periods: int) -> Window:
    return Window(evaluation_periods=periods)


class AlarmWindows(SettingsModel):
    """The window of each alarm, by the end of its name. A window in a stack file replaces the default one as a whole."""

    release_errors: Window = _all_of(2)
    """Until the slower of the two release alarms can decide, ECS bakes a deployment: four minutes by default."""
    release_unhealthy: Window = _all_of(4)
    down: Window = _all_of(3)
    errors: Window = Window(evaluation_periods=5, datapoints_to_alarm=3)
    slow: Window = _all_of(5)
    tasks_missing: Window = _all_of(15)
    """Longer than a rollout, or than the replacement of a task, needs."""
    lb_5xx: Window = Window(evaluation_periods=5, datapoints_to_alarm=3)
    database_down: Window = _all_of(5)
    database_connections: Window = _all_of(5)
    database_cpu: Window = _all_of(5)
    database_disk: Window = _all_of(5)
    database_slow_queries: Window = Window(period=300, evaluation_periods=1)


Minutes = Annotated[int, Field(ge=1, le=1440)]
Percent = Annotated[float, Field(gt=0, le=100)]


class AlarmSettings(SettingsModel):
    """Thresholds and windows. The defaults are the runbook's where it names a figure."""

    min_requests: Annotated[int, Field(ge=1)] = 20
    """Requests in one period below which neither an error rate nor a percentile means anything."""
    error_percent: Percent = 5
    """P1: percentage of requests that were answered with 5xx."""
    slow_ms: Annotated[int, Field(ge=1)] = 100
    """P2: the 95th percentile of the response times."""
    lead_minutes: Minutes = 15
    """How long a P0 or P1 lasts when it is escalated to the lead."""
    cto_minutes: Minutes = 30
    """How long a P0 lasts when it is escalated to the CTO."""
    database_connections: Annotated[int, Field(ge=1)] = 200
    """P2. PostgreSQL takes memory in bytes / 9531392 (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html): some
    450 with 4 GiB."""
    database_cpu_percent: Percent = 80
    """P2."""
    database_free_percent: Percent = 15
    """P2: of the storage that was allocated first; it grows by itself up to its limit."""
    slow_queries: Annotated[int, Field(ge=1)] = 50
    """P2: slow statements in one period; `database.slow_query_ms` says which are slow."""
    windows: AlarmWindows = AlarmWindows()
    subscriptions: dict[NotificationTopic, tuple[Subscription, ...]] = {}

    @model_validator(mode="after")
    def _escalation_in_order(self) -> Self:
        if self.cto_minutes <= self.lead_minutes:
            raise ValueError(f"cto_minutes {self.cto_minutes} has to be more than lead_minutes {self.lead_minutes}")
        return self
