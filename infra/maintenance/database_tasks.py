"""One-off tasks on the database: creating the services' user, and the weekly maintenance with its schedule.

They run the operations image, which holds the release tool. Until a stack file has a version of it nothing can run: the
task definitions have an image that is never pushed, and the schedule is disabled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.core.dependency import Dependency
from infra.core.names import DB_INIT, DB_MAINTAIN, OPERATIONS
from infra.iam.documents import Statement, assume_role_policy, policy
from infra.iam.execution_role import execution_policy
from infra.service.image_repository import Repository, RepositoryArgs
from infra.service.security_group import EGRESS, INGRESS
from infra.service.settings import RegistrySettings
from infra.service.template import APPLICATION_USER, UNRELEASED

TASKS = "ecs-tasks.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"
SUNDAY_MORNING = "cron(0 2 ? * SUN *)"
"""In UTC; an hour before the database's own window."""
CPU, MEMORY = 256, 512


@dataclass(frozen=True, kw_only=True)
class MaintenanceArgs(ComponentArgs):
    """Cluster, subnets and database of the tasks."""

    account: pulumi.Input[str]
    region: str
    version: str | None
    """Tag of the operations image; None: none yet."""
    registry: RegistrySettings
    log_retention_days: int
    protect: bool
    cluster_arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    database: Dependency
    master_secret_arn: pulumi.Input[str]
    """The master user's secret, with which the services' user is created."""


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One task definition."""

    name: str
    command: Sequence[str]
    permissions: Sequence[Statement] = ()
    """Of its task role."""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Fetched by ECS when the task starts."""


class Maintenance(Component):
    """The operations image's repository, a task definition for each task, and the schedule."""

    TYPE = "axonflow:platform:Maintenance"

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        repository = RepositoryArgs(repository=args.names.repository(OPERATIONS), settings=args.registry, protect=args.protect)
        self._repository = Repository(OPERATIONS, repository, pulumi.ResourceOptions(parent=self))
        self._logs = aws.cloudwatch.LogGroup(
            OPERATIONS, name=args.names.log_group(OPERATIONS), retention_in_days=args.log_retention_days, opts=self.child()
        )
        group = self._security_group()
        self._task(_db_init(args))
        weekly = self._task(_db_maintain(args))
        self._schedule(weekly, group)
        self.register_outputs({})

    def _security_group(self) -> aws.ec2.SecurityGroup:
        args = self._args
        group = aws.ec2.SecurityGroup(
            OPERATIONS, description=f"One-off tasks of {args.names.stack}", vpc_id=args.vpc_id, opts=self.child()
        )
        EGRESS(
            f"{OPERATIONS}-to-anywhere",
            security_group_id=group.id,
            description="Images, logs, the AWS API",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
        INGRESS(
            f"database-from-{OPERATIONS}",
            security_group_id=args.database.security_group_id,
            description="One-off tasks",
            ip_protocol="tcp",
            from_port=args.database.port,
            to_port=args.database.port,
            referenced_security_group_id=group.id,
            opts=self.child(),
        )
        return group

    def _task(self, task: _Task) -> aws.ecs.TaskDefinition:
        args = self._args
        family = args.names.job(task.name)
        role = self._role(f"{task.name}-task", f"{family}-task", TASKS, f"Permissions of {family}", task.permissions)
        reads = [args.database] if task.secrets else []
        policy_ = execution_policy(self._repository.arn, self._logs.arn, reads, [])
        execution = self._role(f"{task.name}-execution", f"{family}-execution", TASKS, f"ECS starts {family} with it")
        aws.iam.RolePolicy(f"{task.name}-execution", name="start-tasks", role=execution.name, policy=policy_, opts=self.child())
        return aws.ecs.TaskDefinition(
            task.name,
            family=family,
            cpu=str(CPU),
            memory=str(MEMORY),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            execution_role_arn=execution.arn,
            task_role_arn=role.arn,
            container_definitions=self._container(task),
            skip_destroy=True,
            track_latest=False,
            opts=self.child(),
        )

    def _container(self, task: _Task) -> pulumi.Output[str]:
        args = self._args
        environment = {**args.database.environment, **task.environment}
        options = {
            "awslogs-group": self._logs.name,
            "awslogs-region": args.region,
            "awslogs-stream-prefix": task.name,
        }
        return pulumi.Output.json_dumps(
            [
                {
                    "name": OPERATIONS,
                    "image": pulumi.Output.concat(self._repository.url, ":", args.version or UNRELEASED),
                    "command": [*task.command, "--environment", args.names.environment],
                    "essential": True,
                    "user": APPLICATION_USER,
                    "portMappings": [],
                    "environment": [{"name": key, "value": environment[key]} for key in sorted(environment)],
                    "secrets": [{"name": key, "valueFrom": task.secrets[key]} for key in sorted(task.secrets)],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                    "mountPoints": [],
                    "volumesFrom": [],
                    "systemControls": [],
                }
            ]
        )

    def _role(
        self, logical: str, name: str, principal: str, description: str, permissions: Sequence[Statement] = ()
    ) -> aws.iam.Role:
        role = aws.iam.Role(
            logical,
            name=name,
            description=description,
            assume_role_policy=assume_role_policy(principal, self._args.account),
            opts=self.child(),
        )
        if permissions:
            aws.iam.RolePolicy(logical, name="permissions", role=role.name, policy=policy(*permissions), opts=self.child())
        return role

    def _schedule(self, weekly: aws.ecs.TaskDefinition, group: aws.ec2.SecurityGroup) -> None:
        args = self._args
        name = f"{args.names.stack}-maintenance"
        role = self._role(
            "maintenance-schedule",
            f"{name}-schedule",
            SCHEDULER,
            "EventBridge Scheduler starts the weekly maintenance",
            _schedule_permissions(args),
        )
        network = aws.scheduler.ScheduleTargetEcsParametersNetworkConfigurationArgs(
            subnets=args.subnet_ids, security_groups=[group.id], assign_public_ip=False
        )
        aws.scheduler.Schedule(
            "maintenance",
            name=name,
            description="Weekly maintenance of the database",
            schedule_expression=SUNDAY_MORNING,
            schedule_expression_timezone="UTC",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            state="DISABLED" if args.version is None else "ENABLED",
            target=aws.scheduler.ScheduleTargetArgs(
                arn=args.cluster_arn,
                role_arn=role.arn,
                ecs_parameters=aws.scheduler.ScheduleTargetEcsParametersArgs(
                    task_definition_arn=weekly.arn, launch_type="FARGATE", task_count=1, network_configuration=network
                ),
                # A missed weekly maintenance is for an operator to run, not for an hour when customers work.
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=2
                ),
            ),
            opts=self.child(),
        )


