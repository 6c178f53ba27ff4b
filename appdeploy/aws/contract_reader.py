"""Reads an environment's contract from SSM and checks that it belongs to the caller's account and region."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.errors import refusing
from appdeploy.model.contract import ContractError, PlatformContract, ServiceContract, contract_path
from appdeploy.model.errors import Refused
from appdeploy.model.image import EcrRepository
from appdeploy.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ssm import SSMClient

    from appdeploy.aws.clients import Clients

_PLATFORM = "platform"
_SERVICES = "services/"


class UnusableContract(Refused):
    """There is no contract, or this version cannot parse it. A contract of another account or region raises plain Refused:
    then the request is wrong."""


@dataclass(frozen=True)
class Caller:
    """The AWS identity of a command."""

    account: str
    arn: str


@dataclass(frozen=True)
class EnvironmentContract:
    """The contract of one environment."""

    platform: PlatformContract
    services: tuple[ServiceContract, ...]
    """By name."""
    caller: Caller | None = None
    """Who read it; None if not read."""
    malformed: tuple[tuple[str, str], ...] = ()
    """Names of services whose part cannot be parsed, and why; only for readers that show the others all the same."""

    def select(self, names: Sequence[str]) -> tuple[ServiceContract, ...]:
        """The services of these names, or all of them when none is named. Raises Refused for an unknown name."""
        known = {service.name: service for service in self.services}
        unusable = [problem for name, problem in self.malformed if name in names or not known]
        if unusable:
            raise UnusableContract(*unusable)
        if not known:
            raise UnusableContract(f"the contract of {self.platform.environment} names no service: there is nothing to release")
        unknown = [name for name in names if name not in known]
        if unknown:
            hint = did_you_mean(unknown[0], known)
            text = f"{self.platform.environment} has no service {', '.join(unknown)}: it has {', '.join(known)}"
            raise Refused(f"{text}.{hint}" if hint else text)
        return tuple(service for name, service in known.items() if not names or name in names)


def read_contract(
    clients: Clients,
    environment: str,
    on_error: Callable[[str], AbstractContextManager[None]] = refusing,
    *,
    in_part: bool = False,
) -> EnvironmentContract:
    """Read and check the contract of an environment. `on_error` turns AWS errors into Refused.

    Raises Refused when it is missing, malformed, of another schema version, or of another account or region than the
    caller's. With `in_part` services whose part is malformed are named in the result instead: for what only shows.
    """
    with on_error(f"the contract of {environment} could not be read"), ThreadPoolExecutor(1) as pool:
        identity = pool.submit(clients.sts.get_caller_identity)
        documents = read_parameters(clients.ssm, environment)
        caller = identity.result()
    contract = parse_contract(documents, environment, clients.region, Caller(caller["Account"], caller["Arn"]))
    if contract.malformed and not in_part:
        raise UnusableContract(*(problem for _, problem in contract.malformed))
    return contract


def parse_contract(
    documents: dict[str, str], environment: str, region: str, caller: Caller | None = None
) -> EnvironmentContract:
    """Check the parameters of a contract. `caller` is None if the AWS identity is not known.

    Raises Refused as `read_contract`, and UnusableContract when it is missing or cannot be parsed. Malformed services are
    named in the result.
    """
    account = caller.account if caller else None
    if not documents:
        where = f"account {account}, region {region}" if account else f"region {region}"
        raise UnusableContract(
            f"there is no environment {environment} in {where}:"
            " check the name, the region and the credentials, or create it with pulumi up"
        )
    contract = _parse(documents, environment, caller)
    _check_account_and_region(contract.platform, environment, account or contract.platform.account, region)
    return contract


def read_parameters(ssm: SSMClient, environment: str) -> dict[str, str]:
    """The contract's values, by name relative to its path. A page holds at most ten parameters."""
    path = contract_path(environment)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return {item["Name"].removeprefix(path): item["Value"] for page in pages for item in page["Parameters"]}


def _parse(documents: dict[str, str], environment: str, caller: Caller | None) -> EnvironmentContract:
    path = contract_path(environment)
    if _PLATFORM not in documents:
        raise UnusableContract(f"{path}{_PLATFORM} is missing: run pulumi up for {environment} again")
    try:
        platform = PlatformContract.parse(documents[_PLATFORM])
    except ContractError as error:
        raise UnusableContract(_malformed(path, _PLATFORM, environment, error)) from None
    services, malformed = [], []
    for key in sorted(key for key in documents if key.startswith(_SERVICES)):
        name = key.removeprefix(_SERVICES)
        try:
            services.append(_parse_service(name, documents[key]))
        except ContractError as error:
            malformed.append((name, _malformed(path, key, environment, error)))
    return EnvironmentContract(platform, tuple(services), caller, tuple(malformed))


def _malformed(path: str, key: str, environment: str, error: ContractError) -> str:
    return f"{path}{key} is malformed: {error}; run pulumi up for {environment} again"


def _parse_service(name: str, document: str) -> ServiceContract:
    service = ServiceContract.parse(document)
    if service.name != name:
        raise ContractError(f"name: says {service.name}")
    try:
        EcrRepository.parse(service.repository)
    except ValueError as error:
        raise ContractError(f"repository: {error}") from None
    return service


def _check_account_and_region(platform: PlatformContract, environment: str, account: str, region: str) -> None:
    found = (platform.environment, platform.account, platform.region)
    expected = (environment, account, region)
    for field, actual, own in zip(("environment", "account", "region"), found, expected, strict=True):
        if actual != own:
            raise Refused(
                f"{contract_path(environment)}{_PLATFORM} is for {field} {actual}, and this is {own}:"
                " use the credentials and region that belong to the environment"
            )
