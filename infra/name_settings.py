"""What an environment and its services may be called: names that AWS takes, and no two things of one name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from infra.alarm_rules import balancer_rules, database_rules, deployment_rules, service_rules
from infra.alarm_settings import AlarmSettings
from infra.naming import DB_INIT, DB_MAINTAIN, OPERATIONS, ROLE_LENGTH, Names

PORTAL_SERVICE = "portal"
"""No service is called so: `axonflow-<env>-portal-task` is the role with which the customer portal upgrades services."""

BALANCERS = ("public", "internal")


def check_names(environment: str, services: Collection[str]) -> None:
    """Whether AWS takes the names of an environment's things. Raises ValueError with the first that it does not take."""
    _check_hyphens("name", environment)
    names = Names(environment)
    for service in services:
        where = f"platform.services.{service}"
        _check_hyphens(where, service)
        role = names.role(service, "execution")
        if len(role) > ROLE_LENGTH:
            raise ValueError(f"{where}: the role's name {role} has over {ROLE_LENGTH} characters")
        if service == PORTAL_SERVICE:
            raise ValueError(f"{where}: its task role would have the name of the portal's duty")
    _check_apart(names, services)


def _check_hyphens(where: str, name: str) -> None:
    """ECR, RDS and ElastiCache take none at the end and no two in a row
    (docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html,
    docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html)."""
    if name.endswith("-") or "--" in name:
        raise ValueError(f"{where}: {name} ends with a hyphen or has two in a row, and AWS takes no repository of that name")


def _check_apart(names: Names, services: Collection[str]) -> None:
    taken: dict[tuple[str, str], str] = {}
    for kind, name, owner in _named(names, services):
        former = taken.setdefault((kind, name), owner)
        if former != owner:
            raise ValueError(f"platform: {former} and {owner} would both have the {kind} {name}; one needs another name")


def _named(names: Names, services: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Names that a service may share with something else: kind, name, whose it is."""
    settings = AlarmSettings()
    for service in services:
        owner = f"services.{service}"
        yield "task definition family", names.family(service), owner
        yield "task definition family", names.template_family(service), owner
        yield "target group stem", names.stem(service, "-a"), owner
        for rule in (*service_rules(settings), *deployment_rules(settings)):
            yield "alarm", names.alarm(f"{service}-{rule.name}"), owner
        yield "repository", names.repository(service), owner
    yield "repository", names.repository(OPERATIONS), "the maintenance"
    for job in (DB_INIT, DB_MAINTAIN):
        yield "task definition family", names.job(job), "the maintenance"
    for rule in database_rules(settings, storage_gib=1):
        yield "alarm", names.alarm(f"database-{rule.name}"), "the database"
    for balancer in BALANCERS:
        for rule in balancer_rules(settings):
            yield "alarm", names.alarm(f"{balancer}-{rule.name}"), f"the {balancer} load balancer"
