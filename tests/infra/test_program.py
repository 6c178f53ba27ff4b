"""The infrastructure program, run for both real stack files without an engine."""

from __future__ import annotations

import json

import pulumi
import pytest

from appdeploy.model.contract import PlatformContract, ServiceContract
from tests.infra.declared import as_declared, declared
from tests.infra.mocked import Declared, Recording, stack_settings

STACKS = ("staging", "production")

COMPONENT_TYPES = {
    "axonflow:platform:Maintenance",
    "axonflow:platform:AccessLogs",
    "axonflow:platform:Boundary",
    "axonflow:platform:Roles",
    "axonflow:platform:Network",
    "axonflow:platform:Endpoints",
    "axonflow:platform:FlowLogs",
    "axonflow:platform:LoadBalancer",
    "axonflow:platform:InternalLoadBalancer",
    "axonflow:platform:Certificate",
    "axonflow:platform:DnsRecords",
    "axonflow:platform:Cluster",
    "axonflow:platform:Database",
    "axonflow:platform:Cache",
    "axonflow:platform:Repository",
    "axonflow:platform:Service",
    "axonflow:platform:Autoscaling",
    "axonflow:platform:ConfigParameters",
    "axonflow:platform:Monitoring",
    "axonflow:platform:Topics",
    "axonflow:platform:Alarms",
    "axonflow:platform:EventRules",
    "axonflow:platform:Dashboards",
    "axonflow:platform:Releases",
    "axonflow:platform:Contract",
}


def contract_parameters(recording: Recording) -> list[Declared]:
    return [item for item in recording.of("aws:ssm/parameter:Parameter") if item.name.startswith("contract/")]


def test_component_types_are_pinned(platform: tuple[str, Recording]) -> None:
    """A changed token makes Pulumi delete and re-create everything inside: it needs an alias, and then this test a change."""
    stack, recording = platform
    declared = {resource.type for resource in recording.resources if resource.type.startswith("axonflow:")}
    assert declared == COMPONENT_TYPES | ({"axonflow:platform:Firewall"} if stack == "production" else set())