def _db_init(args: MaintenanceArgs) -> _Task:
    assert args.database.secret_arn is not None
    return _Task(
        name=DB_INIT,
        command=["db", "init"],
        environment={"MASTER_LOGIN_ARN": args.master_secret_arn, "APPLICATION_LOGIN_ARN": args.database.secret_arn},
        permissions=[
            Statement(
                reason="log in as the master user",
                actions=["secretsmanager:GetSecretValue"],
                resources=[args.master_secret_arn],
            ),
            Statement(
                reason="write the secret of the services' user",
                actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                resources=[args.database.secret_arn],
            ),
        ],
    )


def _db_maintain(args: MaintenanceArgs) -> _Task:
    """As the services' user, which owns the tables that it vacuums."""
    return _Task(name=DB_MAINTAIN, command=["db", "maintain"], secrets=args.database.secrets)


def _schedule_permissions(args: MaintenanceArgs) -> tuple[Statement, ...]:
    family = args.names.job(DB_MAINTAIN)
    roles = [pulumi.Output.concat("arn:aws:iam::", args.account, f":role/{family}-{kind}") for kind in ("task", "execution")]
    return (
        Statement(
            reason="run the task in the cluster",
            actions=["ecs:RunTask"],
            resources=[pulumi.Output.concat(f"arn:aws:ecs:{args.region}:", args.account, f":task-definition/{family}:*")],
            conditions={"ArnEquals": {"ecs:cluster": args.cluster_arn}},
        ),
        Statement(
            reason="pass its roles",
            actions=["iam:PassRole"],
            resources=roles,
            conditions={"StringEquals": {"iam:PassedToService": TASKS}},
        ),
    )
