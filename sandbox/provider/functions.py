"""The functions of the `aws` package that a program may call while it builds, by token."""

from __future__ import annotations

from collections.abc import Callable

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


FUNCTIONS: dict[str, tuple[frozenset[str], Function]] = {
    "aws:secretsmanager/getRandomPassword:getRandomPassword": (frozenset(_PASSWORD), _random_password),
}
"""The arguments that each takes here, and what it does."""
