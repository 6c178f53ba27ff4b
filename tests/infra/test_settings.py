"""The settings of a stack file, and what is refused."""

from __future__ import annotations

import string
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.core.names import STEM_LENGTH, Names
from infra.network.plan import MAX_ZONES, NetworkPlan
from infra.service.settings import FARGATE_MEMORY
from infra.settings import Environment, SettingsError, load
from tests.infra.mocked import stack_settings


def settings(**changes: Any) -> dict[str, Any]:
    return {**stack_settings("staging")["axonflow:platform"], **changes}


def agent(**changes: Any) -> dict[str, Any]:
    return settings(services={"agent": {**settings()["services"]["agent"], **changes}})


def exposed(service: str, **changes: Any) -> dict[str, Any]:
    """All services, one of them with another exposure."""
    services = settings()["services"]
    services[service]["exposure"].update(changes)
    return settings(services=services)


def refusal(platform: Any, stack: str = "staging", region: str = "eu-central-1") -> str:
    with pytest.raises(SettingsError) as raised:
        load(stack, region, platform)
    return str(raised.value)


def network(**changes: Any) -> dict[str, Any]:
    return settings(network={**settings()["network"], **changes})


def database(**changes: Any) -> dict[str, Any]:
    return settings(database={**settings()["database"], **changes})


def cache(**changes: Any) -> dict[str, Any]:
    return settings(cache={**settings()["cache"], **changes})


def subnets(**changes: Any) -> dict[str, Any]:
    ranges = {
        "public": ["10.20.0.0/24", "10.20.1.0/24"],
        "private": ["10.20.2.0/24", "10.20.3.0/24"],
        "isolated": ["10.20.4.0/24", "10.20.5.0/24"],
    }
    return network(subnets={**ranges, **changes})


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_real_stack_files_are_valid(stack: str) -> None:
    config = stack_settings(stack)
    assert isinstance(load(stack, config["aws:region"], config["axonflow:platform"]), Environment)


