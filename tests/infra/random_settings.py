"""Random settings that are valid by construction, and what has to hold of every platform that is built from some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from infra.monitoring.settings import AlarmWindows, NotificationTopic
from infra.network.plan import NetworkPlan
from infra.policy_checks import CHECKS, Stack, violations
from infra.program import build
from infra.service.settings import FARGATE_MEMORY
from infra.settings import LOG_RETENTION_DAYS, load
from tests.infra.mocked import Declared, Recording, run

REGION = "eu-central-1"
ZONE = "axonflow.example"
ENVIRONMENTS = ("production", "staging", "dev", "eu-test-2")
SERVICES = ("agent", "orchestrator", "customer-portal", "reports", "billing-worker", "mcp")
GROUP_ID = "-id"
"""The mocks' ids are the logical name with this after it."""

Settings = dict[str, Any]


def optional(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Settings]:
    """Each of them or none of them: what a stack file may leave out."""
    return st.fixed_dictionaries({}, optional=parts)


@st.composite
def networks(draw: st.DrawFn) -> Settings:
    zones = draw(st.integers(2, 3))
    cidr = IPv4Network(f"10.{draw(st.integers(0, 255))}.0.0/{draw(st.integers(16, 20))}")
    found: Settings = {
        "cidr": str(cidr),
        "availability_zones": [f"{REGION}{letter}" for letter in "abc"[:zones]],
        "nat_gateways": draw(st.sampled_from(["none", "single", "one-per-zone"])),
        "flow_logs": draw(st.sampled_from(["rejected", "all"])),
    }
    if draw(st.booleans()):
        ranges = NetworkPlan(cidr, zones).ranges.by_kind
        found["subnets"] = {kind: [str(block) for block in reversed(blocks)] for kind, blocks in ranges}
    return found