def test_a_release_never_shows_in_a_preview(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for service in recording.of("aws:ecs/service:Service"):
        assert set(service.ignores) == {"taskDefinition", "desiredCount"}
    for rule in recording.of("aws:lb/listenerRule:ListenerRule"):
        assert rule.ignores == ("actions",)


def test_a_new_service_starts_with_no_task_and_ready_for_traffic_shifting(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    service = recording.one("aws:ecs/service:Service", "agent").inputs
    assert service["desiredCount"] == 0
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    advanced = service["loadBalancers"][0]["advancedConfiguration"]
    assert advanced["alternateTargetGroupArn"] != service["loadBalancers"][0]["targetGroupArn"]
    assert advanced["productionListenerRule"].startswith("arn:aws:elasticloadbalancing")


def test_the_rule_holds_both_target_groups_with_all_weight_on_the_first(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    rule = recording.one("aws:lb/listenerRule:ListenerRule", "agent").inputs
    assert [group["weight"] for group in rule["actions"][0]["forward"]["targetGroups"]] == [1, 0]


def test_templates_survive_their_replacement(platform: tuple[str, Recording]) -> None:
    """A deregistered template would take away what releases and rollbacks start from."""
    for template in platform[1].of("aws:ecs/taskDefinition:TaskDefinition"):
        assert template.inputs["skipDestroy"] is True
        assert template.inputs["trackLatest"] is False


def test_no_template_names_an_image_that_exists(platform: tuple[str, Recording]) -> None:
    for template in platform[1].of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(template.inputs["containerDefinitions"]):
            assert container["image"].endswith(":unreleased")


def test_requests_outlive_the_drain(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    container = json.loads(
        recording.one("aws:ecs/taskDefinition:TaskDefinition", "agent-template").inputs["containerDefinitions"]
    )
    balancer = recording.of("aws:lb/loadBalancer:LoadBalancer")[0].inputs
    for group in recording.of("aws:lb/targetGroup:TargetGroup"):
        assert group.inputs["deregistrationDelay"] == container[0]["stopTimeout"] <= balancer["idleTimeout"]


def test_log_group_of_every_container_exists(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    groups = {group.inputs["name"] for group in recording.of("aws:cloudwatch/logGroup:LogGroup")}
    for template in recording.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(template.inputs["containerDefinitions"]):
            assert container["logConfiguration"]["options"]["awslogs-group"] in groups


def test_the_contract_names_what_was_built(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    parameters = {item.inputs["name"]: item.inputs["insecureValue"] for item in contract_parameters(recording)}
    services = {f"services/{service}" for service in ("agent", "orchestrator", "customer-portal")}
    assert set(parameters) == {f"/axonflow/{stack}/contract/{name}" for name in ("platform", *services)}
    shared = PlatformContract.parse(parameters[f"/axonflow/{stack}/contract/platform"])
    assert (shared.environment, shared.account, shared.region) == (stack, "123456789012", "eu-central-1")
    assert shared.releases_table == f"axonflow-{stack}-releases"
    assert shared.protected is (stack == "production")
    agent = ServiceContract.parse(parameters[f"/axonflow/{stack}/contract/services/agent"])
    assert agent.template.endswith(f"axonflow-{stack}-agent-template:1")
    assert agent.family == f"axonflow-{stack}-agent"
    assert agent.desired_count == stack_settings(stack)["axonflow:platform"]["services"]["agent"]["desired_count"]


def test_the_contract_is_written_last(platform: tuple[str, Recording]) -> None:
    """A release that reads it may rely on everything that it names."""
    _, recording = platform
    written = contract_parameters(recording)
    others = {item.name for item in recording.resources if item.type.startswith("aws:") and item not in written}
    for parameter in written:
        waited_for = {urn.rsplit("::", 1)[1] for urn in parameter.depends_on}
        assert others <= waited_for, f"{parameter.name} does not wait for {sorted(others - waited_for)}"


def test_no_policy_allows_everything_on_everything(platform: tuple[str, Recording]) -> None:
    for policy in platform[1].of("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert statement["Sid"], "a statement says why it is there"
            assert "*" not in statement["Action"]
            # Actions that know no resource (Service Authorization Reference).
            assert statement["Resource"] != ["*"] or statement["Action"] in (
                ["ecr:GetAuthorizationToken"],
                ["logs:DescribeLogGroups"],
            )


def test_only_the_load_balancer_is_open_to_the_internet(platform: tuple[str, Recording]) -> None:
    rules = platform[1].of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {rule.name for rule in rules if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"} == {
        "public-from-internet",
        "public-encrypted-from-internet",
    }


def test_every_repository_says_which_images_it_keeps(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    repositories = {item.inputs["name"] for item in recording.of("aws:ecr/repository:Repository")}
    assert {item.inputs["repository"] for item in recording.of("aws:ecr/lifecyclePolicy:LifecyclePolicy")} == repositories


def test_production_alone_is_protected() -> None:
    kinds = {
        "aws:ecs/service:Service",
        "aws:dynamodb/table:Table",
        "aws:ecr/repository:Repository",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:rds/instance:Instance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:secretsmanager/secret:Secret",
        "aws:s3/bucket:Bucket",
    }
    for stack in STACKS:
        recording = as_declared(stack)
        protected = {resource.type for resource in recording.resources if resource.protected}
        assert protected == (kinds if stack == "production" else set())


def test_production_has_three_zones_and_staging_two() -> None:
    for stack, zones, strategy in (("staging", 2, "Single"), ("production", 3, "OnePerAz")):
        vpc = as_declared(stack).one("awsx:ec2:Vpc", "network").inputs
        assert len(vpc["availabilityZoneNames"]) == zones
        assert vpc["natGateways"] == {"strategy": strategy}
        assert {spec["type"] for spec in vpc["subnetSpecs"]} == {"Public", "Private", "Isolated"}
        assert all(len(spec["cidrBlocks"]) == zones for spec in vpc["subnetSpecs"])


@pytest.mark.parametrize("stack", STACKS)
def test_first_preview_builds_the_same_with_nothing_known(stack: str) -> None:
    """Iterating over, branching on or formatting an output works under plain mocks and fails in the first preview."""
    known = as_declared(stack)
    unknown = as_declared(stack, unknown=True)
    # The order is the event loop's; what is declared is the program's.
    assert {(item.type, item.name) for item in unknown.resources} == {(item.type, item.name) for item in known.resources}


NEW_SERVICES = {
    "public": {"kind": "public", "paths": ["/reports/*"], "priority": 50},
    "internal": {"kind": "internal", "callers": ["customer-portal"]},
}


@pytest.mark.parametrize("exposure", NEW_SERVICES.values(), ids=NEW_SERVICES)
def test_another_service_is_one_block_and_changes_nothing_of_the_others(exposure: dict[str, object]) -> None:
    config = stack_settings("staging")
    before = declared("staging", config)
    services = config["axonflow:platform"]["services"]
    services["reports"] = {**services["orchestrator"], "port": 8090, "exposure": exposure}
    after = declared("staging", config)
    kept = {(item.type, item.name, item.parent): item.inputs for item in after.resources}
    # Its caller gets its URL; no other service changes, and neither does its contract.
    callers = {"customer-portal-template"} if exposure["kind"] == "internal" else set()
    for item in before.resources:
        assert (item.type, item.name, item.parent) in kept
        # The policies of operations name every service, and so do the dashboards and the rule for failed deployments.
        if (
            item.name not in callers
            and not item.name.startswith(("roles-", "deployment-failed"))
            and "dashboard" not in item.type
        ):
            assert kept[item.type, item.name, item.parent] == item.inputs, item.name


def test_wrong_settings_end_the_program_with_all_that_is_wrong() -> None:
    config = stack_settings("staging")
    config["axonflow:platform"]["services"]["agent"]["memory"] = 777
    config["axonflow:platform"]["log_retention_days"] = 15
    with pytest.raises(pulumi.RunError) as raised:
        declared("staging", config)
    assert "platform.services.agent: memory 777 does not go with cpu 256 on Fargate; it takes 512, 1024, 2048" in str(
        raised.value
    )
    assert "platform.log_retention_days" in str(raised.value)


def test_the_exports_hold_no_more_than_addresses(platform: tuple[str, Recording]) -> None:
    assert set(platform[1].exports) == {"url", "cluster"}