def test_production_without_a_domain_is_refused() -> None:
    platform = {key: value for key, value in settings().items() if key != "domain"}
    assert "production needs platform.domain" in refusal(platform, stack="production")


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_every_resource_of_a_stack_is_tagged_with_its_environment(stack: str) -> None:
    assert stack_settings(stack)["aws:defaultTags"]["tags"]["Environment"] == stack


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        (settings(colour="blue"), "platform.colour: Extra inputs are not permitted"),
        (settings(log_retention_days=15), "not of 15"),
        (network(cidr="10.0.0.0/24"), "needs a /16 to /20"),
        (network(cidr="8.8.0.0/16"), "not a private range"),
        (network(cidr="10.20.0.1/16"), "has host bits set"),
        (settings(network={**settings()["network"], "availability_zones": ["eu-central-1a"]}), "at least 2 items"),
        (
            settings(network={**settings()["network"], "availability_zones": ["us-east-1a", "us-east-1b"]}),
            "not a zone of eu-central-1",
        ),
        (settings(network={**settings()["network"], "availability_zones": ["eu-central-1a", "eu-central-1a"]}), "named twice"),
        (network(nat_gateways="two"), "network.nat_gateways: Input should be 'none', 'single' or 'one-per-zone'"),
        (network(flow_logs="none"), "network.flow_logs: Input should be 'rejected' or 'all'"),
        (subnets(isolated=["10.20.3.0/25", "10.20.5.0/24"]), "network.subnets: 10.20.3.0/24 and 10.20.3.0/25 overlap"),
        (subnets(public=["10.20.0.0/24"]), "subnets.public has 1 ranges for 2 zones"),
        (subnets(private=["10.20.2.0/24", "10.21.0.0/24"]), "subnets.private: 10.21.0.0/24 is not in 10.20.0.0/16"),
        (subnets(public=["10.20.0.0/28", "10.20.1.0/24"]), "subnets.public: 10.20.0.0/28 is too small; a /27 is the least"),
        (database(instance_class="t4g.medium"), "database.instance_class: String should match pattern"),
        (database(storage_gib=10), "database.storage_gib: Input should be greater than or equal to 20"),
        (database(storage_gib=95), "database: max_storage_gib 100 leaves storage_gib 95 no room to grow"),
        (database(backup_days=6), "database.backup_days: Input should be greater than or equal to 7"),
        (database(insights_days=30), "database.insights_days: Input should be 7, 31, 62"),
        (database(monitoring_seconds=20), "database.monitoring_seconds: Input should be 1, 5, 10"),
        (database(password="x"), "database.password: Extra inputs are not permitted"),
        (cache(node_type="t4g.micro"), "cache.node_type: String should match pattern"),
        (cache(replicas=6), "cache.replicas: Input should be less than or equal to 5"),
        (agent(uses=["database", "queue"]), "services.agent.uses"),
        (settings(registry={"unreleased_days": 3}), "registry.unreleased_days: Input should be greater than or equal to 7"),
        (settings(services={}), "at least 1 item"),
        (settings(services={"Agent": settings()["services"]["agent"]}), "services.Agent"),
        (agent(cpu=300), "cpu 300 is not a Fargate size"),
        (agent(memory=4096), "memory 4096 does not go with cpu 256"),
        (exposed("agent", paths=["health"]), "services.agent.exposure.public.paths.0"),
        (exposed("agent", paths=[]), "paths is empty"),
        (exposed("agent", kind="all"), "does not match any of the expected tags: 'public', 'internal'"),
        (exposed("customer-portal", hosts=["*.axonflow.example"]), "exposure.public.hosts.0"),
        (exposed("customer-portal", hosts=[f"h{n}.axonflow.example" for n in range(5)]), "1 paths and 5 hosts"),
        (exposed("customer-portal", priority=2000), "services.customer-portal is never reached: services.agent matches every"),
        (exposed("customer-portal", priority=1000), "have the same priority 1000"),
        (exposed("customer-portal", url_variable="AGENT_MCP_ENDPOINT"), "share the url_variable AGENT_MCP_ENDPOINT"),
        (agent(scaling={"minimum": 3, "maximum": 2, "requests_per_task": 1}), "minimum 3 exceeds maximum 2"),
        (
            agent(scaling={"minimum": 3, "maximum": 9, "requests_per_task": 1}),
            "desired_count 2 is not within scaling's bounds, 3 to 9",
        ),
        (agent(scaling={"minimum": 1, "maximum": 9}), "scaling.requests_per_task: Field required"),
        (settings(domain={"zone": "axonflow.example"}), "platform.domain.host: Field required"),
        (settings(domain={"zone": "other.example", "host": "api.other.example"}), "portal.staging.axonflow.example is not in"),
        (settings(domain={**settings()["domain"], "zone_id": "hostedzone"}), "platform.domain.zone_id"),
        (exposed("orchestrator", callers=[]), "at least 1 item"),
        (exposed("orchestrator", callers=["worker"]), "callers names worker, and there is no such service"),
        (exposed("orchestrator", callers=["orchestrator"]), "callers names orchestrator, and it is itself"),
        (agent(settings={"API_TOKEN": "x"}), "API_TOKEN looks like a secret"),
        (agent(settings={"ORG_ID": "x"}), "ORG_ID is in environment and in settings"),
        (agent(settings={"LOG_LEVEL": ""}), "settings.LOG_LEVEL: String should have at least 1 character"),
        (agent(settings={"LOG LEVEL": "x"}), "settings.LOG LEVEL"),
        (agent(environment={"DB_PASSWORD": "x"}), "DB_PASSWORD looks like a secret"),
        (agent(longest_request_seconds=200), "less than or equal to 120"),
        (settings(load_balancer={"idle_timeout": 60}), "the load balancer would cut such a request"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_wrong(platform: Any, said: str) -> None:
    assert said in refusal(platform)


def named(*names: str) -> dict[str, Any]:
    """Services of these names, each at a place of its own."""
    agent, priorities = settings()["services"]["agent"], range(1, 9)
    exposures = [{"kind": "public", "paths": [f"/{place}"], "priority": place} for place in priorities]
    return settings(services={name: {**agent, "exposure": each} for name, each in zip(names, exposures, strict=False)})


def inside(*names: str) -> dict[str, Any]:
    """The same and more services, all internal and at one port."""
    agent, exposure = settings()["services"]["agent"], {"kind": "internal", "callers": ["agent"]}
    return settings(services={"agent": agent, **{name: {**agent, "exposure": exposure} for name in names}})


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        (named("agent-"), "platform.services.agent-: agent- ends with a hyphen"),
        (named("my--agent"), "my--agent ends with a hyphen or has two in a row"),
        (named("agent", "agent-template"), "both have the task definition family axonflow-staging-agent-template"),
        (named("agent", "agent-release"), "both have the alarm axonflow-staging-agent-release-errors"),
        (named("database"), "services.database and the database would both have the alarm axonflow-staging-database-down"),
        (named("summaries-of-week-1", "summaries-of-week-2"), "both have the target group stem"),
        (inside("left", "right"), "services.left and services.right are both internal, at the same port 8080"),
        (inside("token"), "TOKEN_URL would hold an address and looks like a secret"),
        (agent(environment={"DATABASE_HOST": "x"}), "DATABASE_HOST is set by the database and by its environment"),
        (agent(settings={"REDIS_URL": "x"}), "REDIS_URL is set by the cache and by its settings"),
        (exposed("customer-portal", url_variable="DATABASE_HOST"), "is set by services.customer-portal.exposure.url_variable"),
    ],
)
def test_names_that_cannot_be_built_are_refused(platform: Any, said: str) -> None:
    assert said in refusal(platform)