@st.composite
def databases(draw: st.DrawFn, production: bool) -> Settings:
    storage = draw(st.integers(20, 50_000))
    return {
        "instance_class": draw(st.sampled_from(["db.t4g.medium", "db.r7g.large"])),
        "storage_gib": storage,
        "max_storage_gib": draw(st.integers(storage * 11 // 10 + 1, 65_536)),
        "multi_az": production or draw(st.booleans()),
        "backup_days": draw(st.integers(7, 35)),
        **draw(
            optional(
                changes=st.sampled_from(["now", "window"]),
                slow_query_ms=st.integers(1, 3_600_000),
                insights_days=st.sampled_from([7, 31, 731]),
                monitoring_seconds=st.sampled_from([1, 5, 10, 15, 30, 60]),
            )
        ),
    }


@st.composite
def window(draw: st.DrawFn) -> Settings:
    minutes = draw(st.integers(1, 5))
    periods = draw(st.integers(1, 1440 // minutes))
    chosen = optional(datapoints_to_alarm=st.integers(1, periods))
    return {"period": 60 * minutes, "evaluation_periods": periods, **draw(chosen)}


def windows() -> st.SearchStrategy[Settings]:
    return optional(**dict.fromkeys(AlarmWindows.model_fields, window()))


@st.composite
def alarms(draw: st.DrawFn) -> Settings:
    lead = draw(st.integers(1, 1439))
    address = st.sampled_from(["on-call@axonflow.example", "lead@axonflow.example"]).map(
        lambda endpoint: {"protocol": "email", "endpoint": endpoint}
    )
    subscribed = st.lists(address, max_size=2, unique_by=lambda each: each["endpoint"])
    return {
        "lead_minutes": lead,
        "cto_minutes": draw(st.integers(lead + 1, 1440)),
        **draw(
            optional(
                min_requests=st.integers(1, 1000),
                error_percent=st.floats(0.5, 100),
                slow_ms=st.integers(1, 60_000),
                windows=windows(),
                database_connections=st.integers(1, 5000),
                database_free_percent=st.floats(1, 100),
                subscriptions=st.dictionaries(st.sampled_from([each.value for each in NotificationTopic]), subscribed),
            )
        ),
    }


@st.composite
def scalings(draw: st.DrawFn, desired: int) -> Settings:
    return {
        "minimum": draw(st.integers(1, desired)),
        "maximum": draw(st.integers(desired, 1000)),
        "requests_per_task": draw(st.integers(1, 10_000)),
        **draw(optional(cpu_percent=st.integers(10, 90), memory_percent=st.integers(10, 90))),
    }


@st.composite
def exposures(draw: st.DrawFn, number: int, others: list[str], domain: bool) -> Settings:
    """The first service takes every request and is evaluated last."""
    if number == 0:
        return {"kind": "public", "priority": 50_000, **draw(optional(url_variable=st.just("AGENT_MCP_ENDPOINT")))}
    if draw(st.booleans()):
        return {"kind": "internal", "callers": draw(st.lists(st.sampled_from(others), min_size=1, unique=True))}
    hosts = draw(st.lists(st.sampled_from(["www", "portal", "api"]), unique=True)) if domain else []
    # On no host of its own it takes paths of its own.
    paths = {"paths": [f"/{number}/*"]} if not hosts or draw(st.booleans()) else {}
    return {"kind": "public", "priority": number * 10, "hosts": [f"{host}.{ZONE}" for host in hosts], **paths}


@st.composite
def services(draw: st.DrawFn, idle_timeout: int, domain: bool) -> Settings:
    names = draw(st.lists(st.sampled_from(SERVICES), min_size=1, max_size=len(SERVICES), unique=True))
    ports = draw(st.lists(st.integers(1, 65_535), min_size=len(names), max_size=len(names), unique=True))
    found: Settings = {}
    for number, (name, port) in enumerate(zip(names, ports, strict=True)):
        cpu, desired = draw(st.sampled_from(sorted(FARGATE_MEMORY))), draw(st.integers(1, 1000))
        others = [other for other in names if other != name]
        found[name] = {
            "port": port,
            "cpu": cpu,
            "memory": draw(st.sampled_from(FARGATE_MEMORY[cpu])),
            "desired_count": desired,
            "exposure": draw(exposures(number, others, domain)),
            "longest_request_seconds": draw(st.integers(1, min(120, idle_timeout))),
            **draw(
                optional(
                    scaling=scalings(desired),
                    health_grace_seconds=st.integers(0, 3600),
                    uses=st.lists(st.sampled_from(["database", "cache"]), unique=True),
                    environment=st.just({"ORG_ID": "axonflow"}),
                    settings=st.just({"LOG_LEVEL": "info", "LIMIT": "9"}),
                    wave=st.integers(0, 99),
                    pre_deploy=st.just({"command": ["migrate", "up"], "timeout_seconds": 60}),
                )
            ),
        }
    return found


WINDOW = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(["mon", "wed", "sun"]), min_size=1, unique=True),
        "opens": st.sampled_from(["00:00", "09:00"]),
        "closes": st.sampled_from(["08:30", "17:00"]),
        "time_zone": st.sampled_from(["Europe/Berlin", "UTC"]),
    }
)
PEOPLE = st.dictionaries(st.sampled_from(["viewer", "release", "operator", "maintenance"]), st.just(["root"]))


@st.composite
def stacks(draw: st.DrawFn) -> tuple[str, Settings]:
    """A stack's name, and what its file says under `axonflow:platform`."""
    environment = draw(st.sampled_from(ENVIRONMENTS))
    production = environment == "production"
    domain, idle = production or draw(st.booleans()), draw(st.integers(1, 4000))
    firewall = optional(firewall=st.fixed_dictionaries({"requests_per_address": st.integers(10, 2_000_000_000)}))
    return environment, {
        "network": draw(networks()),
        "registry": {"unreleased_days": draw(st.integers(7, 3650))},
        "database": draw(databases(production)),
        "cache": {
            "changes": draw(st.sampled_from(["now", "window"])),
            "node_type": "cache.t4g.micro",
            "replicas": draw(st.integers(int(production), 5)),
            "snapshot_days": draw(st.integers(0, 35)),
        },
        "load_balancer": {"idle_timeout": idle, **draw(firewall)},
        "release_windows": draw(st.lists(WINDOW, max_size=14)),
        "spot_percent": 0 if production else draw(st.integers(0, 100)),
        **draw(optional(operations_version=st.just("v1.0.0"), promotion=st.just({"environment": "preprod"}))),
        **({"domain": {"zone": ZONE, "host": f"api.{ZONE}"}} if domain else {}),
        "access": {"repository": "axonflow/platform", "people": draw(PEOPLE)},
        "log_retention_days": draw(st.sampled_from(LOG_RETENTION_DAYS)),
        "protect": production or draw(st.booleans()),
        "disposable": False if production else draw(st.booleans()),
        "services": draw(services(idle, domain)),
        **draw(optional(alarms=alarms())),
    }


def faults(stack: str, platform: Settings, *, unknown: bool) -> list[str]:
    """What is wrong with the platform that is built from the settings: one sentence each."""
    recording = run(lambda: build(load(stack, REGION, platform)), stack, {}, unknown=unknown)
    return [
        *(str(found) for found in violations(Stack(stack, tuple(recording.resources)), CHECKS)),
        *_declared_twice(recording),
        *_unknown_groups(recording),
    ]


def _declared_twice(recording: Recording) -> Iterator[str]:
    """The engine refuses a second resource of one URN, which the mocks do not."""
    counted = Counter(_urn(resource) for resource in recording.resources)
    yield from (f"{urn} is declared {times} times" for urn, times in counted.items() if times > 1)


def _urn(resource: Declared) -> str:
    """A URN holds the types of the parents and not their names."""
    types = resource.parent.split("::")[2] if "::" in resource.parent else ""
    return f"{types}${resource.type}::{resource.name}"


def _unknown_groups(recording: Recording) -> Iterator[str]:
    """Rules of security groups that name a group which is not declared."""
    groups = {f"{group.name}{GROUP_ID}" for group in recording.of("aws:ec2/securityGroup:SecurityGroup")}
    for direction in ("Ingress", "Egress"):
        for rule in recording.of(f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"):
            for key in ("securityGroupId", "referencedSecurityGroupId"):
                value = rule.inputs.get(key)
                if isinstance(value, str) and value.endswith(GROUP_ID) and value not in groups:
                    yield f"{rule.name} names the group {value}, which is not declared"
