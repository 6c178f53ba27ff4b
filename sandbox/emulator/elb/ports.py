"""Loopback ports of load balancers: one for each, taken by its first listener, and one for each further listener."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.emulator.elb.dataplane import DataPlane
from sandbox.emulator.elb.routing import Routing, load_balancers, snapshot

HOST = "127.0.0.1"


def address(port: int) -> str:
    """The URL of a loopback port."""
    return f"http://{HOST}:{port}"


@dataclass(eq=False)
class _Balancer:
    port: int
    listeners: dict[str, int] = field(default_factory=dict)
    """Loopback port by listener ARN."""


class ListenerPorts:
    """Keeps the data plane's ports in step with moto's load balancers. Its callers hold the emulator's lock."""

    def __init__(self, dataplane: DataPlane) -> None:
        self._dataplane = dataplane
        self._balancers: dict[str, _Balancer] = {}

    def port_of(self, load_balancer_arn: str) -> int:
        """A load balancer's own port."""
        return self._balancers[load_balancer_arn].port

    def listener_ports(self, load_balancer_arn: str) -> dict[str, int]:
        """Loopback port of each listener of a load balancer, by listener ARN."""
        return dict(self._balancers[load_balancer_arn].listeners)

    def synchronise(self) -> None:
        """Open ports for what is new, close those of what is gone, publish the rules."""
        existing = {balancer.arn: balancer for balancer in load_balancers()}
        for arn in set(self._balancers) - set(existing):
            self._close(self._balancers.pop(arn))
        listeners = {}
        for arn, balancer in existing.items():
            ports = self._match_listeners(arn, balancer)
            listeners.update({port: snapshot(balancer.listeners[listener]) for listener, port in ports.items()})
        self._dataplane.publish(Routing(listeners))

    def _match_listeners(self, arn: str, balancer: Any) -> dict[str, int]:
        if arn not in self._balancers:
            self._balancers[arn] = _Balancer(self._dataplane.open_listener())
        known = self._balancers[arn]
        for gone in set(known.listeners) - set(balancer.listeners):
            port = known.listeners.pop(gone)
            if port != known.port:
                self._dataplane.close_listener(port)
        for new in [listener for listener in balancer.listeners if listener not in known.listeners]:
            taken = known.port in known.listeners.values()
            known.listeners[new] = self._dataplane.open_listener() if taken else known.port
        return known.listeners

    def _close(self, balancer: _Balancer) -> None:
        for port in {balancer.port, *balancer.listeners.values()}:
            self._dataplane.close_listener(port)
