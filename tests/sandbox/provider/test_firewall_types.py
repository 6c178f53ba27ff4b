"""What web ACLs are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws, Made

ACL = RESOURCE_TYPES["aws:wafv2/webAcl:WebAcl"]
ASSOCIATION = RESOURCE_TYPES["aws:wafv2/webAclAssociation:WebAclAssociation"]
SEEN = {"metricName": "rule", "cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True}
LIMIT = {"limit": 100, "aggregateKeyType": "IP", "evaluationWindowSec": 300}
RULE = {
    "name": "limit",
    "priority": 0,
    "action": {"block": {}},
    "statement": {"rateBasedStatement": LIMIT},
    "visibilityConfig": SEEN,
}
GROUP = {
    "name": "common",
    "priority": 1,
    "overrideAction": {"none": {}},
    "statement": {
        "managedRuleGroupStatement": {
            "vendorName": "AWS",
            "name": "AWSManagedRulesCommonRuleSet",
            "ruleActionOverrides": [{"name": "SizeRestrictions_BODY", "actionToUse": {"count": {}}}],
        }
    },
    "visibilityConfig": SEEN,
}


def make(aws: InProcessAws, name: str) -> Made:
    return aws.make(
        ACL,
        name=name,
        description="test",
        scope="REGIONAL",
        defaultAction={"allow": {}},
        rules=[RULE, GROUP],
        visibilityConfig=SEEN,
    )


def test_what_the_program_sets_is_read_back() -> None:
    made = make(InProcessAws(), "read-back")
    assert made.unread == set()
    assert made.live == made.inputs


def test_a_change_by_hand_shows_and_a_change_of_the_program_arrives() -> None:
    aws = InProcessAws()
    made = make(aws, "changed")
    made.change(rules=[{**RULE, "statement": {"rateBasedStatement": {**LIMIT, "limit": 200}}}])
    assert made.live == made.inputs
    which = {"Name": "changed", "Scope": "REGIONAL", "Id": made.id}
    found = aws("wafv2").get_web_acl(**which)
    seen = found["WebACL"]["VisibilityConfig"]
    aws("wafv2").update_web_acl(
        **which,
        LockToken=found["LockToken"],
        DefaultAction={"Block": {}},
        VisibilityConfig=seen,
        Description="by hand",
        Rules=[],
    )
    assert made.read()["defaultAction"] == {"block": {}}
    assert made.live is not None
    assert made.live["defaultAction"] != made.inputs["defaultAction"]
    assert made.live["description"] == "by hand"


def test_an_association_reads_back_and_ends() -> None:
    aws = InProcessAws()
    acl = make(aws, "associated").read()["arn"]
    balancer = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/x/1"
    made = aws.make(ASSOCIATION, resourceArn=balancer, webAclArn=acl)
    assert made.live == made.inputs
    made.delete()
    assert made.live is None
