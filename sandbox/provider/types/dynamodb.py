"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById
from sandbox.provider.shape import LEAF


class Table(DeletedById):
    token = "aws:dynamodb/table:Table"
    inputs = {
        "name": LEAF,
        "billingMode": LEAF,
        "hashKey": LEAF,
        "rangeKey": LEAF,
        "attributes": {"name": LEAF, "type": LEAF},
        "globalSecondaryIndexes": {
            "name": LEAF,
            "keySchemas": {"attributeName": LEAF, "keyType": LEAF},
            "projectionType": LEAF,
        },
        "pointInTimeRecovery": {"enabled": LEAF},
        "deletionProtectionEnabled": LEAF,
    }
    tagger = tagging.DYNAMODB
    delete_call = "dynamodb", "delete_table", "TableName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        keys = [(inputs["hashKey"], "HASH")] + ([(inputs["rangeKey"], "RANGE")] if "rangeKey" in inputs else [])
        aws("dynamodb").create_table(
            TableName=inputs["name"],
            BillingMode=inputs.get("billingMode", "PROVISIONED"),
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=self._attributes(inputs),
            **({"GlobalSecondaryIndexes": indexes} if (indexes := list(_indexes(inputs).values())) else {}),
            DeletionProtectionEnabled=inputs.get("deletionProtectionEnabled", False),
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        self._set_recovery(aws, inputs["name"], inputs)
        return str(inputs["name"])

    @staticmethod
    def _attributes(inputs: Properties) -> list[dict[str, Any]]:
        return [{"AttributeName": item["name"], "AttributeType": item["type"]} for item in inputs["attributes"]]

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        protected = new.get("deletionProtectionEnabled", False)
        if old.get("deletionProtectionEnabled", False) != protected:
            aws("dynamodb").update_table(TableName=identifier, DeletionProtectionEnabled=protected)
        self._set_indexes(aws, identifier, old, new)
        self._set_recovery(aws, identifier, new)

    def _set_indexes(self, aws: Aws, name: str, old: Properties, new: Properties) -> None:
        """One change a call, as UpdateTable demands; an index cannot be changed, so it is made again."""
        former, wanted = _indexes(old), _indexes(new)
        gone = [{"Delete": {"IndexName": index}} for index, made in former.items() if wanted.get(index) != made]
        more = [{"Create": made} for index, made in wanted.items() if former.get(index) != made]
        for change in [*gone, *more]:
            aws("dynamodb").update_table(
                TableName=name, AttributeDefinitions=self._attributes(new), GlobalSecondaryIndexUpdates=[change]
            )

    @staticmethod
    def _set_recovery(aws: Aws, name: str, inputs: Properties) -> None:
        enabled = inputs.get("pointInTimeRecovery", {}).get("enabled", False)
        specification = {"PointInTimeRecoveryEnabled": enabled}
        aws("dynamodb").update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("dynamodb").describe_table(TableName=identifier))
        if found is None:
            return None
        table = found["Table"]
        keys = {item["KeyType"]: item["AttributeName"] for item in table["KeySchema"]}
        backups = aws("dynamodb").describe_continuous_backups(TableName=identifier)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        definitions = table["AttributeDefinitions"]
        return {
            "arn": table["TableArn"],
            "name": identifier,
            "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "hashKey": keys["HASH"],
            **({"rangeKey": keys["RANGE"]} if "RANGE" in keys else {}),
            "attributes": [{"name": item["AttributeName"], "type": item["AttributeType"]} for item in definitions],
            "globalSecondaryIndexes": [_read_index(index) for index in table.get("GlobalSecondaryIndexes", [])],
            "pointInTimeRecovery": {"enabled": recovery},
            "deletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        }


def _indexes(inputs: Properties) -> dict[str, dict[str, Any]]:
    """As CreateTable takes them, by name."""
    return {
        index["name"]: {
            "IndexName": index["name"],
            "KeySchema": [{"AttributeName": key["attributeName"], "KeyType": key["keyType"]} for key in index["keySchemas"]],
            "Projection": {"ProjectionType": index["projectionType"]},
        }
        for index in inputs.get("globalSecondaryIndexes", [])
    }


def _read_index(index: dict[str, Any]) -> Properties:
    keys = [{"attributeName": key["AttributeName"], "keyType": key["KeyType"]} for key in index["KeySchema"]]
    return {"name": index["IndexName"], "keySchemas": keys, "projectionType": index["Projection"]["ProjectionType"]}
