"""The table of releases, to which the release tool writes its lock and its history."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs

_INDEXES = ("open", "organisation")
"""Attributes of few items: releases that are not settled, and releases for one customer."""


@dataclass(frozen=True, kw_only=True)
class ReleasesTableArgs(ComponentArgs):
    """The environment's names, and the table's protection."""

    protect: bool


class ReleasesTable(Component):
    """The table of releases: one partition for each environment's history, lock and organisations."""

    TYPE = "axonflow:platform:Releases"

    table_name: pulumi.Output[str]

    def __init__(self, name: str, args: ReleasesTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        table = aws.dynamodb.Table(
            name,
            name=args.names.releases_table,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S") for key in ("pk", "sk", *_INDEXES)],
            global_secondary_indexes=[_index(key) for key in _INDEXES],
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            deletion_protection_enabled=args.protect,
            opts=self.child(protect=args.protect),
        )
        self.table_name = table.name
        self.register_outputs({"tableName": self.table_name})


def _index(key: str) -> aws.dynamodb.TableGlobalSecondaryIndexArgs:
    """The items with this attribute, by its value and in order of time."""
    keys = [(key, "HASH"), ("sk", "RANGE")]
    return aws.dynamodb.TableGlobalSecondaryIndexArgs(
        name=key,
        key_schemas=[
            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(attribute_name=name, key_type=kind) for name, kind in keys
        ],
        projection_type="ALL",
    )
