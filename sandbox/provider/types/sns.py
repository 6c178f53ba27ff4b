"""SNS: topics, who may publish to them, who is told."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF


def _attributes(aws: Aws, arn: str) -> dict[str, str] | None:
    found = or_none(lambda: aws("sns").get_topic_attributes(TopicArn=arn))
    return None if found is None else found["Attributes"]


class Topic(DeletedById):
    token = "aws:sns/topic:Topic"
    ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}
    inputs = {"name": LEAF, **dict.fromkeys(ATTRIBUTES, LEAF)}
    tagger = tagging.SNS
    delete_call = "sns", "delete_topic", "TopicArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        given = {self.ATTRIBUTES[name]: value for name, value in known(inputs, *self.ATTRIBUTES).items()}
        tags = tagging.pairs(inputs["tagsAll"])
        return str(aws("sns").create_topic(Name=inputs["name"], Attributes=given, Tags=tags)["TopicArn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        for name, attribute in self.ATTRIBUTES.items():
            if old.get(name) != new.get(name):
                value = new.get(name, "")
                aws("sns").set_topic_attributes(TopicArn=identifier, AttributeName=attribute, AttributeValue=value)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        attributes = _attributes(aws, identifier)
        if attributes is None:
            return None
        live = {name: attributes.get(attribute, "") for name, attribute in self.ATTRIBUTES.items()}
        return {"arn": identifier, "name": identifier.rsplit(":", 1)[1], **live}


class TopicPolicy(ResourceType):
    """Replaces the policy that a topic is born with; its deletion brings that one back (API reference, SetTopicAttributes)."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    inputs = {"arn": LEAF, "policy": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        self._set(aws, inputs["arn"], inputs["policy"])
        return str(inputs["arn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        self._set(aws, identifier, new["policy"])

    @staticmethod
    def _set(aws: Aws, arn: str, policy: str) -> None:
        aws("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        attributes = _attributes(aws, identifier)
        if attributes is None:
            return None
        return {"arn": identifier, "owner": attributes["Owner"], "policy": attributes["Policy"]}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        owner = state["owner"]
        statement: dict[str, Any] = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes", "SNS:SetTopicAttributes"],
            "Resource": identifier,
            "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
        }
        self._set(aws, identifier, json.dumps({"Version": "2008-10-17", "Statement": [statement]}))


class TopicSubscription(DeletedById):
    token = "aws:sns/topicSubscription:TopicSubscription"
    inputs = {"topic": LEAF, "protocol": LEAF, "endpoint": LEAF}
    delete_call = "sns", "unsubscribe", "SubscriptionArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            ReturnSubscriptionArn=True,
        )
        return str(made["SubscriptionArn"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("sns").get_subscription_attributes(SubscriptionArn=identifier))
        if found is None:
            return None
        attributes = found["Attributes"]
        names = {"topic": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"}
        return {"arn": identifier, **{name: attributes[attribute] for name, attribute in names.items()}}
