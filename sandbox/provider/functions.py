"""The functions of the `aws` package that a program may call while it builds, by token."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.account import PUBLIC_ZONE
from sandbox.errors import SandboxError
from sandbox.provider.aws import Aws
from sandbox.provider.codec import Properties

Function = Callable[[Aws, Properties], Properties]

_PASSWORD = {
    "passwordLength": "PasswordLength",
    "excludePunctuation": "ExcludePunctuation",
}


def _random_password(aws: Aws, arguments: Properties) -> Properties:
    sent = {_PASSWORD[name]: value for name, value in arguments.items()}
    drawn = aws("secretsmanager").get_random_password(**sent)["RandomPassword"]
    return {**arguments, "id": drawn, "region": aws.region, "randomPassword": drawn}


def _caller_identity(aws: Aws, arguments: Properties) -> Properties:
    found = aws("sts").get_caller_identity()
    return {"id": found["Account"], "accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"]}


def _zone(aws: Aws, arguments: Properties) -> Properties:
    """The one zone of that name, public or private as asked. Raises SandboxError when there is none."""
    name = arguments["name"].rstrip(".")
    found = aws("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    private = arguments.get("privateZone", False)
    zones = [zone for zone in found if zone["Name"].rstrip(".") == name and zone["Config"]["PrivateZone"] is private]
    if len(zones) != 1:
        raise SandboxError(f"there are {len(zones)} hosted zones {name}; the sandbox's account has one for {PUBLIC_ZONE}")
    identifier = zones[0]["Id"].removeprefix("/hostedzone/")
    return {**arguments, "id": identifier, "zoneId": identifier}


FUNCTIONS: dict[str, tuple[frozenset[str], Function]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": (frozenset(), _caller_identity),
    "aws:route53/getZone:getZone": (frozenset({"name", "privateZone"}), _zone),
    "aws:secretsmanager/getRandomPassword:getRandomPassword": (frozenset(_PASSWORD), _random_password),
}
"""The arguments that each takes here, and what it does."""
