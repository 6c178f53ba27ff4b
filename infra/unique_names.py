"""Checks of an environment's names: AWS accepts each, and no two resources share one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from infra.core.names import DB_INIT, DB_MAINTAIN, OPERATIONS, ROLE_LENGTH, Names
from infra.monitoring.alarm_table import database_alarms, deployment_alarms, load_balancer_alarms, service_alarms
from infra.monitoring.settings import AlarmSettings

PORTAL_SERVICE = "portal"
"""Reserved: `axonflow-<env>-portal-task` is the role with which the customer portal upgrades services."""

LOAD_BALANCERS = ("public", "internal")


def check_names(environment: str, services: Collection[str]) -> None:
    """Whether AWS accepts the names of an environment's resources. Raises ValueError with the first that it does not accept."""
    _check_hyphens("name", environment)
    names = Names(environment)
    for service in services:
        where = f"platform.services.{service}"
        _check_hyphens(where, service)
        role = names.role(service, "execution")
        if len(role) > ROLE_LENGTH:
            raise ValueError(f"{where}: the role's name {role} has over {ROLE_LENGTH} characters")
        if service == PORTAL_SERVICE:
            raise ValueError(f"{where}: its task role would have the name of the portal's role")
    _check_distinct(names, services)


def _check_hyphens(where: str, name: str) -> None:
    """ECR, RDS and ElastiCache accept no hyphen at the end and no two in a row
    (docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html,
    docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html)."""
    if name.endswith("-") or "--" in name:
        raise ValueError(
            f"{where}: {name} ends with a hyphen or has two in a row, which AWS does not accept in a repository's name"
        )


def _check_distinct(names: Names, services: Collection[str]) -> None:
    taken: dict[tuple[str, str], str] = {}
    for kind, name, owner in _named(names, services):
        owner_before = taken.setdefault((kind, name), owner)
        if owner_before != owner:
            raise ValueError(f"platform: {owner_before} and {owner} would both have the {kind} {name}; one needs another name")


def _named(names: Names, services: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Names that a service could share with another resource: kind, name, owner."""
    settings = AlarmSettings()
    for service in services:
        owner = f"services.{service}"
        yield "task definition family", names.family(service), owner
        yield "task definition family", names.template_family(service), owner
        yield "target group stem", names.stem(service, "-a"), owner
        for alarm in (*service_alarms(settings), *deployment_alarms(settings)):
            yield "alarm", names.alarm(f"{service}-{alarm.name}"), owner
        yield "repository", names.repository(service), owner
    yield "repository", names.repository(OPERATIONS), "the maintenance"
    for job in (DB_INIT, DB_MAINTAIN):
        yield "task definition family", names.job(job), "the maintenance"
    for alarm in database_alarms(settings, storage_gib=1):
        yield "alarm", names.alarm(f"database-{alarm.name}"), "the database"
    for load_balancer in LOAD_BALANCERS:
        for alarm in load_balancer_alarms(settings):
            yield "alarm", names.alarm(f"{load_balancer}-{alarm.name}"), f"the {load_balancer} load balancer"
