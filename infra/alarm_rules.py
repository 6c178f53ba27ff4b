"""Every alarm of the platform, as a table: what it measures, when it goes off, who is told, what to run first.

All of them ask about sums over both target groups of a service: the idle one has no healthy host and no request, and which of
the two serves changes with each deployment. Missing data is filled in the expressions, because beside points that are missing
CloudWatch goes on judging older ones (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from infra.alarm_settings import AlarmSettings, Audience

GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One alarm. It goes off when the last formula is above the threshold in `needed` of the last `periods`."""

    name: str
    """After the watched thing's name, as in `agent-down`."""
    audience: Audience | None
    """None: nobody, ECS alone looks at it during a deployment."""
    meaning: str
    first: str = ""
    """The command to begin with; `ENV` and `IT` stand for the environment and the watched thing."""
    metrics: tuple[str, ...]
    """Names of the watched thing's metrics."""
    formulas: Mapping[str, str]
    """Metric math by id, each over the metrics and the formulas before it."""
    above: float
    periods: int
    needed: int
    period: int = 60
    """Seconds."""
    silence_rings: bool = False
    """Whether no data at all is an alarm too."""


_LOOK_AT_DATABASE = "aws rds describe-db-instances --db-instance-identifier IT"
_GROUPS = ("a", "b")
_DOWN = "IF(FILL(desired, REPEAT) > 0 AND FILL(healthy_a, 0) + FILL(healthy_b, 0) < 1, 1, 0)"
"""Nothing is wanted before the first release, so nothing is missing."""


def _both(metric: str) -> tuple[str, ...]:
    return tuple(f"{metric}_{group}" for group in _GROUPS)


def _sum(metric: str) -> str:
    return " + ".join(f"FILL({name}, 0)" for name in _both(metric))


def _share(errors: str, requests: str, floor: int) -> dict[str, str]:
    """Percent of the requests that failed, and 0 where there are too few of them."""
    return {
        "errors": errors,
        "requests": requests,
        "share": f"IF(requests >= {floor}, 100 * errors / requests, 0)",
    }


def deployment_rules(settings: AlarmSettings) -> tuple[Rule, ...]:
    """What makes ECS roll a release back. ECS bakes as long as the slower of the two needs: four minutes.

    ECS replaces an unhealthy task once its grace period is over; release tool and circuit breaker count that, and give a better
    reason. The alarm waits longer: it is for tasks that stay.

    Answers of the load balancer itself count too: a new task that breaks off its connections gives those. They are known
    for all services behind it together.
    """
    errors, requests = _sum("errors"), _sum("requests")
    refused = "FILL(refused, 0)"
    return (
        Rule(
            name="release-errors",
            audience=None,
            meaning=f"Over {settings.error_percent:g} % of the requests fail during a release",
            metrics=(*_both("errors"), *_both("requests"), "refused"),
            formulas=_share(f"{errors} + {refused}", f"{requests} + {refused}", settings.requests_floor),
            above=settings.error_percent,
            periods=2,
            needed=2,
        ),
        Rule(
            name="release-unhealthy",
            audience=None,
            meaning="Tasks stay unhealthy during a release",
            metrics=_both("unhealthy"),
            formulas={"unhealthy": _sum("unhealthy")},
            above=0,
            periods=4,
            needed=4,
        ),
    )


def service_rules(settings: AlarmSettings) -> tuple[Rule, ...]:
    """What is watched of each service."""
    percentiles = {
        f"slow_{group}": f"IF(FILL(requests_{group}, 0) >= {settings.requests_floor}, FILL(p95_{group}, 0), 0)"
        for group in _GROUPS
    }
    return (
        *_escalated(
            settings,
            Rule(
                name="down",
                audience=Audience.P0,
                meaning="No healthy target, although tasks are wanted",
                first="appdeploy status -e ENV --service IT",
                metrics=(*_both("healthy"), "desired"),
                formulas={"down": _DOWN},
                above=0,
                periods=3,
                needed=3,
            ),
        ),
        *_escalated(
            settings,
            Rule(
                name="errors",
                audience=Audience.P1,
                meaning=f"Over {settings.error_percent:g} % of the requests fail",
                first="appdeploy releases -e ENV",
                metrics=(*_both("errors"), *_both("requests")),
                formulas=_share(_sum("errors"), _sum("requests"), settings.requests_floor),
                above=settings.error_percent,
                periods=5,
                needed=3,
            ),
        ),
        Rule(
            name="slow",
            audience=Audience.P2,
            meaning=f"The 95th percentile of the response times is over {settings.slow_ms} ms",
            first="appdeploy status -e ENV --service IT",
            metrics=(*_both("requests"), *_both("p95")),
            formulas={**percentiles, "slow": "1000 * IF(slow_a > slow_b, slow_a, slow_b)"},
            above=settings.slow_ms,
            periods=5,
            needed=5,
        ),
        Rule(
            name="short",
            audience=Audience.P2,
            meaning=f"Fewer tasks run than are wanted, for {settings.short_minutes} minutes",
            first="appdeploy status -e ENV --service IT",
            metrics=("desired", "running"),
            formulas={"missing": "FILL(desired, REPEAT) - FILL(running, REPEAT)"},
            above=0,
            periods=settings.short_minutes,
            needed=settings.short_minutes,
        ),
    )


