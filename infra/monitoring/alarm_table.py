"""Every alarm of the platform, as a table in CloudWatch's own words, with the topic and the command to run first.

All of them evaluate sums over both target groups of a service: the idle one has no healthy host and no request, and which of
the two serves changes with each deployment. Missing data is filled in the expressions, because with missing datapoints
CloudWatch evaluates older ones (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from infra.monitoring.settings import AlarmSettings, NotificationTopic, Window

GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm. It evaluates the last of its expressions."""

    name: str
    """After the monitored resource's name, as in `agent-down`."""
    topic: NotificationTopic | None
    """None: no notification; ECS rolls back on these alarms."""
    description: str
    first_command: str = ""
    """What to run first; `ENV` and `IT` stand for the environment and the monitored resource."""
    metrics: tuple[str, ...]
    """Names of the resource's metrics."""
    expressions: Mapping[str, str]
    """Metric math by id, each over the metrics and the expressions before it."""
    threshold: float
    comparison: Literal["GreaterThanThreshold"] = "GreaterThanThreshold"
    window: Window
    """`period`, `evaluation_periods` and `datapoints_to_alarm`, from the settings."""
    treat_missing_data: Literal["notBreaching", "breaching"] = "notBreaching"


_DESCRIBE_DATABASE = "aws rds describe-db-instances --db-instance-identifier IT"
_STATUS = "appdeploy status -e ENV --service IT"
_GROUPS = ("a", "b")
_DOWN = "IF(FILL(desired, REPEAT) > 0 AND FILL(healthy_a, 0) + FILL(healthy_b, 0) < 1, 1, 0)"
"""Before the first release the desired count is 0, so no target is missing."""


def _both(metric: str) -> tuple[str, ...]:
    return tuple(f"{metric}_{group}" for group in _GROUPS)


def _sum(metric: str) -> str:
    return " + ".join(f"FILL({name}, 0)" for name in _both(metric))


def _error_percent(errors: str, requests: str, min_requests: int) -> dict[str, str]:
    """Percentage of the requests that failed, and 0 where there are too few of them."""
    return {
        "errors": errors,
        "requests": requests,
        "percent": f"IF(requests >= {min_requests}, 100 * errors / requests, 0)",
    }


def deployment_alarms(settings: AlarmSettings) -> tuple[Alarm, ...]:
    """On which ECS rolls a release back. ECS bakes as long as the slower of the two needs.

    ECS replaces an unhealthy task once its grace period is over; release tool and circuit breaker count that, and give a better
    reason. The alarm waits longer: it is for tasks that stay.

    Errors of the load balancer itself count too: a new task that closes its connections causes those. They are known
    for all services behind it together.
    """
    errors, requests = _sum("errors"), _sum("requests")
    lb_errors = "FILL(lb_errors, 0)"
    return (
        Alarm(
            name="release-errors",
            topic=None,
            description=f"Over {settings.error_percent:g} % of the requests fail during a release",
            metrics=(*_both("errors"), *_both("requests"), "lb_errors"),
            expressions=_error_percent(f"{errors} + {lb_errors}", f"{requests} + {lb_errors}", settings.min_requests),
            threshold=settings.error_percent,
            window=settings.windows.release_errors,
        ),
        Alarm(
            name="release-unhealthy",
            topic=None,
            description="Tasks stay unhealthy during a release",
            metrics=_both("unhealthy"),
            expressions={"unhealthy": _sum("unhealthy")},
            threshold=0,
            window=settings.windows.release_unhealthy,
        ),
    )


def service_alarms(settings: AlarmSettings) -> tuple[Alarm, ...]:
    """Of each service."""
    windows = settings.windows
    percentiles = {
        f"slow_{group}": f"IF(FILL(requests_{group}, 0) >= {settings.min_requests}, FILL(p95_{group}, 0), 0)"
        for group in _GROUPS
    }
    return (
        *_escalated(
            settings,
            Alarm(
                name="down",
                topic=NotificationTopic.P0,
                description="No healthy target, although the desired count is not 0",
                first_command=_STATUS,
                metrics=(*_both("healthy"), "desired"),
                expressions={"down": _DOWN},
                threshold=0,
                window=windows.down,
            ),
        ),
        *_escalated(
            settings,
            Alarm(
                name="errors",
                topic=NotificationTopic.P1,
                description=f"Over {settings.error_percent:g} % of the requests fail",
                first_command="appdeploy releases -e ENV",
                metrics=(*_both("errors"), *_both("requests")),
                expressions=_error_percent(_sum("errors"), _sum("requests"), settings.min_requests),
                threshold=settings.error_percent,
                window=windows.errors,
            ),
        ),
        Alarm(
            name="slow",
            topic=NotificationTopic.P2,
            description=f"The 95th percentile of the response times is over {settings.slow_ms} ms",
            first_command=_STATUS,
            metrics=(*_both("requests"), *_both("p95")),
            expressions={**percentiles, "slow": "1000 * IF(slow_a > slow_b, slow_a, slow_b)"},
            threshold=settings.slow_ms,
            window=windows.slow,
        ),
        Alarm(
            name="tasks-missing",
            topic=NotificationTopic.P2,
            description=f"Fewer tasks run than desired, for {_minutes(windows.tasks_missing)} minutes",
            first_command=_STATUS,
            metrics=("desired", "running"),
            expressions={"missing": "FILL(desired, REPEAT) - FILL(running, REPEAT)"},
            threshold=0,
            window=windows.tasks_missing,
        ),
    )


