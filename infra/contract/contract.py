"""The contract: SSM parameters that describe the platform to the release tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from appdeploy.model.contract import PlatformContract, Promotion, ReleaseWindow, ServiceContract, contract_path
from infra.core.component import Component, ComponentArgs
from infra.service.service import Service
from infra.service.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class ContractArgs(ComponentArgs):
    """Every value of the contract."""

    account: pulumi.Input[str]
    region: str
    cluster_arn: pulumi.Input[str]
    releases_table: pulumi.Input[str]
    url: pulumi.Input[str]
    services: Mapping[str, Service]
    settings: Mapping[str, ServiceSettings]
    windows: Sequence[ReleaseWindow]
    promotion: Promotion | None
    protected: bool


class Contract(Component):
    """The parameters that the release tool reads, written after everything that they name."""

    TYPE = "axonflow:platform:Contract"

    def __init__(
        self,
        name: str,
        args: ContractArgs,
        depends_on: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._path, self._dependencies = contract_path(args.names.environment), list(depends_on)
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
            opts=self.child(depends_on=self._dependencies),
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
            "protected": args.protected,
            # The account's default bus, which infra/monitoring/event_rules.py has rules on.
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
            "wave": settings.wave,
            "pre_deploy": settings.pre_deploy and settings.pre_deploy.model_dump(mode="json"),
        },
    )
