"""Which client reaches which service, and the URLs that services get."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.declared import declared
from tests.infra.mocked import Recording, one_service, stack_settings

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
RULE = "aws:lb/listenerRule:ListenerRule"
LISTENER = "aws:lb/listener:Listener"
STACKS = ("staging", "production")


def openings(recording: Recording, kind: str, group: str) -> set[tuple[str, int, int]]:
    """What a security group lets in or out: the other group or range, and the ports."""
    return {
        (
            rule.inputs.get("referencedSecurityGroupId") or rule.inputs["cidrIpv4"],
            rule.inputs.get("fromPort", 0),
            rule.inputs.get("toPort", 65535),
        )
        for rule in recording.of(kind)
        if rule.inputs["securityGroupId"] == group
    }


def variables(recording: Recording, service: str) -> dict[str, str]:
    template = recording.one("aws:ecs/taskDefinition:TaskDefinition", f"{service}-template").inputs
    [container] = json.loads(template["containerDefinitions"])
    return {item["name"]: item["value"] for item in container["environment"]}


def conditions(recording: Recording, service: str) -> list[dict[str, Any]]:
    return list(recording.one(RULE, service).inputs["conditions"])


@pytest.mark.parametrize(("service", "port"), [("agent", 8080), ("customer-portal", 8082)])
def test_tasks_of_a_public_service_admit_the_public_load_balancer_alone(
    platform: tuple[str, Recording], service: str, port: int
) -> None:
    assert openings(platform[1], INGRESS, f"{service}-id") == {("public-load-balancer-id", port, port)}


def test_the_orchestrators_tasks_admit_the_internal_load_balancer_alone(platform: tuple[str, Recording]) -> None:
    assert openings(platform[1], INGRESS, "orchestrator-id") == {("internal-load-balancer-id", 8081, 8081)}


def test_the_internal_load_balancer_admits_the_agent_alone_and_reaches_the_orchestrator_alone(
    platform: tuple[str, Recording],
) -> None:
    _, recording = platform
    assert openings(recording, INGRESS, "internal-load-balancer-id") == {("agent-id", 8081, 8081)}
    assert openings(recording, EGRESS, "internal-load-balancer-id") == {("orchestrator-id", 8081, 8081)}


def test_the_internal_load_balancer_has_no_public_address(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    balancers = {item.name: item.inputs for item in recording.of("aws:lb/loadBalancer:LoadBalancer")}
    [internal] = [inputs for inputs in balancers.values() if inputs["internal"]]
    assert internal["subnets"] == ["private-1", "private-2"]
    assert len(balancers) == 2


def test_two_internal_services_are_kept_apart_by_their_ports() -> None:
    """Who may call the one may not call the other, although both stand behind one load balancer."""
    config = stack_settings("staging")
    services = config["axonflow:platform"]["services"]
    services["reports"] = {
        **services["orchestrator"],
        "port": 8090,
        "exposure": {"kind": "internal", "callers": ["customer-portal"]},
    }
    recording = declared("staging", config)
    assert openings(recording, INGRESS, "internal-load-balancer-id") == {
        ("agent-id", 8081, 8081),
        ("customer-portal-id", 8090, 8090),
    }
    assert "REPORTS_URL" not in variables(recording, "agent")
    assert "REPORTS_URL" in variables(recording, "customer-portal")
    ports = {listener.name: listener.inputs["port"] for listener in recording.of(LISTENER)}
    assert (ports["internal-orchestrator"], ports["internal-reports"]) == (8081, 8090)


def test_the_agent_alone_gets_the_url_of_the_orchestrator(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    url = variables(recording, "agent")["ORCHESTRATOR_URL"]
    assert url.startswith("http://af-")
    assert url.endswith("-internal.elb.amazonaws.com:8081")
    for other in ("orchestrator", "customer-portal"):
        assert "ORCHESTRATOR_URL" not in variables(recording, other)


def test_the_other_services_get_the_url_of_the_agent(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for other in ("orchestrator", "customer-portal"):
        assert variables(recording, other)["AGENT_MCP_ENDPOINT"] == recording.exports["url"]
    assert "AGENT_MCP_ENDPOINT" not in variables(recording, "agent")


def test_the_rule_of_the_portals_host_comes_before_the_agents_catch_all(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    [host] = stack_settings(stack)["axonflow:platform"]["services"]["customer-portal"]["exposure"]["hosts"]
    assert {"hostHeader": {"values": [host]}} in conditions(recording, "customer-portal")
    assert conditions(recording, "agent") == [{"pathPattern": {"values": ["/*"]}}]
    portal, agent = recording.one(RULE, "customer-portal").inputs, recording.one(RULE, "agent").inputs
    assert portal["priority"] < agent["priority"]


def test_a_stack_without_an_internal_service_has_no_internal_load_balancer() -> None:
    recording = declared("staging", one_service())
    assert [item.name for item in recording.of("aws:lb/loadBalancer:LoadBalancer")] == ["af-stag-public"]
