"""The database: PostgreSQL 15 on RDS, in isolated subnets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.core.dependency import Dependency
from infra.data.settings import DatabaseSettings
from infra.data.store import StoreArgs
from infra.iam.service_role import service_role

PORT = 5432
VERSION = "15"
"""The major version alone: RDS applies minor ones in the maintenance window, without a diff here."""
DATABASE = "axonflow"
MASTER = "axonflow_admin"
MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
BACKUP_WINDOW = "00:30-01:30"
MAINTENANCE_WINDOW = "sun:03:00-sun:04:00"
"""UTC; after the platform's own maintenance, which begins on Sundays at 02:00."""

RECOVERY_DAYS = 30
"""How long a deleted secret can be restored. With 0 days its name is free at once and the environment can be rebuilt."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs(StoreArgs):
    """Subnets and size of the database."""

    account: pulumi.Input[str]
    settings: DatabaseSettings
    log_retention_days: int


class Database(Component):
    """One instance, and the secret of the services' database user.

    RDS keeps the master user's password in a secret of its own and rotates it every 7 days, so no service uses it. The
    services' user is created once the database exists, with its secret's value (docs/runbook.md); until then the secret is
    empty, and ECS starts no task that refers to it.
    """

    TYPE = "axonflow:platform:Database"

    dependency: Dependency
    identifier: pulumi.Output[str]
    log_group: pulumi.Output[str]
    master_secret_arn: pulumi.Output[str]
    """The secret that RDS keeps."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        group = aws.ec2.SecurityGroup(
            name, description=f"Database of {args.names.stack}", vpc_id=args.vpc_id, opts=self.child()
        )
        log = self._log_group()
        instance = self._instance(group, log)
        secret = self._application_secret()
        self.dependency = _dependency(name, group, instance, secret)
        self.identifier, self.log_group = instance.identifier, log.name
        self.master_secret_arn = instance.master_user_secrets.apply(lambda secrets: str(secrets[0].secret_arn))
        self.register_outputs({"address": instance.address})

    def _instance(self, group: aws.ec2.SecurityGroup, log: aws.cloudwatch.LogGroup) -> aws.rds.Instance:
        args, settings = self._args, self._args.settings
        return aws.rds.Instance(
            self._name,
            identifier=args.names.database,
            engine="postgres",
            engine_version=VERSION,
            instance_class=settings.instance_class,
            allocated_storage=settings.storage_gib,
            max_allocated_storage=settings.max_storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            multi_az=settings.multi_az,
            db_name=DATABASE,
            port=PORT,
            username=MASTER,
            manage_master_user_password=True,
            db_subnet_group_name=self._subnet_group().name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            parameter_group_name=self._parameter_group().name,
            backup_retention_period=settings.backup_days,
            backup_window=BACKUP_WINDOW,
            maintenance_window=MAINTENANCE_WINDOW,
            auto_minor_version_upgrade=True,
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            performance_insights_enabled=True,
            performance_insights_retention_period=settings.insights_days,
            monitoring_interval=settings.monitoring_seconds,
            monitoring_role_arn=self._monitoring_role(),
            deletion_protection=args.protect,
            apply_immediately=settings.changes == "now",
            skip_final_snapshot=args.disposable,
            final_snapshot_identifier=args.final_snapshot(args.names.database, group.id),
            delete_automated_backups=args.disposable,
            opts=self.child(protect=args.protect, depends_on=[log]),
        )

    def _subnet_group(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self._name,
            name=self._args.names.database,
            description="Isolated subnets",
            subnet_ids=self._args.subnet_ids,
            opts=self.child(),
        )

    def _parameter_group(self) -> aws.rds.ParameterGroup:
        """Both are applied without a restart. A new major version has another family, so the version is in the name."""
        values = {"log_min_duration_statement": str(self._args.settings.slow_query_ms), "rds.force_ssl": "1"}
        return aws.rds.ParameterGroup(
            self._name,
            name=f"{self._args.names.database}-postgres{VERSION}",
            family=f"postgres{VERSION}",
            description="Slow queries are logged, plain connections rejected",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method="immediate")
                for name, value in values.items()
            ],
            opts=self.child(),
        )

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        """Where RDS exports its log to. It would create the group itself, without a retention."""
        return aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/rds/instance/{self._args.names.database}/postgresql",
            retention_in_days=self._args.log_retention_days,
            opts=self.child(),
        )

    def _monitoring_role(self) -> pulumi.Output[str]:
        """The role by which RDS writes enhanced monitoring metrics; known once its policy is attached."""
        return service_role(
            self,
            f"{self._name}-monitoring",
            f"{self._args.names.stack}-db-monitoring",
            "monitoring.rds.amazonaws.com",
            self._args.account,
            MONITORING_POLICY,
            "RDS writes enhanced monitoring metrics with it",
        )

    def _application_secret(self) -> aws.secretsmanager.Secret:
        return aws.secretsmanager.Secret(
            f"{self._name}-application",
            name=self._args.names.secret("database"),
            description="User name and password of the services, as JSON; written when that user is created",
            recovery_window_in_days=0 if self._args.disposable else RECOVERY_DAYS,
            opts=self.child(protect=self._args.protect),
        )


def _dependency(
    name: str, group: aws.ec2.SecurityGroup, instance: aws.rds.Instance, secret: aws.secretsmanager.Secret
) -> Dependency:
    return Dependency(
        name=name,
        port=PORT,
        security_group_id=group.id,
        environment={
            "DATABASE_HOST": instance.address,
            "DATABASE_PORT": str(PORT),
            "DATABASE_NAME": DATABASE,
            "DATABASE_SSLMODE": "require",
        },
        secrets={
            "DATABASE_USER": pulumi.Output.concat(secret.arn, ":username::"),
            "DATABASE_PASSWORD": pulumi.Output.concat(secret.arn, ":password::"),
        },
        secret_arn=secret.arn,
    )
