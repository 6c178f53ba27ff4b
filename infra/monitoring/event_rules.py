"""EventBridge rules that notify people: deployments that ECS gave up, and how releases end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.core.names import RELEASE_EVENTS
from infra.monitoring.settings import NotificationTopic

FAILED_OUTCOMES = ("rolled-back-by-ecs", "rolled-back", "failed", "superseded", "timed-out", "skipped")
# docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html; text for SNS stands in quotation marks.
_SUMMARY = aws.cloudwatch.EventTargetInputTransformerArgs(
    input_paths={"summary": "$.detail.summary"}, input_template='"<summary>"'
)


@dataclass(frozen=True, kw_only=True)
class EventRulesArgs(ComponentArgs):
    """The topics to notify, and the services whose deployments are watched."""

    topics: Mapping[NotificationTopic, pulumi.Input[str]]
    service_arns: Sequence[pulumi.Input[str]]


class EventRules(Component):
    """Rules on the account's default bus, where AWS's own events arrive."""

    TYPE = "axonflow:platform:EventRules"

    def __init__(self, name: str, args: EventRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        # docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        deployment_failed = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": list(args.service_arns),
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        }
        # P2 is enough: a previous version serves again where there is one, and where there is none the P0 alarm goes off.
        self._rule("deployment-failed", "ECS gave a deployment up", deployment_failed, NotificationTopic.P2)
        release_failed = {
            "source": [RELEASE_EVENTS],
            "detail": {"environment": [args.names.environment], "outcome": list(FAILED_OUTCOMES)},
        }
        self._rule("release-failed", "A release did not go live", release_failed, NotificationTopic.P2, _SUMMARY)
        every = {"source": [RELEASE_EVENTS], "detail": {"environment": [args.names.environment]}}
        self._rule(
            "release-events", "A release began, is live, is settled, or ended", every, NotificationTopic.RELEASES, _SUMMARY
        )
        self.register_outputs({})

    def _rule(
        self,
        name: str,
        description: str,
        pattern: Mapping[str, object],
        topic: NotificationTopic,
        message: aws.cloudwatch.EventTargetInputTransformerArgs | None = None,
    ) -> None:
        """Without a `message` the topic gets the event itself."""
        rule = aws.cloudwatch.EventRule(
            name,
            name=self._args.names.alarm(name),
            description=description,
            event_pattern=pulumi.Output.json_dumps(pattern),
            opts=self.child(),
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            target_id=topic.value,
            arn=self._args.topics[topic],
            input_transformer=message,
            opts=self.child(),
        )
