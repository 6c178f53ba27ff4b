"""Run the infrastructure program without an engine, and keep what it declared as plain data.

Uses private names of the SDK (`_special_sig_key` and others, `_sync_await`): they stay in this file, and the SDK is pinned.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import get_root_resource, run_pulumi_func
from pulumi.runtime.sync_await import _sync_await

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Declared:
    """One resource as it was registered: its inputs, and the options that mocks usually hide."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    ignores: tuple[str, ...]
    protected: bool
    depends_on: tuple[str, ...]


@dataclass
class Recording:
    """Everything that one run of the program declared."""

    resources: list[Declared] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Declared]:
        return [resource for resource in self.resources if resource.type == kind]

    def one(self, kind: str, name: str) -> Declared:
        found = [resource for resource in self.of(kind) if resource.name == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}; there are {[item.name for item in self.of(kind)]}"
        return found[0]


class _Monitor(mocks.MockMonitor):
    def __init__(self, answers: _Answers, recording: Recording) -> None:
        super().__init__(answers)
        self._recording = recording
        answers.route_tables = [self._route_table(kind, zone) for zone in (1, 2) for kind in ("public", "private", "isolated")]

    def _route_table(self, kind: str, zone: int) -> dict[str, Any]:
        """A resource that a component hands out without the program having declared it."""
        name = f"{kind}-{zone}"
        urn, state = self.make_urn("", ROUTE_TABLE, name), {"tags": {"SubnetType": kind.capitalize()}}
        self.resources[urn] = self.ResourceRegistration(urn, name, state)
        return {rpc._special_sig_key: rpc._special_resource_sig, "urn": urn, "id": name}

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            self._recording.resources.append(
                Declared(
                    request.type,
                    request.name,
                    rpc.deserialize_properties(request.object, keep_unknowns=True),
                    request.parent,
                    tuple(request.ignoreChanges),
                    request.protect,
                    tuple(request.dependencies),
                )
            )
        return super().RegisterResource(request)


