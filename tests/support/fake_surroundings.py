"""What a release meets around ECS, for unit tests: contract, images, bounds of scaling, and all that a preflight asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.support.release_scenario import ACCOUNT, ENVIRONMENT, LONG_AGO, REGION, AwsSays


class FakeSurroundings:
    """Plain data, none of which a rollout moves. A method `_Operation` answers that call."""

    def __init__(self) -> None:
        super().__init__()
        self.account = ACCOUNT
        self.parameters: dict[str, str] = {}
        self.settings: dict[str, list[tuple[str, datetime]]] = {}
        """Values of settings by parameter, oldest first, each with the moment at which it was written."""
        self.settings_clock = LONG_AGO
        self.setting_type = "String"
        self.page = 2
        """Parameters in one reply: ten is the most that AWS sends, and it may send as few as it likes."""
        self.images: dict[str, dict[str, Any]] = {}
        self.architectures: tuple[str, ...] = ("amd64", "arm64")
        self.kept: list[tuple[str, str]] = []
        """Digests and the tags that releases put on them."""
        self.minimums: dict[str, int] = {}
        """What autoscaling keeps to, by service name; a service that is not named keeps to 0."""
        self.maximum = 6
        """What autoscaling keeps all services to."""
        self.suspended: set[str] = set()
        """Services that autoscaling leaves alone, by name."""
        self.alarms: dict[str, str] = {}
        self.missing: set[str] = set()
        """Names of roles, secrets, parameters and log groups that do not exist."""
        self.secret_stages = ["AWSCURRENT"]
        """The stages of each secret's one version; none: it has no value yet."""
        self.log_lines: list[str] = []
        self.late_lines: Iterator[Sequence[str]] = iter(())
        """What comes into the log before each further look at it."""
        self.notices: list[dict[str, Any]] = []
        """What EventBridge was reported."""

    def _GetCallerIdentity(self, params: dict[str, Any]) -> Any:
        return {"Account": self.account, "Arn": f"arn:aws:sts::{self.account}:assumed-role/release/alice"}

    def _AssumeRole(self, params: dict[str, Any]) -> Any:
        keys = {"AccessKeyId": "key", "SecretAccessKey": "hidden", "SessionToken": "token"}
        return {"Credentials": {**keys, "Expiration": LONG_AGO}}

    def _settings_of(self, path: str) -> dict[str, Any]:
        names = sorted(name for name in self.settings if name.startswith(path))
        newest = [(name, len(self.settings[name]), *self.settings[name][-1]) for name in names]
        fields = ("Name", "Version", "Value", "LastModifiedDate")
        return {"Parameters": [{**dict(zip(fields, item, strict=True)), "Type": self.setting_type} for item in newest]}

    def _PutParameter(self, params: dict[str, Any]) -> Any:
        self.settings_clock += timedelta(seconds=1)
        self.settings[params["Name"]].append((params["Value"], self.settings_clock))
        return {"Version": len(self.settings[params["Name"]])}

    def _GetParameterHistory(self, params: dict[str, Any]) -> Any:
        versions = enumerate(self.settings[params["Name"]], start=1)
        kept = [{"Version": number, "Value": value, "LastModifiedDate": at} for number, (value, at) in versions][-100:]
        return {"Parameters": kept}

    def _GetParametersByPath(self, params: dict[str, Any]) -> Any:
        if "/config/" in params["Path"]:
            return self._settings_of(params["Path"])
        names = sorted(self.parameters)
        start = int(params.get("NextToken", "0"))
        end = start + self.page
        page = [{"Name": params["Path"] + name, "Value": self.parameters[name]} for name in names[start:end]]
        wanted = params["Path"] == f"/axonflow/{ENVIRONMENT}/contract/"
        reply: dict[str, Any] = {"Parameters": page if wanted else []}
        if wanted and end < len(names):
            reply["NextToken"] = str(end)
        return reply

    def _DescribeImages(self, params: dict[str, Any]) -> Any:
        repository = params["repositoryName"]
        held = {key: detail for key, detail in self.images.items() if key.startswith(f"{repository}:")}
        if not held:
            return AwsSays("RepositoryNotFoundException")
        if "imageIds" not in params:
            return {"imageDetails": list(held.values())}
        wanted = params["imageIds"][0]
        by_digest = (item for item in held.values() if item["imageDigest"] == wanted.get("imageDigest"))
        found = held.get(f"{repository}:{wanted.get('imageTag')}") or next(by_digest, None)
        return {"imageDetails": [found]} if found else AwsSays("ImageNotFoundException")

    def _BatchGetImage(self, params: dict[str, Any]) -> Any:
        manifests = [{"platform": {"architecture": name, "os": "linux"}} for name in self.architectures]
        held = {detail["imageDigest"] for key, detail in self.images.items() if key.startswith(f"{params['repositoryName']}:")}
        wanted = params["imageIds"][0]
        tagged = self.images.get(f"{params['repositoryName']}:{wanted.get('imageTag')}", {})
        digest = wanted.get("imageDigest") or tagged.get("imageDigest")
        if digest not in held:
            return {"images": [], "failures": [{"imageId": wanted, "failureCode": "ImageNotFound"}]}
        return {"images": [{"imageManifest": json.dumps({"manifests": manifests}), "imageId": {"imageDigest": digest}}]}

    def _PutImage(self, params: dict[str, Any]) -> Any:
        self.kept.append((params["imageDigest"], params["imageTag"]))
        return {"image": {}}

    def _DescribeScalableTargets(self, params: dict[str, Any]) -> Any:
        return {"ScalableTargets": [self._target(resource) for resource in params["ResourceIds"]]}

    def _target(self, resource: str) -> dict[str, Any]:
        name = resource.rsplit("/", 1)[1]
        off = name in self.suspended
        return {
            "ResourceId": resource,
            "MinCapacity": self.minimums.get(name, 0),
            "MaxCapacity": self.maximum,
            "SuspendedState": {"DynamicScalingInSuspended": off, "DynamicScalingOutSuspended": off},
        }

    def _RegisterScalableTarget(self, params: dict[str, Any]) -> Any:
        name = params["ResourceId"].rsplit("/", 1)[1]
        self.minimums[name] = params.get("MinCapacity", self.minimums.get(name, 0))
        self.maximum = params.get("MaxCapacity", self.maximum)
        if "SuspendedState" in params:
            off = all(params["SuspendedState"].values())
            self.suspended = self.suspended | {name} if off else self.suspended - {name}
        return {"ScalableTargetARN": "arn"}

    def _DescribeScalingPolicies(self, params: dict[str, Any]) -> Any:
        predefined = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
        followed = ({**predefined, "TargetValue": 60.0}, {"CustomizedMetricSpecification": {}, "TargetValue": 500.0})
        return {
            "ScalingPolicies": [
                {"PolicyName": name, "TargetTrackingScalingPolicyConfiguration": configuration}
                for name, configuration in zip(("cpu", "agent-requests"), followed, strict=True)
            ]
        }

    def _DescribeAlarms(self, params: dict[str, Any]) -> Any:
        names = params.get("AlarmNames") or [name for name in self.alarms if name.startswith(params["AlarmNamePrefix"])]
        wanted = params.get("StateValue")
        found = [
            {
                "AlarmName": name,
                "StateValue": self.alarms[name],
                "StateReason": "Threshold Crossed",
                "StateUpdatedTimestamp": LONG_AGO,
            }
            for name in names
            if self.alarms.get(name) in ((wanted,) if wanted else self.alarms.values())
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def _GetRole(self, params: dict[str, Any]) -> Any:
        name = params["RoleName"]
        return AwsSays("NoSuchEntity") if name in self.missing else {"Role": {"RoleName": name}}

    def _ListSecrets(self, params: dict[str, Any]) -> Any:
        wanted = params["Filters"][0]["Values"]
        names = [f"{name}-AbCdEf" for name in wanted if name not in self.missing]
        versions = {"SecretVersionsToStages": {"version-1": self.secret_stages}} if self.secret_stages else {}
        arns = [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}" for name in names]
        return {"SecretList": [{"ARN": arn, **versions} for arn in arns]}

    def _DescribeParameters(self, params: dict[str, Any]) -> Any:
        wanted = params["ParameterFilters"][0]["Values"]
        return {"Parameters": [{"Name": name} for name in wanted if name not in self.missing]}

    def _DescribeLogGroups(self, params: dict[str, Any]) -> Any:
        name = params["logGroupNamePrefix"]
        return {"logGroups": [{"logGroupName": f"{name}-other" if name in self.missing else name}]}

    def _DescribeTargetGroups(self, params: dict[str, Any]) -> Any:
        return {
            "TargetGroups": [{"HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2} for _ in params["TargetGroupArns"]]
        }

    def _DescribeTargetGroupAttributes(self, params: dict[str, Any]) -> Any:
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "120"}]}

    def _PutEvents(self, params: dict[str, Any]) -> Any:
        self.notices += [{**entry, "Detail": json.loads(entry["Detail"])} for entry in params["Entries"]]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in params["Entries"]]}

    def _GetLogEvents(self, params: dict[str, Any]) -> Any:
        if "nextToken" in params:
            self.log_lines += next(self.late_lines, ())
        start = int(params.get("nextToken", max(0, len(self.log_lines) - params.get("limit", 10_000))))
        events = [{"message": line, "timestamp": 0} for line in self.log_lines[start:]]
        return {"events": events, "nextForwardToken": str(len(self.log_lines)), "nextBackwardToken": str(start)}
