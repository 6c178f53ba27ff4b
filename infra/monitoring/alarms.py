"""The CloudWatch alarms of the alarm table: those on which ECS rolls back, and those that notify people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.core.names import Names
from infra.monitoring import alarm_table
from infra.monitoring.alarm_table import Alarm
from infra.monitoring.metrics import (
    OWN_NAMESPACE,
    Metric,
    Metrics,
    database_metrics,
    load_balancer_metrics,
    load_balancer_suffix,
)
from infra.monitoring.settings import AlarmSettings, NotificationTopic

SLOW = '"duration: "'
"""In the line that PostgreSQL writes of a statement over log_min_duration_statement."""
TopicArns = Mapping[NotificationTopic, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class MonitoredArgs(ComponentArgs):
    """What alarms are about, and their settings."""

    settings: AlarmSettings
    services: Mapping[str, Metrics]
    load_balancers: Mapping[str, pulumi.Output[str]]
    """ARNs, by their names here."""
    database: pulumi.Output[str]
    """Its identifier."""
    database_log: pulumi.Input[str]
    storage_gib: int
    """Of the database."""


class Alarms(Component):
    """Alarms that notify people."""

    TYPE = "axonflow:platform:Alarms"

    def __init__(self, name: str, args: MonitoredArgs, topics: TopicArns, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        aws.cloudwatch.LogMetricFilter(
            "slow-queries",
            name=args.names.slow_queries,
            log_group_name=args.database_log,
            pattern=SLOW,
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                name=args.names.slow_queries, namespace=OWN_NAMESPACE, value="1"
            ),
            opts=self.child(),
        )
        for service, metrics in args.services.items():
            target = _Monitored(args.names, service, service, metrics)
            self._declare(target, alarm_table.service_alarms(args.settings), topics)
        for name_, arn in args.load_balancers.items():
            suffix = arn.apply(load_balancer_suffix)
            target = _Monitored(args.names, name_, name_, load_balancer_metrics(suffix))
            self._declare(target, alarm_table.load_balancer_alarms(args.settings), topics)
        target = _Monitored(args.names, "database", args.names.database, database_metrics(args.names, args.database))
        self._declare(target, alarm_table.database_alarms(args.settings, args.storage_gib), topics)
        self.register_outputs({})

    def _declare(self, target: _Monitored, alarms: Sequence[Alarm], topics: TopicArns) -> None:
        for alarm in alarms:
            declare(target, alarm, topics, self.child())


def deployment_alarms(
    names: Names, service: str, metrics: Metrics, settings: AlarmSettings, opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Output[str]]:
    """The alarms on which ECS rolls a deployment of a service back; their names."""
    target = _Monitored(names, service, service, metrics)
    return [declare(target, alarm, {}, opts).name for alarm in alarm_table.deployment_alarms(settings)]


@dataclass(frozen=True)
class _Monitored:
    """A resource that alarms are about."""

    names: Names
    name: str
    identifier: str
    """As commands call it."""
    metrics: Metrics


def declare(target: _Monitored, alarm: Alarm, topics: TopicArns, opts: pulumi.ResourceOptions) -> aws.cloudwatch.MetricAlarm:
    """One alarm. The topic is notified of ALARM and of OK."""
    name = f"{target.name}-{alarm.name}"
    actions = [topics[alarm.topic]] if alarm.topic else []
    return aws.cloudwatch.MetricAlarm(
        name,
        name=target.names.alarm(name),
        alarm_description=_description(target, alarm),
        alarm_actions=actions,
        ok_actions=actions,
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=alarm.window.evaluation_periods,
        datapoints_to_alarm=alarm.window.datapoints,
        treat_missing_data=alarm.treat_missing_data,
        metric_queries=[
            *(_expression(key, text, returned=key == list(alarm.expressions)[-1]) for key, text in alarm.expressions.items()),
            *(_metric(key, target.metrics[key], alarm.window.period) for key in alarm.metrics),
        ],
        opts=opts,
    )


def _description(target: _Monitored, alarm: Alarm) -> str:
    if alarm.topic is None:
        return f"{alarm.description}. ECS rolls back on it."
    first = alarm.first_command.replace("ENV", target.names.environment).replace("IT", target.identifier)
    return f"{alarm.topic.upper()}: {alarm.description}. First: {first}"


def _expression(key: str, text: str, *, returned: bool) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
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
