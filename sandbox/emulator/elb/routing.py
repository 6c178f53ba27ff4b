"""Which listener answers at which loopback port, with which rules: a snapshot of moto's load balancers.

The snapshot is taken after every call that may have changed something, and replaced as a whole, so that the proxy
reads a consistent state without a lock that an API call may hold for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.acm.models import acm_backends
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
    names: tuple[str, ...] = ()
    """Those of its certificate."""

    @property
    def encrypted(self) -> bool:
        return self.protocol == "HTTPS"


@dataclass(frozen=True)
class Routing:
    """All listeners by loopback port, and by whether their connections are encrypted: one of either kind shares a port."""

    listeners: Mapping[tuple[int, bool], Listener]
    ports: Mapping[str, Mapping[int, int]]
    """Loopback port of each port of the API's, for the listeners of a listener's load balancer; by listener ARN."""


NOTHING = Routing({}, {})


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
    return Listener(listener.arn, listener.protocol or "HTTP", int(listener.port), rules, _certified_names(listener))


def _certified_names(listener: Any) -> tuple[str, ...]:
    """The host names that a listener's certificate is for; none for a certificate that is not Certificate Manager's."""
    if not listener.certificate or ":acm:" not in listener.certificate:
        return ()
    _, _, _, region, account, _ = listener.certificate.split(":", 5)
    certificate = acm_backends[account][region].describe_certificate(listener.certificate).describe()["Certificate"]
    return tuple(sorted({certificate["DomainName"], *certificate["SubjectAlternativeNames"]}))
