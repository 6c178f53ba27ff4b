"""The web firewall: rules that AWS keeps up to date, and a limit of our own. A rule says why it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.firewall_settings import FirewallSettings
from infra.naming import Names

_Rule: TypeAlias = aws.wafv2.WebAclRuleArgsDict
_SeenAs: TypeAlias = aws.wafv2.WebAclVisibilityConfigArgsDict

SCOPE = "REGIONAL"
WINDOW_SECONDS = 300


@dataclass(frozen=True)
class _Managed:
    """A rule group of AWS's (docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html)."""

    name: str
    reason: str
    counted: tuple[str, ...] = ()
    """Rules of the group that only count what they find."""


MANAGED = (
    _Managed(
        "AWSManagedRulesCommonRuleSet",
        "what scanners try first: injected scripts, paths that leave the document root, requests without a user agent",
        # A prompt, with its documents, is longer than the 8 KiB that this rule lets through.
        counted=("SizeRestrictions_BODY",),
    ),
    _Managed("AWSManagedRulesKnownBadInputsRuleSet", "requests that exploit known holes, such as Log4Shell"),
)


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """What it stands in front of."""

    names: Names
    settings: FirewallSettings
    load_balancer_arn: pulumi.Input[str]


class Firewall(Component):
    """A web ACL and its association with the public load balancer (Security Hub ELB.16)."""

    TYPE = "axonflow:platform:Firewall"

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        rules = [*(_managed(place, group) for place, group in enumerate(MANAGED)), _limit(len(MANAGED), args.settings)]
        acl = aws.wafv2.WebAcl(
            name,
            name=f"{args.names.stack}-public",
            description=f"Public load balancer of {args.names.stack}",
            scope=SCOPE,
            default_action={"allow": {}},
            rules=cast(list[_Rule], rules),
            visibility_config=cast(_SeenAs, _seen_as(args.names.stack)),
            opts=self.child(),
        )
        aws.wafv2.WebAclAssociation(name, resource_arn=args.load_balancer_arn, web_acl_arn=acl.arn, opts=self.child())
        self.register_outputs({})


def _managed(place: int, group: _Managed) -> dict[str, Any]:
    overrides: list[dict[str, Any]] = [{"name": rule, "action_to_use": {"count": {}}} for rule in group.counted]
    statement: dict[str, Any] = {"vendor_name": "AWS", "name": group.name}
    if overrides:
        statement["rule_action_overrides"] = overrides
    return {
        "name": group.name,
        "priority": place,
        "override_action": {"none": {}},
        "statement": {"managed_rule_group_statement": statement},
        "visibility_config": _seen_as(group.name),
    }


def _limit(place: int, settings: FirewallSettings) -> dict[str, Any]:
    """One address that asks without end must not use up what all customers pay for at the language models."""
    limit = {
        "limit": settings.requests_per_address,
        "aggregate_key_type": "IP",
        "evaluation_window_sec": WINDOW_SECONDS,
    }
    return {
        "name": "requests-per-address",
        "priority": place,
        "action": {"block": {}},
        "statement": {"rate_based_statement": limit},
        "visibility_config": _seen_as("requests-per-address"),
    }


def _seen_as(metric: str) -> dict[str, Any]:
    return {"metric_name": metric, "cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True}
