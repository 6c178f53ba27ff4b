"""Application load balancers: the balancer, its listeners, their rules, and target groups."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById
from sandbox.provider.shape import LEAF

_FORWARD = {"targetGroups": {"arn": LEAF, "weight": LEAF}}
_FIXED_RESPONSE = {"contentType": LEAF, "statusCode": LEAF, "messageBody": LEAF}
_REDIRECT = {"protocol": LEAF, "host": LEAF, "port": LEAF, "path": LEAF, "query": LEAF, "statusCode": LEAF}
_ACTION = {
    "type": LEAF,
    "targetGroupArn": LEAF,
    "forward": _FORWARD,
    "fixedResponse": _FIXED_RESPONSE,
    "redirect": _REDIRECT,
}
_PLAIN = {"fixedResponse": "FixedResponseConfig", "redirect": "RedirectConfig"}
"""Actions whose parts have the same names on both sides, but for the first letter."""


def _attributes(values: dict[str, Any]) -> list[dict[str, str]]:
    """Attributes as elbv2 wants them: all text, booleans in lower case."""
    return [
        {"Key": key, "Value": str(value).lower() if isinstance(value, bool) else str(value)} for key, value in values.items()
    ]


def _read_attributes(attributes: list[dict[str, str]], names: dict[str, str]) -> Properties:
    """Attributes under their Pulumi names, with the types that those have."""
    texts = {item["Key"]: item["Value"] for item in attributes}
    return {name: _typed(texts[key]) for name, key in names.items() if key in texts}


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


class LoadBalancer(DeletedById):
    token = "aws:lb/loadBalancer:LoadBalancer"
    inputs = {
        "name": LEAF,
        "internal": LEAF,
        "loadBalancerType": LEAF,
        "securityGroups": LEAF,
        "subnets": LEAF,
        "idleTimeout": LEAF,
        "dropInvalidHeaderFields": LEAF,
        "enableDeletionProtection": LEAF,
        "accessLogs": {"bucket": LEAF, "prefix": LEAF, "enabled": LEAF},
    }
    tagger = tagging.ELB
    ATTRIBUTES = {
        "idleTimeout": "idle_timeout.timeout_seconds",
        "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
        "enableDeletionProtection": "deletion_protection.enabled",
    }
    LOGS = {"enabled": "access_logs.s3.enabled", "bucket": "access_logs.s3.bucket", "prefix": "access_logs.s3.prefix"}
    delete_call = "elbv2", "delete_load_balancer", "LoadBalancerArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        balancer = aws("elbv2").create_load_balancer(
            Name=inputs["name"],
            Subnets=inputs["subnets"],
            SecurityGroups=inputs["securityGroups"],
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            Type=inputs.get("loadBalancerType", "application"),
            Tags=tagging.pairs(inputs["tagsAll"]),
        )["LoadBalancers"][0]
        arn = str(balancer["LoadBalancerArn"])
        self._set_attributes(aws, arn, inputs)
        return arn

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        if old.get("subnets") != new.get("subnets"):
            aws("elbv2").set_subnets(LoadBalancerArn=identifier, Subnets=new["subnets"])
        if old.get("securityGroups") != new.get("securityGroups"):
            aws("elbv2").set_security_groups(LoadBalancerArn=identifier, SecurityGroups=new["securityGroups"])
        self._set_attributes(aws, identifier, new)

    def _set_attributes(self, aws: Aws, arn: str, inputs: Properties) -> None:
        values = {key: inputs[name] for name, key in self.ATTRIBUTES.items() if name in inputs}
        logs = {key: inputs["accessLogs"][name] for name, key in self.LOGS.items() if name in inputs.get("accessLogs", {})}
        if values or logs:
            attributes = _attributes({**values, **logs})
            aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elbv2").describe_load_balancers(LoadBalancerArns=[identifier]))
        if found is None:
            return None
        balancer = found["LoadBalancers"][0]
        attributes = aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=identifier)["Attributes"]
        return {
            "arn": identifier,
            "arnSuffix": identifier.split(":loadbalancer/", 1)[1],
            "name": balancer["LoadBalancerName"],
            "dnsName": balancer["DNSName"],
            "zoneId": balancer["CanonicalHostedZoneId"],
            "vpcId": balancer["VpcId"],
            "internal": balancer["Scheme"] == "internal",
            "loadBalancerType": balancer["Type"],
            "securityGroups": sorted(balancer.get("SecurityGroups", [])),
            "subnets": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
            **_read_attributes(attributes, self.ATTRIBUTES),
            "accessLogs": _read_attributes(attributes, self.LOGS),
        }


def _to_action(action: Properties) -> dict[str, Any]:
    made: dict[str, Any] = {"Type": action["type"]}
    if "targetGroupArn" in action:
        made["TargetGroupArn"] = action["targetGroupArn"]
    if "forward" in action:
        groups = action["forward"]["targetGroups"]
        made["ForwardConfig"] = {
            "TargetGroups": [{"TargetGroupArn": group["arn"], "Weight": group.get("weight", 1)} for group in groups]
        }
    for name, config in _PLAIN.items():
        if name in action:
            made[config] = {part[0].upper() + part[1:]: value for part, value in action[name].items()}
    return made


def _from_action(action: dict[str, Any]) -> Properties:
    made: Properties = {"type": action["Type"]}
    if "TargetGroupArn" in action:
        made["targetGroupArn"] = action["TargetGroupArn"]
    if "ForwardConfig" in action:
        groups = action["ForwardConfig"]["TargetGroups"]
        made["forward"] = {
            "targetGroups": [{"arn": group["TargetGroupArn"], "weight": group.get("Weight", 1)} for group in groups]
        }
    for name, config in _PLAIN.items():
        if config in action:
            made[name] = {part[0].lower() + part[1:]: value for part, value in action[config].items()}
    return made


class Listener(DeletedById):
    token = "aws:lb/listener:Listener"
    inputs = {
        "loadBalancerArn": LEAF,
        "port": LEAF,
        "protocol": LEAF,
        "defaultActions": _ACTION,
        "sslPolicy": LEAF,
        "certificateArn": LEAF,
    }
    tagger = tagging.ELB
    delete_call = "elbv2", "delete_listener", "ListenerArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        made = aws("elbv2").create_listener(LoadBalancerArn=inputs["loadBalancerArn"], Tags=tags, **self._call(inputs))
        return str(made["Listeners"][0]["ListenerArn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("elbv2").modify_listener(ListenerArn=identifier, **self._call(new))

    @staticmethod
    def _call(inputs: Properties) -> dict[str, Any]:
        actions = [_to_action(action) for action in inputs["defaultActions"]]
        call = {"Port": inputs["port"], "Protocol": inputs["protocol"], "DefaultActions": actions}
        if "sslPolicy" in inputs:
            call["SslPolicy"] = inputs["sslPolicy"]
        if "certificateArn" in inputs:
            call["Certificates"] = [{"CertificateArn": inputs["certificateArn"]}]
        return call

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elbv2").describe_listeners(ListenerArns=[identifier]))
        if not found or not found["Listeners"]:
            return None
        listener = found["Listeners"][0]
        return {
            "arn": identifier,
            "loadBalancerArn": listener["LoadBalancerArn"],
            "port": listener["Port"],
            "protocol": listener["Protocol"],
            "defaultActions": [_from_action(action) for action in listener["DefaultActions"]],
            "sslPolicy": listener.get("SslPolicy"),
            "certificateArn": next((item["CertificateArn"] for item in listener.get("Certificates", [])), None),
        }


class ListenerRule(DeletedById):
    token = "aws:lb/listenerRule:ListenerRule"
    inputs = {
        "listenerArn": LEAF,
        "priority": LEAF,
        "conditions": {"pathPattern": {"values": LEAF}, "hostHeader": {"values": LEAF}},
        "actions": _ACTION,
    }
    tagger = tagging.ELB
    FIELDS = {"pathPattern": ("path-pattern", "PathPatternConfig"), "hostHeader": ("host-header", "HostHeaderConfig")}
    delete_call = "elbv2", "delete_rule", "RuleArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("elbv2").create_rule(
            ListenerArn=inputs["listenerArn"],
            Priority=inputs["priority"],
            Conditions=self._to_conditions(inputs),
            Actions=[_to_action(action) for action in inputs["actions"]],
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(made["Rules"][0]["RuleArn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        if old.get("priority") != new["priority"]:
            aws("elbv2").set_rule_priorities(RulePriorities=[{"RuleArn": identifier, "Priority": new["priority"]}])
        changed: dict[str, Any] = {}
        if old.get("conditions") != new["conditions"]:
            changed["Conditions"] = self._to_conditions(new)
        if old.get("actions") != new["actions"]:
            changed["Actions"] = [_to_action(action) for action in new["actions"]]
        if changed:
            aws("elbv2").modify_rule(RuleArn=identifier, **changed)

    def _to_conditions(self, inputs: Properties) -> list[dict[str, Any]]:
        return [
            {"Field": self.FIELDS[name][0], self.FIELDS[name][1]: {"Values": condition[name]["values"]}}
            for condition in inputs["conditions"]
            for name in condition
        ]

    def _from_conditions(self, conditions: list[dict[str, Any]]) -> list[Properties]:
        names = {field: (name, config) for name, (field, config) in self.FIELDS.items()}
        return [
            {names[item["Field"]][0]: {"values": item.get(names[item["Field"]][1], {}).get("Values") or item["Values"]}}
            for item in conditions
        ]

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elbv2").describe_rules(RuleArns=[identifier]))
        if not found or not found["Rules"]:
            return None
        rule = found["Rules"][0]
        return {
            "arn": identifier,
            "listenerArn": identifier.replace(":listener-rule/", ":listener/").rsplit("/", 1)[0],
            "priority": int(rule["Priority"]),
            "conditions": self._from_conditions(rule["Conditions"]),
            "actions": [_from_action(action) for action in rule["Actions"]],
        }


class TargetGroup(DeletedById):
    token = "aws:lb/targetGroup:TargetGroup"
    CHECK = {
        "path": "HealthCheckPath",
        "interval": "HealthCheckIntervalSeconds",
        "timeout": "HealthCheckTimeoutSeconds",
        "healthyThreshold": "HealthyThresholdCount",
        "unhealthyThreshold": "UnhealthyThresholdCount",
    }
    inputs = {
        "name": LEAF,
        "port": LEAF,
        "protocol": LEAF,
        "targetType": LEAF,
        "vpcId": LEAF,
        "deregistrationDelay": LEAF,
        "healthCheck": {**dict.fromkeys(CHECK, LEAF), "matcher": LEAF},
    }
    tagger = tagging.ELB
    ATTRIBUTES = {"deregistrationDelay": "deregistration_delay.timeout_seconds"}
    delete_call = "elbv2", "delete_target_group", "TargetGroupArn"

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("elbv2").create_target_group(
            Name=inputs["name"],
            Port=inputs["port"],
            Protocol=inputs["protocol"],
            TargetType=inputs.get("targetType", "instance"),
            VpcId=inputs["vpcId"],
            Tags=tagging.pairs(inputs["tagsAll"]),
            **self._check_call(inputs.get("healthCheck", {})),
        )["TargetGroups"][0]
        arn = str(made["TargetGroupArn"])
        self._set_delay(aws, arn, inputs)
        return arn

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        if old.get("healthCheck") != new.get("healthCheck"):
            aws("elbv2").modify_target_group(TargetGroupArn=identifier, **self._check_call(new.get("healthCheck", {})))
        self._set_delay(aws, identifier, new)

    def _set_delay(self, aws: Aws, arn: str, inputs: Properties) -> None:
        if "deregistrationDelay" in inputs:
            values = {self.ATTRIBUTES["deregistrationDelay"]: inputs["deregistrationDelay"]}
            aws("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=_attributes(values))

    def _check_call(self, check: Properties) -> dict[str, Any]:
        call = {self.CHECK[name]: check[name] for name in self.CHECK if name in check}
        return {**call, "Matcher": {"HttpCode": check["matcher"]}} if "matcher" in check else call

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("elbv2").describe_target_groups(TargetGroupArns=[identifier]))
        if not found or not found["TargetGroups"]:
            return None
        group = found["TargetGroups"][0]
        attributes = aws("elbv2").describe_target_group_attributes(TargetGroupArn=identifier)["Attributes"]
        check = {name: group[parameter] for name, parameter in self.CHECK.items() if parameter in group}
        return {
            "arn": identifier,
            "arnSuffix": identifier.rsplit(":", 1)[1],
            "name": group["TargetGroupName"],
            "port": group["Port"],
            "protocol": group["Protocol"],
            "targetType": group["TargetType"],
            "vpcId": group["VpcId"],
            "healthCheck": {**check, "matcher": group.get("Matcher", {}).get("HttpCode")},
            **_read_attributes(attributes, self.ATTRIBUTES),
        }