# What AWS computes, by type; everything else answers with its inputs and an ARN.
COMPUTED: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "aws:ecs/cluster:Cluster": lambda name, given: {"arn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/{given['name']}"},
    "aws:ecs/service:Service": lambda name, given: {
        "arn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:service/cluster/{given['name']}"
    },
    "aws:ecs/taskDefinition:TaskDefinition": lambda name, given: {
        "arn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/{given['family']}:1"
    },
    "aws:lb/loadBalancer:LoadBalancer": lambda name, given: {
        "arn": f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/app/{name}/1",
        "dnsName": f"{name}.elb.amazonaws.com",
        "arnSuffix": f"app/{name}/1",
        "zoneId": "Z215JYRZR1TBD5",
    },
    "aws:lb/targetGroup:TargetGroup": lambda name, given: {
        "arn": f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:targetgroup/{name}/1",
        "arnSuffix": f"targetgroup/{name}/1",
    },
    "aws:lb/listener:Listener": lambda name, given: {
        "arn": str(given.get("loadBalancerArn")).replace(":loadbalancer/", ":listener/") + f"/{name}"
    },
    "aws:lb/listenerRule:ListenerRule": lambda name, given: {
        "arn": str(given.get("listenerArn")).replace(":listener/", ":listener-rule/") + "/3"
    },
    "aws:ecr/repository:Repository": lambda name, given: {
        "arn": f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/{given['name']}",
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/{given['name']}",
    },
    "aws:acm/certificate:Certificate": lambda name, given: {
        "domainValidationOptions": [
            {
                "domainName": host,
                "resourceRecordName": f"_proof.{host}",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws",
            }
            for host in (given["domainName"], *given["subjectAlternativeNames"])
        ]
    },
    "aws:route53/record:Record": lambda name, given: {"fqdn": given.get("name")},
    "aws:iam/policy:Policy": lambda name, given: {"arn": f"arn:aws:iam::{ACCOUNT}:policy/{given['name']}"},
    "aws:iam/role:Role": lambda name, given: {"arn": f"arn:aws:iam::{ACCOUNT}:role/{given['name']}"},
    "aws:ssm/parameter:Parameter": lambda name, given: {"arn": f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter{given['name']}"},
    "aws:cloudwatch/logGroup:LogGroup": lambda name, given: {
        "arn": f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:{given['name']}"
    },
    "aws:kms/key:Key": lambda name, given: {"arn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{name}", "keyId": name},
    "aws:rds/instance:Instance": lambda name, given: {
        "address": f"{given['identifier']}.rds.amazonaws.com",
        "masterUserSecrets": [{"secretArn": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db-1-AbCdEf"}],
    },
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda name, given: {
        "primaryEndpointAddress": f"master.{given['replicationGroupId']}.cache.amazonaws.com"
    },
    "aws:secretsmanager/secret:Secret": lambda name, given: {
        "arn": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:{given['name']}-AbCdEf"
    },
}
ZONE = "Z0LOOKEDUP"
"""What the mocked Route 53 answers for the zone that a stack file names."""
TOKEN = "drawn"
"""What the mocked Secrets Manager draws as a password."""
VPC = {
    "vpcId": "vpc-1",
    "publicSubnetIds": ["public-1", "public-2"],
    "privateSubnetIds": ["private-1", "private-2"],
    "isolatedSubnetIds": ["isolated-1", "isolated-2"],
}
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"


class _Answers(pulumi.runtime.Mocks):
    def __init__(self, unknown: bool) -> None:
        self._unknown = unknown
        self.route_tables: list[dict[str, Any]] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "awsx:ec2:Vpc":
            # Outputs alone: a component's inputs of the same name have another shape than its outputs.
            return "", {**VPC, "routeTables": self.route_tables}
        if not args.custom:
            return "", {}
        computed = {"arn": f"arn:aws:mock:eu-central-1:{ACCOUNT}:{args.name}", "name": args.name}
        computed.update(COMPUTED.get(args.typ, lambda name, given: {})(args.name, args.inputs))
        if self._unknown:
            return None, {**dict.fromkeys(computed, rpc.UNKNOWN), **args.inputs}
        return f"{args.name}-id", {**computed, **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        if args.token == "aws:secretsmanager/getRandomPassword:getRandomPassword":
            return {"randomPassword": TOKEN, **args.args}
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT, **args.args}
        if args.token == "aws:route53/getZone:getZone":
            return {"zoneId": ZONE, **args.args}
        raise AssertionError(f"the program asks AWS while it builds: {args.token}")


def stack_settings(stack: str) -> dict[str, Any]:
    """The configuration of a real stack file, to be changed at will."""
    return deepcopy(_stack_file(stack))


@cache
def _stack_file(stack: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"])


def one_service(stack: str = "staging") -> dict[str, Any]:
    """The same with the agent alone: for a change that concerns no other service, in half of the time."""
    config = stack_settings(stack)
    services = config["axonflow:platform"]["services"]
    config["axonflow:platform"]["services"] = {"agent": services["agent"]}
    return config


def run(program: Callable[[], None], stack: str, config: dict[str, Any], *, unknown: bool = False) -> Recording:
    """Run a program under mocks; `unknown` is what the first preview of a new stack sees: no computed value is known."""
    recording, answers = Recording(), _Answers(unknown)
    mocks.set_mocks(answers, project="axonflow", stack=stack, preview=unknown, monitor=_Monitor(answers, recording))
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    pulumi.runtime.set_all_config(texts)
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    root = get_root_resource()
    root.outputs.clear()
    # As infra/__main__.py does: among so many tasks a collection costs more than the run.
    gc.disable()
    try:
        _sync_await(run_pulumi_func(program))
        _sync_await(_read_exports(root, recording))
    finally:
        gc.enable()
    return recording


async def _wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:
    """The SDK's own waits for one output at a time, which costs the square of their number; this one for all together."""
    manager = SETTINGS.rpc_manager
    while manager.rpcs or SETTINGS.outputs:
        while manager.rpcs:
            await manager.rpcs.pop()
        if manager.unhandled_exception is not None:
            raise manager.unhandled_exception
        outputs = list(SETTINGS.outputs)
        SETTINGS.outputs.clear()
        if outputs:
            done, pending = await asyncio.wait(outputs, return_when=asyncio.FIRST_EXCEPTION)
            SETTINGS.outputs.update(pending)
            for task in done:
                task.result()


pulumi.runtime.stack.wait_for_rpcs = _wait_for_rpcs


async def _read_exports(root: Any, recording: Recording) -> None:
    for name, value in root.outputs.items():
        recording.exports[name] = await pulumi.Output.from_input(value).future()
