"""Databases of RDS: the instance, its parameters, its subnets."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF
from sandbox.provider.waiting import wait_for

_CREATED_WITHIN_SECONDS = 60 * 60.0
"""The real provider's own limit (registry.terraform.io/providers/hashicorp/aws, db_instance: Timeouts)."""


class SubnetGroup(DeletedById):
    """Its subnets cannot be changed here: the emulator loses a group that is modified."""

    token = "aws:rds/subnetGroup:SubnetGroup"
    inputs = {"name": LEAF, "description": LEAF, "subnetIds": LEAF}
    unchangeable = frozenset({"description", "subnetIds"})
    tagger = tagging.RDS
    delete_call = "rds", "delete_db_subnet_group", "DBSubnetGroupName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("rds").create_db_subnet_group(
            DBSubnetGroupName=inputs["name"],
            DBSubnetGroupDescription=inputs.get("description", "Managed by Pulumi"),
            SubnetIds=inputs["subnetIds"],
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(inputs["name"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("rds").describe_db_subnet_groups(DBSubnetGroupName=identifier))
        if found is None:
            return None
        group = found["DBSubnetGroups"][0]
        return {
            "arn": group["DBSubnetGroupArn"],
            "name": group["DBSubnetGroupName"],
            "description": group["DBSubnetGroupDescription"],
            "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
            "vpcId": group["VpcId"],
        }


class ParameterGroup(DeletedById):
    token = "aws:rds/parameterGroup:ParameterGroup"
    inputs = {
        "name": LEAF,
        "family": LEAF,
        "description": LEAF,
        "parameters": {"name": LEAF, "value": LEAF, "applyMethod": LEAF},
    }
    tagger = tagging.RDS
    delete_call = "rds", "delete_db_parameter_group", "DBParameterGroupName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("rds").create_db_parameter_group(
            DBParameterGroupName=inputs["name"],
            DBParameterGroupFamily=inputs["family"],
            Description=inputs.get("description", "Managed by Pulumi"),
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        self.update(aws, inputs["name"], {}, inputs)
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """New and changed parameters, then those reset that are not wanted any more."""
        former, wanted = ({item["name"]: item for item in inputs.get("parameters", [])} for inputs in (old, new))
        changed = [_parameter(item) for name, item in wanted.items() if former.get(name) != item]
        for start in range(0, len(changed), _PARAMETERS_A_CALL):
            chunk = changed[start : start + _PARAMETERS_A_CALL]
            aws("rds").modify_db_parameter_group(DBParameterGroupName=identifier, Parameters=chunk)
        gone = [
            {"ParameterName": name, "ApplyMethod": item.get("applyMethod", "immediate")}
            for name, item in former.items()
            if name not in wanted
        ]
        if gone:
            aws("rds").reset_db_parameter_group(DBParameterGroupName=identifier, Parameters=gone)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("rds").describe_db_parameter_groups(DBParameterGroupName=identifier))
        # Where AWS says that there is none, the emulator answers with an empty list.
        if found is None or not found["DBParameterGroups"]:
            return None
        group = found["DBParameterGroups"][0]
        parameters = aws("rds").describe_db_parameters(DBParameterGroupName=identifier)["Parameters"]
        return {
            "arn": group["DBParameterGroupArn"],
            "name": group["DBParameterGroupName"],
            "family": group["DBParameterGroupFamily"],
            "description": group["Description"],
            "parameters": [
                {"name": item["ParameterName"], "value": item["ParameterValue"], "applyMethod": item["ApplyMethod"]}
                for item in parameters
            ],
        }


_PARAMETERS_A_CALL = 20
"""Of ModifyDBParameterGroup (API reference of RDS)."""


def _parameter(item: Properties) -> dict[str, Any]:
    return {
        "ParameterName": item["name"],
        "ParameterValue": item["value"],
        "ApplyMethod": item.get("applyMethod", "immediate"),
    }


_FIELDS = {
    "identifier": "DBInstanceIdentifier",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "instanceClass": "DBInstanceClass",
    "allocatedStorage": "AllocatedStorage",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "storageType": "StorageType",
    "storageEncrypted": "StorageEncrypted",
    "multiAz": "MultiAZ",
    "dbName": "DBName",
    "username": "MasterUsername",
    "publiclyAccessible": "PubliclyAccessible",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "deletionProtection": "DeletionProtection",
    "monitoringInterval": "MonitoringInterval",
    "monitoringRoleArn": "MonitoringRoleArn",
}
"""Called the same in calls and answers."""

