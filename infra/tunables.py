"""Settings of a service that change without this program: their names and first values are its own, their values the release
tool's.

They are plain parameters, read by tasks when they start. Every property but the tags is ignored: an update of any other one
writes the whole parameter, and with it the value of before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.naming import Names


@dataclass(frozen=True, kw_only=True)
class TunablesArgs:
    """The service's short name, and the first value of each setting."""

    names: Names
    service: str
    defaults: Mapping[str, str]


class Tunables(Component):
    """A parameter for each setting."""

    TYPE = "axonflow:platform:Tunables"

    arns: Mapping[str, pulumi.Output[str]]
    """By the variable that a task reads."""

    def __init__(self, name: str, args: TunablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.arns = {key: self._parameter(key, value, args).arn for key, value in sorted(args.defaults.items())}
        self.register_outputs({})

    def _parameter(self, key: str, value: str, args: TunablesArgs) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            f"{args.service}/{key}",
            name=args.names.tunable(args.service, key),
            type="String",
            insecure_value=value,
            description=f"{key} of {args.service}: tasks read it when they start",
            opts=self.child(ignore_changes=["insecureValue", "type", "description"]),
        )
