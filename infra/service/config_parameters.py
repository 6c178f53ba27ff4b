"""SSM parameters of the settings that `appdeploy config` changes: this program owns names and initial values, the release tool
the values.

They are plain parameters, read by tasks when they start. Every property but the tags is ignored: an update of any other one
writes the whole parameter, and with it the previous value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs


@dataclass(frozen=True, kw_only=True)
class ConfigParametersArgs(ComponentArgs):
    """The service's short name, and the initial value of each setting."""

    service: str
    initial_values: Mapping[str, str]


class ConfigParameters(Component):
    """A parameter for each setting."""

    TYPE = "axonflow:platform:ConfigParameters"

    arns: Mapping[str, pulumi.Output[str]]
    """By the variable that a task reads."""

    def __init__(self, name: str, args: ConfigParametersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.arns = {key: self._parameter(key, value, args).arn for key, value in sorted(args.initial_values.items())}
        self.register_outputs({})

    def _parameter(self, key: str, value: str, args: ConfigParametersArgs) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            f"{args.service}/{key}",
            name=args.names.config_parameter(args.service, key),
            type="String",
            insecure_value=value,
            description=f"{key} of {args.service}: tasks read it when they start",
            opts=self.child(ignore_changes=["insecureValue", "type", "description"]),
        )