_SENT = {
    "port": "Port",
    "manageMasterUserPassword": "ManageMasterUserPassword",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "parameterGroupName": "DBParameterGroupName",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Called otherwise in answers. The emulator forgets the two of Performance Insights."""

_AT_DELETION = ("skipFinalSnapshot", "finalSnapshotIdentifier", "deleteAutomatedBackups")
"""Not for AWS before the instance is deleted."""


class Instance(ResourceType):
    token = "aws:rds/instance:Instance"
    inputs = dict.fromkeys([*_FIELDS, *_SENT, *_AT_DELETION, "applyImmediately"], LEAF)
    unchangeable = frozenset({"identifier", "dbSubnetGroupName", "port"})
    tagger = tagging.RDS

    def create(self, aws: Aws, inputs: Properties) -> str:
        names = {**_FIELDS, **_SENT}
        sent = {names[name]: value for name, value in known(inputs, *names).items()}
        aws("rds").create_db_instance(**sent, Tags=tagging.pairs(inputs["tagsAll"]))
        identifier = str(inputs["identifier"])
        wait_for("available", lambda: _status(aws, identifier), f"database {identifier}", _CREATED_WITHIN_SECONDS)
        return identifier

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """What changed, the protection always. Left to the window unless `applyImmediately` is given: then AWS carries out all
        that is pending, also when nothing else has changed."""
        names = {**_FIELDS, **_SENT}
        differing = {name for name in new if old.get(name) != new[name] and not name.startswith("tags")}
        if not differing - set(_AT_DELETION):
            return
        changed = {names[name]: value for name, value in known(new, *names).items() if name in differing}
        exports = changed.pop("EnableCloudwatchLogsExports", None)
        if exports is not None:
            changed["CloudwatchLogsExportConfiguration"] = _export_change(old, exports)
        changed["DeletionProtection"] = bool(new.get("deletionProtection"))
        immediately = bool(new.get("applyImmediately"))
        aws("rds").modify_db_instance(DBInstanceIdentifier=identifier, ApplyImmediately=immediately, **changed)
        wait_for("available", lambda: _status(aws, identifier), f"database {identifier}", _CREATED_WITHIN_SECONDS)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("rds").describe_db_instances(DBInstanceIdentifier=identifier))
        if found is None:
            return None
        instance: dict[str, Any] = found["DBInstances"][0]
        return {
            **{name: instance[answer] for name, answer in _FIELDS.items() if answer in instance},
            "arn": instance["DBInstanceArn"],
            "address": instance["Endpoint"]["Address"],
            "port": instance["Endpoint"]["Port"],
            "endpoint": f"{instance['Endpoint']['Address']}:{instance['Endpoint']['Port']}",
            "status": instance["DBInstanceStatus"],
            "resourceId": instance["DbiResourceId"],
            "manageMasterUserPassword": "MasterUserSecret" in instance,
            "masterUserSecrets": _master_secrets(instance),
            "dbSubnetGroupName": instance["DBSubnetGroup"]["DBSubnetGroupName"],
            "vpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]],
            "parameterGroupName": instance["DBParameterGroups"][0]["DBParameterGroupName"],
            "enabledCloudwatchLogsExports": instance.get("EnabledCloudwatchLogsExports", []),
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        snapshot = {} if state.get("skipFinalSnapshot") else {"FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"]}
        aws("rds").delete_db_instance(
            DBInstanceIdentifier=identifier,
            SkipFinalSnapshot=bool(state.get("skipFinalSnapshot")),
            DeleteAutomatedBackups=state.get("deleteAutomatedBackups", True),
            **snapshot,
        )


def _status(aws: Aws, identifier: str) -> str:
    return str(aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]["DBInstanceStatus"])


def _export_change(old: Properties, wanted: list[str]) -> dict[str, list[str]]:
    former = old.get("enabledCloudwatchLogsExports", [])
    return {
        "EnableLogTypes": [kind for kind in wanted if kind not in former],
        "DisableLogTypes": [kind for kind in former if kind not in wanted],
    }


def _master_secrets(instance: dict[str, Any]) -> list[Properties]:
    secret = instance.get("MasterUserSecret")
    return [{"secretArn": secret["SecretArn"], "secretStatus": secret["SecretStatus"]}] if secret else []
