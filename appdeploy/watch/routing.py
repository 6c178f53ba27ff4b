"""Which target group takes customers' traffic.

The service's `loadBalancers` is configuration and is stale after the first shifted deployment. Two sources are
reliable: the revision's resolvedConfiguration and the weights of the listener rule
(docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html). They must agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef

    from appdeploy.model.contract import ServiceContract


@dataclass(frozen=True)
class NoLoadBalancer:
    """The service has no target group: only running tasks can be counted."""


@dataclass(frozen=True)
class Serving:
    """Customers reach the tasks of this group."""

    target_group: str


@dataclass(frozen=True)
class Ambiguous:
    """The revision and the rule disagree, so new tasks may get no traffic."""

    why: str


Routing = NoLoadBalancer | Serving | Ambiguous


def routing(target_groups: Collection[str], resolved: Collection[str], weights: Mapping[str, int] | None) -> Routing:
    """Decide from the contract's groups, the revision's resolved ones, and the rule's weights (None without a rule)."""
    if not target_groups:
        return NoLoadBalancer()
    weighted = None if weights is None else {group for group, weight in weights.items() if weight > 0}
    candidates = set(resolved) if resolved else weighted if weighted is not None else set(target_groups)
    agreed = candidates if weighted is None else candidates & weighted
    if len(agreed) == 1 and (weighted is None or len(weighted) == 1):
        return Serving(next(iter(agreed)))
    sends = "no rule is known" if weighted is None else f"the listener rule sends traffic to {_names(weighted)}"
    return Ambiguous(f"the new tasks belong to target group {_names(candidates)}, and {sends}")


def read_routing(
    ecs: ECSClient, elbv2: ElasticLoadBalancingv2Client, contract: ServiceContract, revisions: list[str]
) -> Routing:
    """Read ECS and the load balancer, in at most two calls. `revisions` are ARNs of the relevant service revisions."""
    if not contract.target_groups:
        return NoLoadBalancer()
    resolved = frozenset().union(*read_resolved_groups(ecs, revisions).values()) if revisions else frozenset()
    rule = contract.listener_rule
    return routing(contract.target_groups, resolved, read_weights(elbv2, [rule]).get(rule, {}) if rule else None)


def deregistration_delay(elbv2: ElasticLoadBalancingv2Client, target_group: str) -> int:
    """Seconds for which an old target may finish its requests; AWS's default is 300 (API reference of ELB)."""
    attributes = elbv2.describe_target_group_attributes(TargetGroupArn=target_group)["Attributes"]
    values = {item["Key"]: item["Value"] for item in attributes}
    return int(values.get("deregistration_delay.timeout_seconds", "300"))


def _names(arns: Collection[str]) -> str:
    # arn:aws:elasticloadbalancing:region:account:targetgroup/NAME/id
    return ", ".join(sorted(arn.split("/")[-2] if "/" in arn else arn for arn in arns)) or "none"


def read_resolved_groups(ecs: ECSClient, revisions: list[str]) -> dict[str, frozenset[str]]:
    """The target groups that each service revision's tasks belong to, as ECS resolved them. At most 20 revisions."""
    reply = ecs.describe_service_revisions(serviceRevisionArns=revisions)
    return {
        revision["serviceRevisionArn"]: frozenset(
            balancer["targetGroupArn"]
            for balancer in revision.get("resolvedConfiguration", {}).get("loadBalancers", [])
            if "targetGroupArn" in balancer
        )
        for revision in reply["serviceRevisions"]
    }


def read_weights(elbv2: ElasticLoadBalancingv2Client, rules: list[str]) -> dict[str, dict[str, int]]:
    """The weights by target group of each listener rule's forward action."""
    reply = elbv2.describe_rules(RuleArns=rules)
    return {rule["RuleArn"]: _weights(rule.get("Actions", [])) for rule in reply["Rules"]}


def _weights(actions: Iterable[ActionOutputTypeDef]) -> dict[str, int]:
    weights: dict[str, int] = {}
    for action in actions:
        if action["Type"] != "forward":
            continue
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        weights.update((group["TargetGroupArn"], group.get("Weight", 1)) for group in groups)
        # A rule that forwards to a single group may name it without weights.
        if not groups and "TargetGroupArn" in action:
            weights[action["TargetGroupArn"]] = 1
    return weights
