"""Which listener answers at which loopback port, with which rules: a snapshot of moto's load balancers.

The snapshot is taken after every call that may have changed something, and replaced as a whole, so that the proxy
reads a consistent state without a lock that an API call may hold for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.elbv2.models import elbv2_backends

from sandbox.emulator.elb.rules import Forward, Rule, parse_action


@dataclass(frozen=True)
class Listener:
    """A listener as the proxy needs it."""

    arn: str
    protocol: str
    port: int
    """The port that the API names, such as 80; not the loopback port."""
    rules: tuple[Rule, ...]
    """By priority, the default rule last."""


@dataclass(frozen=True)
class Routing:
    """All listeners by loopback port."""

    listeners: Mapping[int, Listener]


NOTHING = Routing({})


def load_balancers() -> Iterator[Any]:
    """moto's load balancers of every account and region, oldest first."""
    for regions in list(elbv2_backends.values()):
        for backend in list(regions.values()):
            yield from list(backend.load_balancers.values())


def target_group(arn: str) -> Any:
    """moto's target group, or None."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return elbv2_backends[account][region].target_groups.get(arn)


def groups_in_use(load_balancer: Any) -> set[str]:
    """ARNs of the target groups that a load balancer's rules name."""
    rules = [rule for listener in load_balancer.listeners.values() for rule in listener.rules.values()]
    actions = [parse_action([action.data for action in rule.actions]) for rule in rules]
    return {group.group_arn for action in actions if isinstance(action, Forward) for group in action.groups}


def snapshot(listener: Any) -> Listener:
    """A moto listener as the proxy needs it."""
    numbered = sorted((rule for rule in listener.rules.values() if not rule.is_default), key=lambda rule: int(rule.priority))
    default = [rule for rule in listener.rules.values() if rule.is_default]
    rules = tuple(
        Rule(tuple(rule.conditions), parse_action([action.data for action in rule.actions])) for rule in numbered + default
    )
    return Listener(listener.arn, listener.protocol or "HTTP", int(listener.port), rules)
