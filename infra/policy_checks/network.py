"""Checks of security groups, load balancers and listeners."""

from __future__ import annotations

from typing import Any

from infra.policy_checks.model import Finding, PolicyCheck, Resource, Stack, as_list, must_be

_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_LISTENER = "aws:lb/listener:Listener"

_ANYWHERE = ("0.0.0.0/0", "::/0")
_WEB = (80, 443)


def _only_web_from_internet(resource: Resource, stack: Stack) -> Finding:
    given = resource.inputs
    if given.get("cidrIpv4") not in _ANYWHERE and given.get("cidrIpv6") not in _ANYWHERE:
        return None
    ports = (given.get("fromPort"), given.get("toPort"))
    return None if ports[0] == ports[1] and ports[0] in _WEB else f"is open to the internet on ports {ports[0]} to {ports[1]}"


def _no_inline_rules(resource: Resource, stack: Stack) -> Finding:
    inline = [name for name in ("ingress", "egress") if resource.inputs.get(name)]
    return f"has inline {' and '.join(inline)} rules" if inline else None


def _has_description(resource: Resource, stack: Stack) -> Finding:
    return None if resource.inputs.get("description") else "has no description"


def _spans_zones(resource: Resource, stack: Stack) -> Finding:
    subnets: Any = resource.inputs.get("subnets")
    return "has fewer than two subnets" if isinstance(subnets, list) and len(as_list(subnets)) < 2 else None


def _no_default_forward(resource: Resource, stack: Stack) -> Finding:
    answers: list[dict[str, Any]] = resource.inputs.get("defaultActions") or []
    forwarding = [action for action in answers if action.get("type") == "forward"]
    return "forwards requests that match no rule" if forwarding else None


def _flow_logs(resource: Resource, stack: Stack) -> Finding:
    return None if any(stack.of("aws:ec2/flowLog:FlowLog")) else "has no flow log"


def _default_group_closed(resource: Resource, stack: Stack) -> Finding:
    groups = list(stack.of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"))
    open_ones = [group.name for group in groups if group.inputs.get("ingress") or group.inputs.get("egress")]
    return None if groups and not open_ones else "has a default security group with rules"


def _encrypted(resource: Resource, stack: Stack) -> Finding:
    """Of internet-facing listeners: traffic of the internal load balancer stays in the VPC."""
    internal = [item.name for item in stack.of(_BALANCER) if item.inputs.get("internal") is True]
    arn = resource.inputs.get("loadBalancerArn")
    if not stack.is_production or not isinstance(arn, str) or any(f"/{name}/" in arn for name in internal):
        return None
    actions = [action.get("type") for action in resource.inputs.get("defaultActions") or ()]
    if resource.inputs.get("protocol") == "HTTPS" or actions == ["redirect"]:
        return None
    return "serves the internet without TLS"


def _modern_tls(resource: Resource, stack: Stack) -> Finding:
    policy = resource.inputs.get("sslPolicy")
    if resource.inputs.get("protocol") != "HTTPS" or str(policy).startswith("ELBSecurityPolicy-TLS13-1-2"):
        return None
    return f"has the TLS policy {policy}"


CHECKS = (
    PolicyCheck("internet-only-web-ports", "EC2.18", _INGRESS, _only_web_from_internet),
    PolicyCheck("rules-have-description", "no one dared to remove an old rule", _INGRESS, _has_description),
    PolicyCheck(
        "groups-no-inline-rules",
        "inline rules and separate rules overwrite each other at each update",
        _GROUP,
        _no_inline_rules,
    ),
    PolicyCheck("default-group-closed", "EC2.2", "awsx:ec2:Vpc", _default_group_closed),
    PolicyCheck("flow-logs", "EC2.6", "awsx:ec2:Vpc", _flow_logs),
    must_be("load-balancer-drops-invalid-headers", "ELB.4", _BALANCER, "dropInvalidHeaderFields", True),
    must_be("load-balancer-deletion-protection", "ELB.6", _BALANCER, "enableDeletionProtection", True, production=True),
    PolicyCheck("load-balancer-spans-zones", "ELB.13", _BALANCER, _spans_zones),
    PolicyCheck("internet-tls", "ELB.1", _LISTENER, _encrypted),
    PolicyCheck("tls-modern-policy", "ELB.17", _LISTENER, _modern_tls),
    PolicyCheck("listeners-no-default-forward", "an internal path was served to the internet", _LISTENER, _no_default_forward),
)
