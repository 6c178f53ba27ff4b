"""Network interfaces of tasks, in moto's EC2."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends

from sandbox.emulator.ecs import errors
from sandbox.emulator.ecs.model import Interface

_RESERVED = 4
"""AWS keeps the first four addresses of a subnet (docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""


def check(account: str, region: str, network: Mapping[str, Any]) -> None:
    """Refuse a network configuration that names a subnet or security group which does not exist, as ECS does."""
    backend = ec2_backends[account][region]
    config = network["awsvpcConfiguration"]
    if not config.get("subnets"):
        raise errors.invalid_parameter("subnets can not be empty.")
    for subnet in config["subnets"]:
        if not any(subnet in zone for zone in backend.subnets.values()):
            raise errors.invalid_parameter(
                f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
    for group in config.get("securityGroups") or []:
        if backend.get_security_group_from_id(group) is None:
            raise errors.invalid_parameter(
                f"Error retrieving security group information for [{group}]: The security group '{group}' does not "
                "exist (ErrorCode: InvalidGroup.NotFound)"
            )


def attach(account: str, region: str, network: Mapping[str, Any], turn: int) -> Interface:
    """Create the interface of a new task, in the subnet whose turn it is."""
    backend = ec2_backends[account][region]
    config = network["awsvpcConfiguration"]
    subnet = backend.get_subnet(config["subnets"][turn % len(config["subnets"])])
    attachment = str(uuid.uuid4())
    eni = backend.create_network_interface(
        subnet=subnet,
        private_ip_address=_free_address(backend, subnet),
        group_ids=config.get("securityGroups") or [],
        description=f"arn:aws:ecs:{region}:{account}:attachment/{attachment}",
    )
    eni.status = "in-use"
    return Interface(
        eni_id=eni.id,
        attachment_id=attachment,
        ip=eni.private_ip_address,
        mac_address=eni.mac_address,
        subnet_id=subnet.id,
        availability_zone=subnet.availability_zone,
    )


def release(account: str, region: str, interface: Interface) -> None:
    """Delete the interface of a stopped task."""
    ec2_backends[account][region].enis.pop(interface.eni_id, None)


def _free_address(backend: Any, subnet: Any) -> str:
    """The lowest address that no interface has: moto draws at random and may draw one twice."""
    taken = {eni.private_ip_address for eni in list(backend.enis.values())}
    hosts = ipaddress.ip_network(subnet.cidr_block).hosts()
    free = (str(host) for number, host in enumerate(hosts, start=1) if number >= _RESERVED)
    return next(address for address in free if address not in taken)