def balancer_rules(settings: AlarmSettings) -> tuple[Rule, ...]:
    """What is watched of a load balancer: answers of its own, for which no service can be blamed."""
    refused = "FILL(refused, 0)"
    return _escalated(
        settings,
        Rule(
            name="refusals",
            audience=Audience.P1,
            meaning=f"The load balancer itself answers over {settings.error_percent:g} % of the requests with an error",
            first="appdeploy status -e ENV",
            metrics=("refused", "requests_all"),
            formulas=_share(refused, f"FILL(requests_all, 0) + {refused}", settings.requests_floor),
            above=settings.error_percent,
            periods=5,
            needed=3,
        ),
    )


def database_rules(settings: AlarmSettings, storage_gib: int) -> tuple[Rule, ...]:
    """What is watched of the database."""
    return (
        *_escalated(
            settings,
            Rule(
                name="down",
                audience=Audience.P0,
                meaning="The database reports nothing: it is stopped, failed, or unreachable",
                first=_LOOK_AT_DATABASE,
                metrics=("alive",),
                formulas={"down": "IF(FILL(alive, 0) < 1, 1, 0)"},
                above=0,
                periods=5,
                needed=5,
                silence_rings=True,
            ),
        ),
        _pressure(
            "connections",
            f"Over {settings.database_connections} connections are open",
            "connections",
            "FILL(connections, REPEAT)",
            settings.database_connections,
        ),
        _pressure(
            "cpu",
            f"Over {settings.database_cpu_percent:g} % of the processor is used",
            "cpu",
            "FILL(cpu, REPEAT)",
            settings.database_cpu_percent,
        ),
        _pressure(
            "disk",
            f"Under {settings.database_free_percent:g} % of the storage is free",
            "free",
            f"100 - 100 * FILL(free, REPEAT) / {storage_gib * GIB}",
            100 - settings.database_free_percent,
        ),
        Rule(
            name="slow-queries",
            audience=Audience.P2,
            meaning=f"Over {settings.slow_queries} slow statements within five minutes",
            first="aws logs tail /aws/rds/instance/IT/postgresql --since 10m",
            metrics=("slow",),
            formulas={"statements": "FILL(slow, 0)"},
            above=settings.slow_queries,
            periods=1,
            needed=1,
            period=300,
        ),
    )


def _pressure(name: str, meaning: str, metric: str, formula: str, above: float) -> Rule:
    """Something that the database has been short of for five minutes."""
    return Rule(
        name=name,
        audience=Audience.P2,
        meaning=meaning,
        first=_LOOK_AT_DATABASE,
        metrics=(metric,),
        formulas={"pressure": formula},
        above=above,
        periods=5,
        needed=5,
    )


def _escalated(settings: AlarmSettings, rule: Rule) -> tuple[Rule, ...]:
    """The rule, and the same for those who are told when it lasts: the CTO of a P0 alone (the runbook's escalation path)."""
    return (rule, *(_lasting(rule, audience, minutes) for audience, minutes in _steps(settings, rule)))


def _steps(settings: AlarmSettings, rule: Rule) -> Iterator[tuple[Audience, int]]:
    yield Audience.LEAD, settings.lead_minutes
    if rule.audience is Audience.P0:
        yield Audience.CTO, settings.cto_minutes


def _lasting(rule: Rule, audience: Audience, minutes: int) -> Rule:
    meaning = f"{rule.meaning}, for {minutes} minutes"
    return replace(rule, name=f"{rule.name}-{audience}", audience=audience, meaning=meaning, periods=minutes, needed=minutes)
