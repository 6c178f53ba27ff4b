"""Finds the services of a rollback: from the contract, or by their name pattern if the contract cannot be used.

A contract that is unreachable, missing, malformed or of another major version must not delay a rollback. A contract of
another environment, account or region refuses it: the name pattern would find the wrong services.

The pattern is infra's (`infra/core/names.py`): cluster `axonflow-<env>-cluster`, services `axonflow-<env>-<svc>-service`,
families `axonflow-<env>-<svc>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import UnusableContract, parse_contract, read_parameters
from appdeploy.aws.current_state import describe_services
from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import with_timeout
from appdeploy.model.contract import SERVICE_PATTERN, ServiceContract, resource_stem
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract

CONTRACT_SECONDS = 0.8
"""How long a rollback waits for the contract before it uses the name pattern; equal to TAKEOVER_SECONDS of appdeploy.lock,
for the same reason."""

DEFAULT_BUS = "default"
"""The account's default bus, used when the contract was not read: infra's rules match there
(infra/monitoring/event_rules.py)."""


@dataclass(frozen=True)
class LocatedServices:
    """The services of a rollback, each with its state."""

    cluster: str
    services: tuple[tuple[ServiceContract, ServiceState], ...]
    by_name: str | None
    """Why the name pattern was used; None if the contract was read."""
    searched: bool = False
    """Whether the services had to be listed, which costs a call before the update."""
    releases_table: str | None = None
    """As the contract names it."""
    event_bus: str | None = DEFAULT_BUS
    """As the contract names it."""


def find_services(clients: Clients, environment: str, names: Sequence[str]) -> LocatedServices:
    """The services of these names, or all when none is named.

    Raises Refused when they do not exist, and when the contract is of another environment, account or region.
    """
    try:
        contract = with_timeout(CONTRACT_SECONDS, lambda: _read_contract(clients, environment))
        selected = contract.select(names)
    except TimeoutError:
        return _by_pattern(clients, environment, names, f"no answer of SSM within {CONTRACT_SECONDS:g} s")
    except AwsError as error:
        return _by_pattern(clients, environment, names, explain(error))
    except UnusableContract as error:
        return _by_pattern(clients, environment, names, "; ".join(error.lines))
    cluster = contract.platform.cluster
    states = describe_services(clients.ecs, cluster, [service.service for service in selected])
    missing = [service.name for service in selected if service.service not in states]
    if missing:
        raise Refused(f"{', '.join(missing)}: the service does not exist in {cluster}")
    found = tuple((service, states[service.service]) for service in selected)
    platform = contract.platform
    return LocatedServices(cluster, found, None, releases_table=platform.releases_table, event_bus=platform.event_bus)


def _read_contract(clients: Clients, environment: str) -> EnvironmentContract:
    documents = read_parameters(clients.once.ssm, environment)
    # The caller is not read: with another account's credentials ECS does not find this cluster.
    contract = parse_contract(documents, environment, clients.region)
    if contract.malformed:
        raise UnusableContract(*(problem for _, problem in contract.malformed))
    return contract


def _by_pattern(clients: Clients, environment: str, names: Sequence[str], why: str) -> LocatedServices:
    stem, cluster = resource_stem(environment), f"{resource_stem(environment)}-cluster"
    try:
        services = [f"{stem}-{name}-service" for name in names] or _list_services(clients.ecs, cluster, stem)
        states = describe_services(clients.ecs, cluster, services)
    except clients.ecs.exceptions.ClusterNotFoundException:
        raise Refused(f"there is no cluster {cluster}; contract: {why}") from None
    found = {state.name: state for state in states.values()}
    missing = [name for name in services if name not in found]
    if missing or not found:
        raise Refused(f"{cluster} has no service {', '.join(missing) or f'{stem}-*-service'}; contract: {why}")
    ordered = sorted(found.items())
    return LocatedServices(cluster, tuple((_contract(stem, state), state) for _, state in ordered), why, searched=not names)


def _list_services(ecs: ECSClient, cluster: str, stem: str) -> list[str]:
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster, PaginationConfig={"PageSize": 100})
    names = [arn.rsplit("/", 1)[-1] for page in pages for arn in page["serviceArns"]]
    return [name for name in names if re.fullmatch(rf"{re.escape(stem)}-{SERVICE_PATTERN}-service", name)]


def _contract(stem: str, state: ServiceState) -> ServiceContract:
    """The fields of the contract that a rollback needs, from the name pattern and the service itself."""
    name = state.name.removeprefix(f"{stem}-").removesuffix("-service")
    _, partition, _, region, account, _ = state.arn.split(":", 5)
    return ServiceContract(
        name=name,
        service=state.arn,
        family=f"{stem}-{name}",
        # Only the template's family is used; its current revision is not known here.
        template=f"arn:{partition}:ecs:{region}:{account}:task-definition/{stem}-{name}-template:0",
        container=name,
        repository=f"{account}.dkr.ecr.{region}.amazonaws.com/{stem}-{name}",
        desired_count=state.desired,
        target_groups=state.target_groups,
        listener_rule=state.listener_rule,
        strategy="canary" if state.settings.strategy == "CANARY" else "rolling",
    )
