"""EventBridge Scheduler: schedules in the default group."""

from __future__ import annotations

from typing import Any

from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType, known
from sandbox.provider.shape import LEAF

_GROUP = "default"
_NETWORK = {"subnets": "Subnets", "securityGroups": "SecurityGroups"}
_RETRY = {"maximumEventAgeInSeconds": "MaximumEventAgeInSeconds", "maximumRetryAttempts": "MaximumRetryAttempts"}


class Schedule(ResourceType):
    """Its id is the group and the name. UpdateSchedule takes the whole schedule."""

    token = "aws:scheduler/schedule:Schedule"
    NAMES = {
        "description": "Description",
        "scheduleExpression": "ScheduleExpression",
        "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
        "state": "State",
    }
    inputs = {
        "name": LEAF,
        **dict.fromkeys(NAMES, LEAF),
        "flexibleTimeWindow": {"mode": LEAF},
        "target": {
            "arn": LEAF,
            "roleArn": LEAF,
            "ecsParameters": {
                "taskDefinitionArn": LEAF,
                "launchType": LEAF,
                "taskCount": LEAF,
                "networkConfiguration": {**dict.fromkeys(_NETWORK, LEAF), "assignPublicIp": LEAF},
            },
            "retryPolicy": dict.fromkeys(_RETRY, LEAF),
        },
    }

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("scheduler").create_schedule(**self._call(inputs))
        return f"{_GROUP}/{inputs['name']}"

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("scheduler").update_schedule(**self._call(new))

    def _call(self, inputs: Properties) -> dict[str, Any]:
        return {
            "Name": inputs["name"],
            "GroupName": _GROUP,
            **{self.NAMES[name]: value for name, value in known(inputs, *self.NAMES).items()},
            "FlexibleTimeWindow": {"Mode": inputs["flexibleTimeWindow"]["mode"]},
            "Target": _to_target(inputs["target"]),
        }

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        name = identifier.removeprefix(f"{_GROUP}/")
        found = or_none(lambda: aws("scheduler").get_schedule(GroupName=_GROUP, Name=name))
        if found is None:
            return None
        return {
            "arn": found["Arn"],
            "name": name,
            **{key: found[member] for key, member in self.NAMES.items() if member in found},
            "flexibleTimeWindow": {"mode": found["FlexibleTimeWindow"]["Mode"]},
            "target": _from_target(found["Target"]),
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("scheduler").delete_schedule(GroupName=_GROUP, Name=identifier.removeprefix(f"{_GROUP}/"))


def _to_target(target: Properties) -> dict[str, Any]:
    parameters = target["ecsParameters"]
    network = parameters["networkConfiguration"]
    addressed = {name: network[key] for key, name in _NETWORK.items()}
    public = "ENABLED" if network["assignPublicIp"] else "DISABLED"
    return {
        "Arn": target["arn"],
        "RoleArn": target["roleArn"],
        "EcsParameters": {
            "TaskDefinitionArn": parameters["taskDefinitionArn"],
            "LaunchType": parameters["launchType"],
            "TaskCount": int(parameters["taskCount"]),
            "NetworkConfiguration": {"awsvpcConfiguration": {**addressed, "AssignPublicIp": public}},
        },
        "RetryPolicy": {name: int(target["retryPolicy"][key]) for key, name in _RETRY.items()},
    }


def _from_target(target: dict[str, Any]) -> Properties:
    parameters = target["EcsParameters"]
    network = parameters["NetworkConfiguration"]["awsvpcConfiguration"]
    return {
        "arn": target["Arn"],
        "roleArn": target["RoleArn"],
        "ecsParameters": {
            "taskDefinitionArn": parameters["TaskDefinitionArn"],
            "launchType": parameters["LaunchType"],
            "taskCount": parameters["TaskCount"],
            "networkConfiguration": {
                **{key: network[name] for key, name in _NETWORK.items()},
                "assignPublicIp": network["AssignPublicIp"] == "ENABLED",
            },
        },
        "retryPolicy": {key: target["RetryPolicy"][name] for key, name in _RETRY.items()},
    }
