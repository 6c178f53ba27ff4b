"""What EventBridge tells people: deployments that ECS gave up, and how releases go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.alarm_settings import Audience
from infra.component import Component
from infra.naming import Names

RELEASES = "axonflow.appdeploy"
"""Source of the release tool's own events. Their detail names the environment and the outcome, and tells all in `summary`."""
BAD_OUTCOMES = ("rolled-back-by-ecs", "rolled-back", "failed", "superseded", "timed-out", "skipped")
# docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html; text for SNS stands in quotation marks.
_SUMMARY = aws.cloudwatch.EventTargetInputTransformerArgs(
    input_paths={"summary": "$.detail.summary"}, input_template='"<summary>"'
)


@dataclass(frozen=True, kw_only=True)
class NoticesArgs:
    """Whom to tell about what."""

    names: Names
    topics: Mapping[Audience, pulumi.Input[str]]
    service_arns: Sequence[pulumi.Input[str]]


class Notices(Component):
    """Rules on the account's default bus, where AWS's own events come in."""

    TYPE = "axonflow:platform:Notices"

    def __init__(self, name: str, args: NoticesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        # docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        failed = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": list(args.service_arns),
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        }
        # Not more urgent than this: where there was a former version, it serves again; where it does not, P0 rings.
        self._rule("deployment-failed", "ECS gave a deployment up", failed, Audience.P2)
        bad = {
            "source": [RELEASES],
            "detail": {"environment": [args.names.environment], "outcome": list(BAD_OUTCOMES)},
        }
        self._rule("release-ended-badly", "A release did not come to serve", bad, Audience.P2, _SUMMARY)
        every = {"source": [RELEASES], "detail": {"environment": [args.names.environment]}}
        self._rule("release-told", "A release began, is live, is settled, or ended", every, Audience.RELEASES, _SUMMARY)
        self.register_outputs({})

    def _rule(
        self,
        name: str,
        description: str,
        pattern: Mapping[str, object],
        audience: Audience,
        message: aws.cloudwatch.EventTargetInputTransformerArgs | None = None,
    ) -> None:
        """Without a `message` the event itself is told."""
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
            target_id=audience.value,
            arn=self._args.topics[audience],
            input_transformer=message,
            opts=self.child(),
        )
