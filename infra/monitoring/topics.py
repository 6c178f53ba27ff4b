"""The SNS topics: one for each severity, one for each escalation step, one for releases; all encrypted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.arns import POLICY_VERSION
from infra.core.component import Component, ComponentArgs
from infra.monitoring.settings import NotificationTopic, Subscription

ALARMS, EVENT_RULES = "cloudwatch.amazonaws.com", "events.amazonaws.com"
"""Services that publish to the topics. What EventBridge sends carries no `aws:SourceAccount`: a condition on it would drop
every event (docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions,
docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services)."""


@dataclass(frozen=True, kw_only=True)
class TopicsArgs(ComponentArgs):
    """The environment's names, its account, and the subscriptions."""

    account: pulumi.Input[str]
    subscriptions: Mapping[NotificationTopic, tuple[Subscription, ...]]


class Topics(Component):
    """The topics, the key that encrypts them, their subscriptions."""

    TYPE = "axonflow:platform:Topics"

    arns: Mapping[NotificationTopic, pulumi.Output[str]]

    def __init__(self, name: str, args: TopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        key = self._key(name, args)
        self.arns = {topic: self._topic(topic, args, key) for topic in NotificationTopic}
        self.register_outputs({topic.value: arn for topic, arn in self.arns.items()})

    def _key(self, name: str, args: TopicsArgs) -> aws.kms.Key:
        """A key of our own: CloudWatch may not use the one that AWS keeps for SNS
        (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html)."""
        owner = {
            "Sid": "AccessByTheAccountsOwnPolicies",
            "Effect": "Allow",
            "Principal": {"AWS": pulumi.Output.concat("arn:aws:iam::", args.account, ":root")},
            "Action": "kms:*",
            "Resource": "*",
        }
        encrypt = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
        publishers = _publishers("Encrypt", encrypt, args.account)
        return aws.kms.Key(
            name,
            description=f"Messages of {args.names.stack}'s alarms",
            policy=pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [owner, *publishers]}),
            enable_key_rotation=True,
            opts=self.child(),
        )

    def _topic(self, which: NotificationTopic, args: TopicsArgs, key: aws.kms.Key) -> pulumi.Output[str]:
        """Its ARN, known once its policy lets alarms publish to it."""
        topic = aws.sns.Topic(which.value, name=args.names.topic(which.value), kms_master_key_id=key.arn, opts=self.child())
        policy = aws.sns.TopicPolicy(which.value, arn=topic.arn, policy=_policy(topic.arn, args.account), opts=self.child())
        for subscription in args.subscriptions.get(which, ()):
            # By its endpoint, so that one that comes or goes changes no other.
            digest = hashlib.sha256(subscription.endpoint.encode()).hexdigest()[:8]
            aws.sns.TopicSubscription(
                f"{which.value}-{subscription.protocol}-{digest}",
                topic=topic.arn,
                protocol=subscription.protocol,
                endpoint=subscription.endpoint,
                opts=self.child(),
            )
        return pulumi.Output.all(topic.arn, policy.id).apply(lambda values: str(values[0]))


def _policy(topic_arn: pulumi.Output[str], account: pulumi.Input[str]) -> pulumi.Output[str]:
    """Alarms of this account and rules of EventBridge may publish, no other principal."""
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic_arn}
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": _publishers("Publish", publish, account)})


def _publishers(what: str, allowed: Mapping[str, object], account: pulumi.Input[str]) -> list[dict[str, object]]:
    """A statement for each service that publishes."""
    alarms = {"Principal": {"Service": ALARMS}, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}
    return [
        {"Sid": f"Alarms{what}", **allowed, **alarms},
        {"Sid": f"EventRules{what}", **allowed, "Principal": {"Service": EVENT_RULES}},
    ]