def test_a_host_that_no_certificate_begins_with_is_refused() -> None:
    zone = f"{'a' * 60}.example"
    alone = {"agent": settings()["services"]["agent"]}
    said = refusal(settings(services=alone, domain={"zone": zone, "host": f"api.{zone}"}))
    assert "has over 64 characters: no certificate begins with it" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protect": False}, "production needs platform.protect"),
        ({"disposable": True}, "production needs platform.disposable of false"),
        ({"database": {**settings()["database"], "multi_az": False}}, "production needs platform.database.multi_az"),
        ({"cache": {**settings()["cache"], "replicas": 0}}, "production needs platform.cache.replicas"),
    ],
)
def test_production_without_a_safeguard_is_refused(changes: dict[str, Any], said: str) -> None:
    production = stack_settings("production")["axonflow:platform"]
    assert said in refusal({**production, **changes}, stack="production")


def test_a_stack_name_that_cannot_be_part_of_names_is_refused() -> None:
    assert "name:" in refusal(settings(), stack="Staging_2")


def test_all_errors_are_reported_at_once() -> None:
    assert len(refusal(settings(colour="blue", log_retention_days=15)).splitlines()) == 3


@given(st.sampled_from(sorted(FARGATE_MEMORY)), st.integers(1, 130_000))
def test_a_fargate_size_is_taken_exactly_when_aws_has_it(cpu: int, memory: int) -> None:
    if memory in FARGATE_MEMORY[cpu]:
        assert load("staging", "eu-central-1", agent(cpu=cpu, memory=memory)).platform.services["agent"].memory == memory
    else:
        assert f"memory {memory}" in refusal(agent(cpu=cpu, memory=memory))


@given(st.integers(16, 20), st.integers(0, 15), st.integers(1, MAX_ZONES))
def test_subnets_never_overlap_and_stay_inside_the_vpc(prefix: int, second: int, zones: int) -> None:
    vpc = IPv4Network(f"10.{second}.0.0/{prefix}")
    subnets = [block for _, blocks in NetworkPlan(vpc, zones).ranges.by_kind for block in blocks]
    assert len(subnets) == 3 * zones
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert not any(left.overlaps(right) for index, left in enumerate(subnets) for right in subnets[index + 1 :])


@given(st.integers(16, 20), st.integers(2, MAX_ZONES))
def test_another_zone_moves_no_subnet(prefix: int, zones: int) -> None:
    vpc = IPv4Network(f"10.0.0.0/{prefix}")
    larger, smaller = NetworkPlan(vpc, zones).ranges, NetworkPlan(vpc, zones - 1).ranges
    for (_, more), (_, fewer) in zip(larger.by_kind, smaller.by_kind, strict=True):
        assert more[: zones - 1] == fewer


def test_a_window_that_never_opens_is_refused() -> None:
    window = {"days": ["mon"], "opens": "09:00", "closes": "09:00", "time_zone": "Europe/Berlin"}
    assert "release_windows.0: it opens and closes at 09:00: the window would never be open" in refusal(
        settings(release_windows=[window])
    )


def short_names(longest: int) -> st.SearchStrategy[str]:
    """As the patterns of environments and services have them."""
    rest = st.text(string.ascii_lowercase + string.digits + "-", max_size=longest - 1)
    return st.builds(str.__add__, st.sampled_from(string.ascii_lowercase), rest)


@given(short_names(20), short_names(30))
def test_a_stem_fits_and_keeps_its_ending(environment: str, service: str) -> None:
    first, second = (Names(environment).stem(service, ending) for ending in ("-a", "-b"))
    assert first != second
    assert len(first) <= STEM_LENGTH


def test_a_service_whose_role_name_is_too_long_is_refused() -> None:
    name = "a" * 30
    said = refusal(settings(services={name: settings()["services"]["agent"]}), stack="a-long-environment-x")
    assert f"platform.services.{name}: the role's name" in said


def test_an_environment_does_not_promote_to_itself() -> None:
    said = refusal(settings(promotion={"environment": "staging"}))
    assert "platform.promotion.environment: staging cannot be its own source" in said


def test_a_task_before_the_rollout_refuses_a_key_that_it_does_not_know() -> None:
    said = refusal(agent(pre_deploy={"command": ["migrate"], "image": "x"}))
    assert "platform.services.agent.pre_deploy.image: Extra inputs are not permitted" in said
