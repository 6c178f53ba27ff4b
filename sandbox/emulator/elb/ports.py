"""Loopback ports of load balancers: one for each, which its first plain and its first encrypted listener share, and one
for each further listener."""

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

    @property
    def authority(self) -> str:
        """What a client has to trust to talk to HTTPS listeners, as PEM."""
        return self._dataplane.authority

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
        listeners, known_ports = {}, {}
        for arn, balancer in existing.items():
            ports = self._match_listeners(arn, balancer)
            seen = [(snapshot(balancer.listeners[listener]), port) for listener, port in ports.items()]
            listeners.update({(port, listener.encrypted): listener for listener, port in seen})
            known_ports.update({listener.arn: {other.port: port for other, port in seen} for listener, _ in seen})
        self._dataplane.publish(Routing(listeners, known_ports))

    def _match_listeners(self, arn: str, balancer: Any) -> dict[str, int]:
        if arn not in self._balancers:
            self._balancers[arn] = _Balancer(self._dataplane.open_listener())
        known = self._balancers[arn]
        for gone in set(known.listeners) - set(balancer.listeners):
            port = known.listeners.pop(gone)
            if port != known.port:
                self._dataplane.close_listener(port)
        for new in [listener for listener in balancer.listeners if listener not in known.listeners]:
            kind = _encrypted(balancer.listeners[new])
            sharing = [arn for arn, port in known.listeners.items() if port == known.port]
            taken = any(_encrypted(balancer.listeners[arn]) is kind for arn in sharing)
            known.listeners[new] = self._dataplane.open_listener() if taken else known.port
        return known.listeners

    def _close(self, balancer: _Balancer) -> None:
        for port in {balancer.port, *balancer.listeners.values()}:
            self._dataplane.close_listener(port)


def _encrypted(listener: Any) -> bool:
    return bool(listener.protocol == "HTTPS")
