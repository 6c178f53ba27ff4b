"""Rules about what can be reached from where."""

from __future__ import annotations

from typing import Any

from infra.rules.model import Finding, Resource, Rule, Stack, as_list, must_be

_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_LISTENER = "aws:lb/listener:Listener"

_ANYWHERE = ("0.0.0.0/0", "::/0")
_WEB = (80, 443)


def _world_gets_web_alone(resource: Resource, stack: Stack) -> Finding:
    given = resource.inputs
    if given.get("cidrIpv4") not in _ANYWHERE and given.get("cidrIpv6") not in _ANYWHERE:
        return None
    ports = (given.get("fromPort"), given.get("toPort"))
    return (
        None if ports[0] == ports[1] and ports[0] in _WEB else f"lets the whole internet reach ports {ports[0]} to {ports[1]}"
    )


def _rules_apart(resource: Resource, stack: Stack) -> Finding:
    inline = [name for name in ("ingress", "egress") if resource.inputs.get(name)]
    return f"holds its {' and '.join(inline)} rules itself" if inline else None


def _says_what_for(resource: Resource, stack: Stack) -> Finding:
    return None if resource.inputs.get("description") else "does not say what it is for"


def _spans_zones(resource: Resource, stack: Stack) -> Finding:
    subnets: Any = resource.inputs.get("subnets")
    return "stands in fewer than two subnets" if isinstance(subnets, list) and len(as_list(subnets)) < 2 else None


def _default_answer(resource: Resource, stack: Stack) -> Finding:
    answers: list[dict[str, Any]] = resource.inputs.get("defaultActions") or []
    forwarding = [action for action in answers if action.get("type") == "forward"]
    return "forwards what no rule asked for" if forwarding else None


def _flow_logs(resource: Resource, stack: Stack) -> Finding:
    return None if any(stack.of("aws:ec2/flowLog:FlowLog")) else "has no flow log"


def _encrypted(resource: Resource, stack: Stack) -> Finding:
    """On the internet: between the load balancer inside and its callers the network is our own."""
    internal = [item.name for item in stack.of(_BALANCER) if item.inputs.get("internal") is True]
    arn = resource.inputs.get("loadBalancerArn")
    if not stack.is_production or not isinstance(arn, str) or any(f"/{name}/" in arn for name in internal):
        return None
    actions = [action.get("type") for action in resource.inputs.get("defaultActions") or ()]
    if resource.inputs.get("protocol") == "HTTPS" or actions == ["redirect"]:
        return None
    return "answers the internet without encryption"


def _modern_tls(resource: Resource, stack: Stack) -> Finding:
    policy = resource.inputs.get("sslPolicy")
    if resource.inputs.get("protocol") != "HTTPS" or str(policy).startswith("ELBSecurityPolicy-TLS13-1-2"):
        return None
    return f"negotiates by {policy}"


RULES = (
    Rule("internet-gets-web-alone", "EC2.18", _INGRESS, _world_gets_web_alone),
    Rule("rules-say-what-for", "nobody dared to remove an old rule", _INGRESS, _says_what_for),
    Rule("rules-apart", "inline rules and rules of their own undo each other at each update", _GROUP, _rules_apart),
    Rule("flow-logs", "EC2.6", "awsx:ec2:Vpc", _flow_logs),
    must_be("balancer-drops-bad-headers", "ELB.4", _BALANCER, "dropInvalidHeaderFields", True),
    must_be("balancer-undeletable", "ELB.6", _BALANCER, "enableDeletionProtection", True, production=True),
    Rule("balancer-spans-zones", "ELB.13", _BALANCER, _spans_zones),
    Rule("internet-encrypted", "ELB.1", _LISTENER, _encrypted),
    Rule("tls-of-today", "ELB.17", _LISTENER, _modern_tls),
    Rule("unasked-paths-not-forwarded", "an internal path answered to the internet", _LISTENER, _default_answer),
)