def load_balancer_alarms(settings: AlarmSettings) -> tuple[Alarm, ...]:
    """Of a load balancer: 5xx answers of its own, which no service gave."""
    lb_errors = "FILL(lb_errors, 0)"
    return _escalated(
        settings,
        Alarm(
            name="lb-5xx",
            topic=NotificationTopic.P1,
            description=f"The load balancer itself answers over {settings.error_percent:g} % of the requests with an error",
            first_command="appdeploy status -e ENV",
            metrics=("lb_errors", "requests_all"),
            expressions=_error_percent(lb_errors, f"FILL(requests_all, 0) + {lb_errors}", settings.min_requests),
            threshold=settings.error_percent,
            window=settings.windows.lb_5xx,
        ),
    )


def database_alarms(settings: AlarmSettings, storage_gib: int) -> tuple[Alarm, ...]:
    """Of the database."""
    windows = settings.windows
    return (
        *_escalated(
            settings,
            Alarm(
                name="down",
                topic=NotificationTopic.P0,
                description="The database reports nothing: it is stopped, failed, or unreachable",
                first_command=_DESCRIBE_DATABASE,
                metrics=("alive",),
                expressions={"down": "IF(FILL(alive, 0) < 1, 1, 0)"},
                threshold=0,
                treat_missing_data="breaching",
                window=windows.database_down,
            ),
        ),
        Alarm(
            name="connections",
            topic=NotificationTopic.P2,
            description=f"Over {settings.database_connections} connections are open",
            first_command=_DESCRIBE_DATABASE,
            metrics=("connections",),
            expressions={"open": "FILL(connections, REPEAT)"},
            threshold=settings.database_connections,
            window=windows.database_connections,
        ),
        Alarm(
            name="cpu",
            topic=NotificationTopic.P2,
            description=f"Over {settings.database_cpu_percent:g} % of the processor is used",
            first_command=_DESCRIBE_DATABASE,
            metrics=("cpu",),
            expressions={"used": "FILL(cpu, REPEAT)"},
            threshold=settings.database_cpu_percent,
            window=windows.database_cpu,
        ),
        Alarm(
            name="disk",
            topic=NotificationTopic.P2,
            description=f"Under {settings.database_free_percent:g} % of the storage is free",
            first_command=_DESCRIBE_DATABASE,
            metrics=("free",),
            expressions={"used": f"100 - 100 * FILL(free, REPEAT) / {storage_gib * GIB}"},
            threshold=100 - settings.database_free_percent,
            window=windows.database_disk,
        ),
        Alarm(
            name="slow-queries",
            topic=NotificationTopic.P2,
            description=f"Over {settings.slow_queries} slow statements in {_minutes(windows.database_slow_queries)} minutes",
            first_command="aws logs tail /aws/rds/instance/IT/postgresql --since 10m",
            metrics=("slow",),
            expressions={"statements": "FILL(slow, 0)"},
            threshold=settings.slow_queries,
            window=windows.database_slow_queries,
        ),
    )


def _minutes(window: Window) -> int:
    return window.period * window.evaluation_periods // 60


def _escalated(settings: AlarmSettings, alarm: Alarm) -> tuple[Alarm, ...]:
    """The alarm, and the same one with a longer window for each escalation step: the CTO's for a P0 alone (the runbook's
    escalation path)."""
    return (alarm, *(_lasting(alarm, topic, minutes) for topic, minutes in _steps(settings, alarm)))


def _steps(settings: AlarmSettings, alarm: Alarm) -> Iterator[tuple[NotificationTopic, int]]:
    yield NotificationTopic.LEAD, settings.lead_minutes
    if alarm.topic is NotificationTopic.P0:
        yield NotificationTopic.CTO, settings.cto_minutes


def _lasting(alarm: Alarm, topic: NotificationTopic, minutes: int) -> Alarm:
    period = alarm.window.period
    return replace(
        alarm,
        name=f"{alarm.name}-{topic}",
        topic=topic,
        description=f"{alarm.description}, for {minutes} minutes",
        window=Window(period=period, evaluation_periods=max(1, minutes * 60 // period)),
    )
