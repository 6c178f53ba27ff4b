"""One service of the platform: everything but the image that runs.

A release changes the image, ECS the listener rule's weights, operators and autoscaling the count; this component
creates those once and then ignores changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.core.dependency import Dependency
from infra.iam.documents import assume_role_policy
from infra.iam.execution_role import execution_policy
from infra.ingress.base import Route
from infra.monitoring.alarms import deployment_alarms
from infra.monitoring.metrics import Metrics, service_metrics
from infra.monitoring.settings import AlarmSettings
from infra.service.autoscaling import Autoscaling, AutoscalingArgs
from infra.service.cluster import capacity_provider_strategies
from infra.service.config_parameters import ConfigParameters, ConfigParametersArgs
from infra.service.image_repository import Repository, RepositoryArgs
from infra.service.security_group import TaskNetworkAccess, security_group
from infra.service.settings import RegistrySettings, ServiceSettings
from infra.service.template import ContainerArgs, container_definitions

TASKS = "ecs-tasks.amazonaws.com"
HEALTH_INTERVAL_SECONDS = 5
HEALTHY_THRESHOLD = 2
UNHEALTHY_THRESHOLD = 2


@dataclass(frozen=True, kw_only=True)
class ServiceArgs(ComponentArgs):
    """Settings of the service, and what it needs from other components."""

    account: pulumi.Input[str]
    region: str
    settings: ServiceSettings
    registry: RegistrySettings
    log_retention_days: int
    alarms: AlarmSettings
    spot_percent: int
    """How many of its tasks beyond the first run on Fargate Spot."""
    protect: bool
    cluster_arn: pulumi.Input[str]
    traffic_role_arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    route: Route
    dependencies: Sequence[Dependency]
    public_urls: Mapping[str, pulumi.Input[str]]
    """Of other services, by the variable that holds each."""


class Service(Component):
    """An ECS service behind a load balancer, with its template, roles, logs, images and target groups."""

    TYPE = "axonflow:platform:Service"

    arn: pulumi.Output[str]
    template_arn: pulumi.Output[str]
    repository_url: pulumi.Output[str]
    target_group_arns: tuple[pulumi.Output[str], pulumi.Output[str]]
    listener_rule_arn: pulumi.Output[str]
    metrics: Metrics
    """Its CloudWatch metrics."""

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        repository = Repository(
            name,
            RepositoryArgs(repository=args.names.repository(name), settings=args.registry, protect=args.protect),
            pulumi.ResourceOptions(parent=self),
        )
        logs = aws.cloudwatch.LogGroup(
            name, name=args.names.log_group(name), retention_in_days=args.log_retention_days, opts=self.child()
        )
        config = ConfigParametersArgs(names=args.names, service=name, initial_values=args.settings.settings)
        self._config = ConfigParameters(name, config, pulumi.ResourceOptions(parent=self))
        template = self._template(repository, logs)
        groups = (self._target_group("a"), self._target_group("b"))
        rule = self._listener_rule(groups)
        self.metrics = service_metrics(args.names, name, rule.arn, (groups[0].arn, groups[1].arn))
        service = self._service(template, groups, rule)
        self._scale(service, groups)
        self.arn = service.arn
        self.template_arn = template.arn
        self.repository_url = repository.url
        self.target_group_arns = (groups[0].arn, groups[1].arn)
        self.listener_rule_arn = rule.arn
        self.register_outputs({"arn": self.arn, "templateArn": self.template_arn})

    def _template(self, repository: Repository, logs: aws.cloudwatch.LogGroup) -> aws.ecs.TaskDefinition:
        """The family that this program alone registers. Its revisions are never deregistered: releases read them, and roll back
        to them."""
        settings = self._args.settings
        execution = self._execution_role(repository, logs)
        containers = ContainerArgs(
            name=self._name,
            repository_url=repository.url,
            log_group=logs.name,
            region=self._args.region,
            settings=settings,
            dependencies=self._args.dependencies,
            public_urls=self._args.public_urls,
            config_parameters=self._config.arns,
        )
        return aws.ecs.TaskDefinition(
            f"{self._name}-template",
            family=self._args.names.template_family(self._name),
            cpu=str(settings.cpu),
            memory=str(settings.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            execution_role_arn=execution.arn,
            task_role_arn=self._role("task", "Permissions of the application").arn,
            container_definitions=container_definitions(containers),
            skip_destroy=True,
            track_latest=False,
            opts=self.child(),
        )

    def _role(self, kind: str, description: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-{kind}",
            name=self._args.names.role(self._name, kind),
            description=description,
            assume_role_policy=assume_role_policy(TASKS, self._args.account),
            opts=self.child(),
        )

    def _execution_role(self, repository: Repository, logs: aws.cloudwatch.LogGroup) -> aws.iam.Role:
        """The role with which ECS starts a task."""
        role = self._role("execution", "ECS starts the tasks with it")
        aws.iam.RolePolicy(
            f"{self._name}-execution",
            name="start-tasks",
            role=role.name,
            policy=execution_policy(repository.arn, logs.arn, self._args.dependencies, list(self._config.arns.values())),
            opts=self.child(),
        )
        return role

    def _target_group(self, letter: str) -> aws.lb.TargetGroup:
        """One of the pair between which a deployment may shift traffic.

        The health check is shallow and quick on purpose: with one that queries the database, ECS would replace every task in a
        database outage. Deep checks belong to the release tool.
        """
        settings = self._args.settings
        return aws.lb.TargetGroup(
            self._args.names.stem(self._name, f"-{letter}"),
            port=settings.port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=self._args.vpc_id,
            deregistration_delay=settings.longest_request_seconds,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=settings.health_path,
                matcher="200",
                interval=HEALTH_INTERVAL_SECONDS,
                timeout=HEALTH_INTERVAL_SECONDS - 1,
                healthy_threshold=HEALTHY_THRESHOLD,
                unhealthy_threshold=UNHEALTHY_THRESHOLD,
            ),
            opts=self.child(),
        )

    def _listener_rule(self, groups: tuple[aws.lb.TargetGroup, aws.lb.TargetGroup]) -> aws.lb.ListenerRule:
        """Has both groups from the start. ECS moves the weights, so changes of the actions are ignored."""
        route = self._args.route
        return aws.lb.ListenerRule(
            self._name,
            listener_arn=route.listener_arn,
            priority=route.priority,
            conditions=_conditions(route),
            actions=[
                aws.lb.ListenerRuleActionArgs(
                    type="forward",
                    forward=aws.lb.ListenerRuleActionForwardArgs(
                        target_groups=[
                            aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=group.arn, weight=weight)
                            for group, weight in zip(groups, (1, 0), strict=True)
                        ]
                    ),
                )
            ],
            opts=self.child(ignore_changes=["actions"]),
        )

    def _scale(self, service: aws.ecs.Service, groups: tuple[aws.lb.TargetGroup, aws.lb.TargetGroup]) -> None:
        args, settings = self._args, self._args.settings
        if settings.scaling is None:
            return
        scaling = AutoscalingArgs(
            settings=settings.scaling,
            cluster=args.names.cluster,
            service=args.names.service(self._name),
            load_balancer=args.route.arn_suffix,
            target_groups=(groups[0].arn_suffix, groups[1].arn_suffix),
        )
        Autoscaling(self._name, scaling, service, pulumi.ResourceOptions(parent=self))

    def _security_group(self) -> aws.ec2.SecurityGroup:
        args = self._args
        access = TaskNetworkAccess(
            service=args.names.service(self._name),
            port=args.settings.port,
            vpc_id=args.vpc_id,
            load_balancer_security_group_id=args.route.security_group_id,
            dependencies=args.dependencies,
        )
        return security_group(self._name, access, self.child())

    def _service(
        self,
        template: aws.ecs.TaskDefinition,
        groups: tuple[aws.lb.TargetGroup, aws.lb.TargetGroup],
        rule: aws.lb.ListenerRule,
    ) -> aws.ecs.Service:
        args, settings = self._args, self._args.settings
        return aws.ecs.Service(
            self._name,
            name=args.names.service(self._name),
            cluster=args.cluster_arn,
            # With a launch type instead, a later change to Spot would replace the service. The provider refuses another
            # strategy without force_new_deployment, which would be sent with every other change too: each would start a
            # deployment, outside of lock, window and ledger.
            capacity_provider_strategies=capacity_provider_strategies(args.spot_percent),
            task_definition=template.arn,
            desired_count=0,  # the first release starts the tasks: no placeholder is ever healthy
            availability_zone_rebalancing="ENABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            health_check_grace_period_seconds=settings.health_grace_seconds,
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            alarms=aws.ecs.ServiceAlarmsArgs(
                enable=True,
                rollback=True,
                alarm_names=deployment_alarms(args.names, self._name, self.metrics, args.alarms, self.child()),
            ),
            deployment_configuration=aws.ecs.ServiceDeploymentConfigurationArgs(strategy="ROLLING"),
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.subnet_ids, security_groups=[self._security_group().id], assign_public_ip=False
            ),
            load_balancers=[
                aws.ecs.ServiceLoadBalancerArgs(
                    container_name=self._name,
                    container_port=settings.port,
                    target_group_arn=groups[0].arn,
                    # From the start: a later change of strategy needs a serving revision that has it.
                    advanced_configuration=aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgs(
                        alternate_target_group_arn=groups[1].arn,
                        production_listener_rule=rule.arn,
                        role_arn=args.traffic_role_arn,
                    ),
                )
            ],
            wait_for_steady_state=False,
            opts=self.child(protect=args.protect, ignore_changes=["taskDefinition", "desiredCount"]),
        )


def _conditions(route: Route) -> list[aws.lb.ListenerRuleConditionArgs]:
    """A request has to match all of them."""
    paths = aws.lb.ListenerRuleConditionPathPatternArgs(values=list(route.paths))
    conditions = [aws.lb.ListenerRuleConditionArgs(path_pattern=paths)]
    if route.hosts:
        hosts = aws.lb.ListenerRuleConditionHostHeaderArgs(values=list(route.hosts))
        conditions.append(aws.lb.ListenerRuleConditionArgs(host_header=hosts))
    return conditions
