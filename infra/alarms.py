"""Alarms as the table of rules has them: those that ECS looks at during a deployment, and those that tell people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.alarm_rules import Rule, balancer_rules, database_rules, deployment_rules, service_rules
from infra.alarm_settings import AlarmSettings, Audience
from infra.component import Component
from infra.metrics import OWN, Metric, Metrics, balancer_metrics, balancer_suffix, database_metrics
from infra.naming import Names

SLOW = '"duration: "'
"""In the line that PostgreSQL writes of a statement over log_min_duration_statement."""
Topics = Mapping[Audience, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """What is watched, and who is told."""

    names: Names
    settings: AlarmSettings
    topics: Topics
    services: Mapping[str, Metrics]
    balancers: Mapping[str, pulumi.Input[str]]
    """ARNs of the load balancers, by their names here."""
    database: pulumi.Input[str]
    """Its identifier."""
    database_log: pulumi.Input[str]
    storage_gib: int
    """Of the database."""


class Alarms(Component):
    """Alarms that tell people."""

    TYPE = "axonflow:platform:Alarms"

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        aws.cloudwatch.LogMetricFilter(
            "slow-queries",
            name=args.names.slow_queries,
            log_group_name=args.database_log,
            pattern=SLOW,
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                name=args.names.slow_queries, namespace=OWN, value="1"
            ),
            opts=self.child(),
        )
        for service, metrics in args.services.items():
            for rule in service_rules(args.settings):
                declare(_Watched(args.names, service, service, metrics), rule, args.topics, self.child())
        for balancer, arn in args.balancers.items():
            suffix = pulumi.Output.from_input(arn).apply(balancer_suffix)
            for rule in balancer_rules(args.settings):
                declare(_Watched(args.names, balancer, balancer, balancer_metrics(suffix)), rule, args.topics, self.child())
        for rule in database_rules(args.settings, args.storage_gib):
            metrics = database_metrics(args.names, args.database)
            declare(_Watched(args.names, "database", args.names.database, metrics), rule, args.topics, self.child())
        self.register_outputs({})


def deployment_alarms(
    names: Names, service: str, metrics: Metrics, settings: AlarmSettings, opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Output[str]]:
    """The alarms by which ECS rolls a deployment of a service back; their names."""
    watched = _Watched(names, service, service, metrics)
    return [declare(watched, rule, {}, opts).name for rule in deployment_rules(settings)]


@dataclass(frozen=True)
class _Watched:
    """Something that alarms are about."""

    names: Names
    name: str
    called: str
    """As commands call it."""
    metrics: Metrics


def declare(watched: _Watched, rule: Rule, topics: Topics, opts: pulumi.ResourceOptions) -> aws.cloudwatch.MetricAlarm:
    """The alarm of a rule. Who is told when it goes off is told when it is over."""
    name = f"{watched.name}-{rule.name}"
    told = [topics[rule.audience]] if rule.audience else []
    return aws.cloudwatch.MetricAlarm(
        name,
        name=watched.names.alarm(name),
        alarm_description=_description(watched, rule),
        alarm_actions=told,
        ok_actions=told,
        comparison_operator="GreaterThanThreshold",
        threshold=rule.above,
        evaluation_periods=rule.periods,
        datapoints_to_alarm=rule.needed,
        treat_missing_data="breaching" if rule.silence_rings else "notBreaching",
        metric_queries=[
            *(_formula(key, text, returned=key == list(rule.formulas)[-1]) for key, text in rule.formulas.items()),
            *(_metric(f"{key}", watched.metrics[key], rule.period) for key in rule.metrics),
        ],
        opts=opts,
    )


def _description(watched: _Watched, rule: Rule) -> str:
    if rule.audience is None:
        return f"{rule.meaning}. ECS looks at it and rolls back."
    first = rule.first.replace("ENV", watched.names.environment).replace("IT", watched.called)
    return f"{rule.audience.upper()}: {rule.meaning}. First: {first}"


def _formula(key: str, text: str, *, returned: bool) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(id=key, expression=text, label=key, return_data=returned)


def _metric(key: str, metric: Metric, period: int) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=key,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=metric.namespace,
            metric_name=metric.name,
            stat=metric.stat,
            period=period,
            dimensions=dict(metric.dimensions),
        ),
    )
