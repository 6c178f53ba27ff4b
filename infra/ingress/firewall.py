"""The web firewall: managed rule groups of AWS, and a rate limit of our own. Each group has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.ingress.settings import FirewallSettings

_Rule: TypeAlias = aws.wafv2.WebAclRuleArgsDict
_Visibility: TypeAlias = aws.wafv2.WebAclVisibilityConfigArgsDict

SCOPE = "REGIONAL"
WINDOW_SECONDS = 300


@dataclass(frozen=True)
class _Managed:
    """A managed rule group (docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html)."""

    name: str
    reason: str
    count_only: tuple[str, ...] = ()
    """Rules of the group that only count matches."""


MANAGED = (
    _Managed(
        "AWSManagedRulesCommonRuleSet",
        "what scanners try first: injected scripts, paths that leave the document root, requests without a user agent",
        # A prompt, with its documents, is longer than the 8 KiB that this rule lets through.
        count_only=("SizeRestrictions_BODY",),
    ),
    _Managed("AWSManagedRulesKnownBadInputsRuleSet", "requests that exploit known holes, such as Log4Shell"),
)


@dataclass(frozen=True, kw_only=True)
class FirewallArgs(ComponentArgs):
    """The load balancer that it protects."""

    settings: FirewallSettings
    load_balancer_arn: pulumi.Input[str]


class Firewall(Component):
    """A web ACL and its association with the public load balancer (Security Hub ELB.16)."""

    TYPE = "axonflow:platform:Firewall"

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        rules = [*(_managed(priority, group) for priority, group in enumerate(MANAGED)), _limit(len(MANAGED), args.settings)]
        acl = aws.wafv2.WebAcl(
            name,
            name=f"{args.names.stack}-public",
            description=f"Public load balancer of {args.names.stack}",
            scope=SCOPE,
            default_action={"allow": {}},
            rules=cast(list[_Rule], rules),
            visibility_config=cast(_Visibility, _visibility(args.names.stack)),
            opts=self.child(),
        )
        aws.wafv2.WebAclAssociation(name, resource_arn=args.load_balancer_arn, web_acl_arn=acl.arn, opts=self.child())
        self.register_outputs({})


def _managed(priority: int, group: _Managed) -> dict[str, Any]:
    overrides: list[dict[str, Any]] = [{"name": rule, "action_to_use": {"count": {}}} for rule in group.count_only]
    statement: dict[str, Any] = {"vendor_name": "AWS", "name": group.name}
    if overrides:
        statement["rule_action_overrides"] = overrides
    return {
        "name": group.name,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {"managed_rule_group_statement": statement},
        "visibility_config": _visibility(group.name),
    }


def _limit(priority: int, settings: FirewallSettings) -> dict[str, Any]:
    """One address with endless requests must not use up the language model quota of all customers."""
    limit = {
        "limit": settings.requests_per_address,
        "aggregate_key_type": "IP",
        "evaluation_window_sec": WINDOW_SECONDS,
    }
    return {
        "name": "requests-per-address",
        "priority": priority,
        "action": {"block": {}},
        "statement": {"rate_based_statement": limit},
        "visibility_config": _visibility("requests-per-address"),
    }


def _visibility(metric: str) -> dict[str, Any]:
    return {"metric_name": metric, "cloudwatch_metrics_enabled": True, "sampled_requests_enabled": True}
