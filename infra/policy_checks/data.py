"""Checks of data stores: databases, caches, tables, secrets, logs, images."""

from __future__ import annotations

from infra.policy_checks.model import (
    Finding,
    PolicyCheck,
    Resource,
    Stack,
    at_least,
    ignores_changes,
    must_be,
    protected,
    value_at,
)

_DATABASE = "aws:rds/instance:Instance"
_CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
_TABLE = "aws:dynamodb/table:Table"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_IMAGES = "aws:ecr/repository:Repository"

_GONE = "an environment was taken down with intent, and its data was needed a week later"
_LOST = "a stack that was destroyed by mistake lost its data"


def _has_lifecycle(resource: Resource, stack: Stack) -> Finding:
    kept = [policy for policy in stack.of("aws:ecr/lifecyclePolicy:LifecyclePolicy") if policy.name == resource.name]
    return None if kept else "has no lifecycle policy"


def _exports_log(resource: Resource, stack: Stack) -> Finding:
    exported: list[str] = value_at(resource, "enabledCloudwatchLogsExports") or []
    return None if "postgresql" in exported else "does not export its log to CloudWatch"


def _own_log_group(resource: Resource, stack: Stack) -> Finding:
    group = f"/aws/rds/instance/{resource.inputs.get('identifier')}/postgresql"
    declared = {item.inputs.get("name") for item in stack.of(_LOGS)}
    return None if group in declared else f"has no log group {group}: RDS would create one that never expires"


def _no_password(resource: Resource, stack: Stack) -> Finding:
    return "has a password in its inputs, so it would be in the state" if resource.inputs.get("password") is not None else None


CHECKS = (
    must_be("database-not-public", "RDS.2", _DATABASE, "publiclyAccessible", False),
    must_be("database-encrypted", "RDS.3", _DATABASE, "storageEncrypted", True),
    must_be("database-standby", "RDS.5", _DATABASE, "multiAz", True, production=True),
    at_least("database-monitored", "RDS.6", _DATABASE, "monitoringInterval", 1),
    must_be("database-deletion-protection", "RDS.8", _DATABASE, "deletionProtection", True, production=True),
    PolicyCheck("database-logs", "RDS.9", _DATABASE, _exports_log),
    at_least("database-backups", "RDS.11", _DATABASE, "backupRetentionPeriod", 7),
    must_be("database-minor-upgrades", "RDS.13", _DATABASE, "autoMinorVersionUpgrade", True),
    must_be("database-snapshot-tags", "RDS.17", _DATABASE, "copyTagsToSnapshot", True),
    must_be("database-managed-password", "SecretsManager.1", _DATABASE, "manageMasterUserPassword", True),
    PolicyCheck(
        "database-no-password", "a password in the state file was read by everyone who could preview", _DATABASE, _no_password
    ),
    must_be(
        "database-insights",
        "a slow query left no record",
        _DATABASE,
        "performanceInsightsEnabled",
        True,
    ),
    PolicyCheck("database-log-group", "CloudWatch.16", _DATABASE, _own_log_group),
    protected("database-protected", _LOST, _DATABASE),
    must_be("database-final-snapshot", _GONE, _DATABASE, "skipFinalSnapshot", False, production=True),
    must_be("database-backups-outlive-it", _GONE, _DATABASE, "deleteAutomatedBackups", False, production=True),
    must_be("cache-failover", "ElastiCache.3", _CACHE, "automaticFailoverEnabled", True, production=True),
    must_be("cache-minor-upgrades", "ElastiCache.2", _CACHE, "autoMinorVersionUpgrade", True),
    must_be("cache-encrypted", "ElastiCache.4", _CACHE, "atRestEncryptionEnabled", True),
    must_be("cache-tls", "ElastiCache.5", _CACHE, "transitEncryptionEnabled", True),
    ignores_changes("cache-ignores-token", "a new token at each update locked every task out", _CACHE, "authToken"),
    protected("cache-protected", _LOST, _CACHE),
    must_be("table-recoverable", "DynamoDB.2", _TABLE, "pointInTimeRecovery.enabled", True),
    must_be("table-deletion-protection", "DynamoDB.6", _TABLE, "deletionProtectionEnabled", True, production=True),
    protected("table-protected", _LOST, _TABLE),
    must_be("images-scanned", "ECR.1", _IMAGES, "imageScanningConfiguration.scanOnPush", True),
    must_be("images-immutable", "ECR.2", _IMAGES, "imageTagMutability", "IMMUTABLE"),
    PolicyCheck("images-expire", "ECR.3", _IMAGES, _has_lifecycle),
    at_least("logs-expire", "a log group without a retention keeps and costs for ever", _LOGS, "retentionInDays", 1),
)
