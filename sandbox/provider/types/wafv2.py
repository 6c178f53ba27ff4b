"""Web ACLs, and what they stand in front of."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF
from sandbox.provider.types.casing import lowered, raised

_VISIBILITY = {"metricName": LEAF, "cloudwatchMetricsEnabled": LEAF, "sampledRequestsEnabled": LEAF}
_ACTIONS = {"allow": LEAF, "block": LEAF, "count": LEAF}
_RULE = {
    "name": LEAF,
    "priority": LEAF,
    "action": _ACTIONS,
    "overrideAction": {"none": LEAF, "count": LEAF},
    "statement": {
        "managedRuleGroupStatement": {
            "name": LEAF,
            "vendorName": LEAF,
            "ruleActionOverrides": {"name": LEAF, "actionToUse": _ACTIONS},
        },
        "rateBasedStatement": {"limit": LEAF, "aggregateKeyType": LEAF, "evaluationWindowSec": LEAF},
    },
    "visibilityConfig": _VISIBILITY,
}
_SENT = ("description", "defaultAction", "rules", "visibilityConfig")


class WebAcl(ResourceType):
    """Its id is the API's own; every call wants its name and scope too, and a change the lock token of the last look."""

    token = "aws:wafv2/webAcl:WebAcl"
    inputs = {
        "name": LEAF,
        "description": LEAF,
        "scope": LEAF,
        "defaultAction": {"allow": LEAF, "block": LEAF},
        "rules": _RULE,
        "visibilityConfig": _VISIBILITY,
    }
    tagger = tagging.WAFV2

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        made = aws("wafv2").create_web_acl(
            Name=inputs["name"], Scope=inputs["scope"], **_call(inputs), **({"Tags": tags} if tags else {})
        )
        return str(made["Summary"]["Id"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        which = _which(identifier, new)
        token = aws("wafv2").get_web_acl(**which)["LockToken"]
        aws("wafv2").update_web_acl(**which, LockToken=token, **_call(new))

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("wafv2").get_web_acl(**_which(identifier, state)))
        if found is None:
            return None
        acl = _from_api(found["WebACL"])
        return {**{name: acl[name] for name in (*_SENT, "name") if name in acl}, "arn": acl["aRN"], "scope": state["scope"]}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        which = _which(identifier, state)
        aws("wafv2").delete_web_acl(**which, LockToken=aws("wafv2").get_web_acl(**which)["LockToken"])


class WebAclAssociation(ResourceType):
    token = "aws:wafv2/webAclAssociation:WebAclAssociation"
    inputs = {"resourceArn": LEAF, "webAclArn": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("wafv2").associate_web_acl(WebACLArn=inputs["webAclArn"], ResourceArn=inputs["resourceArn"])
        return f"{inputs['webAclArn']},{inputs['resourceArn']}"

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        resource = identifier.split(",", 1)[1]
        found = or_none(lambda: aws("wafv2").get_web_acl_for_resource(ResourceArn=resource))
        if not found or not found.get("WebACL"):
            return None
        return {"resourceArn": resource, "webAclArn": found["WebACL"]["ARN"]}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("wafv2").disassociate_web_acl(ResourceArn=identifier.split(",", 1)[1])


def _which(identifier: str, properties: Properties) -> dict[str, str]:
    return {"Name": properties["name"], "Scope": properties["scope"], "Id": identifier}


def _call(inputs: Properties) -> dict[str, Any]:
    call: dict[str, Any] = _spelled(raised({name: inputs[name] for name in _SENT if name in inputs}), _TO_API)
    return call


def _from_api(acl: dict[str, Any]) -> Properties:
    spelled: Properties = lowered(_spelled(acl, {there: here for here, there in _TO_API.items()}))
    return spelled


_TO_API = {"CloudwatchMetricsEnabled": "CloudWatchMetricsEnabled"}
"""The one name that differs by more than its first letter."""


def _spelled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _spelled(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item, names) for item in value]
    return value
