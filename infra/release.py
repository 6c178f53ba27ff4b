"""What the release tool needs: the table that it writes its history to, and the contract that tells it the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from appdeploy.model.contract import PlatformContract, Promotion, ReleaseWindow, ServiceContract, contract_path
from infra.component import Component
from infra.naming import Names
from infra.service import Service
from infra.service_settings import ServiceSettings

_INDEXES = ("open", "organisation")
"""Attributes that few items have: releases that are not settled, and releases for one customer alone."""


@dataclass(frozen=True, kw_only=True)
class ReleasesArgs:
    """The environment's names, and whether the table may be deleted."""

    names: Names
    protect: bool


class Releases(Component):
    """The table of releases: one partition for each environment's history, lock and organisations."""

    TYPE = "axonflow:platform:Releases"

    table_name: pulumi.Output[str]

    def __init__(self, name: str, args: ReleasesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
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
    """The items that have this attribute, by its value and in their order of time."""
    keys = [(key, "HASH"), ("sk", "RANGE")]
    return aws.dynamodb.TableGlobalSecondaryIndexArgs(
        name=key,
        key_schemas=[
            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(attribute_name=name, key_type=kind) for name, kind in keys
        ],
        projection_type="ALL",
    )


@dataclass(frozen=True, kw_only=True)
class ContractArgs:
    """All that the contract names. The component waits for all of it."""

    names: Names
    account: pulumi.Input[str]
    region: str
    cluster_arn: pulumi.Input[str]
    releases_table: pulumi.Input[str]
    url: pulumi.Input[str]
    services: Mapping[str, Service]
    settings: Mapping[str, ServiceSettings]
    windows: Sequence[ReleaseWindow]
    promotion: Promotion | None


class Contract(Component):
    """The parameters that the release tool reads, written after everything that they name."""

    TYPE = "axonflow:platform:Contract"

    def __init__(
        self,
        name: str,
        args: ContractArgs,
        written_after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._path, self._after = contract_path(args.names.environment), list(written_after)
        self._parameter("platform", _platform_document(args))
        for service in args.services:
            self._parameter(f"services/{service}", _service_document(service, args))
        self.register_outputs({})

    def _parameter(self, key: str, document: pulumi.Output[str]) -> None:
        # `insecure_value` and not `value`: the SDK makes the latter a secret, which would hide the change in a preview.
        aws.ssm.Parameter(
            f"contract/{key}",
            name=f"{self._path}{key}",
            type="String",
            insecure_value=document,
            description="Contract between infrastructure and releases; written by the infrastructure program",
            opts=self.child(depends_on=self._after),
        )


def _document(model: type[PlatformContract] | type[ServiceContract], fields: Mapping[str, Any]) -> pulumi.Output[str]:
    """The model's JSON once all of its values are known; a wrong value fails the update before it is written."""
    return pulumi.Output.all(**fields).apply(lambda values: model.model_validate(values).dump())


def _platform_document(args: ContractArgs) -> pulumi.Output[str]:
    return _document(
        PlatformContract,
        {
            "environment": args.names.environment,
            "account": args.account,
            "region": args.region,
            "cluster": args.cluster_arn,
            "releases_table": args.releases_table,
            "url": args.url,
            "windows": [window.model_dump(mode="json") for window in args.windows],
            "promotion": args.promotion and args.promotion.model_dump(mode="json"),
            # The account's own bus, on which infra/notices.py listens.
            "event_bus": pulumi.Output.concat("arn:aws:events:", args.region, ":", args.account, ":event-bus/default"),
        },
    )


def _service_document(name: str, args: ContractArgs) -> pulumi.Output[str]:
    service, settings = args.services[name], args.settings[name]
    return _document(
        ServiceContract,
        {
            "name": name,
            "service": service.arn,
            "family": args.names.family(name),
            "template": service.template_arn,
            "container": name,
            "repository": service.repository_url,
            "desired_count": settings.desired_count,
            "scaling": settings.scaling and settings.scaling.model_dump(include={"minimum", "maximum"}),
            "target_groups": list(service.target_group_arns),
            "listener_rule": service.listener_rule_arn,
            "health_path": settings.health_path,
            "order": settings.order,
            "before": settings.before and settings.before.model_dump(mode="json"),
        },
    )
