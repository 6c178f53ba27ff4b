"""What runs and what leads to it: ECS, autoscaling, load balancers, certificates, DNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.system.e2e.readers.model import Client, Live, Reader, camel, tags

Inputs = Mapping[str, Any]


def cluster(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("ecs").describe_clusters(clusters=[identifier], include=["SETTINGS", "TAGS"])["clusters"]
    return {**found, "name": found["clusterName"], "tagsAll": tags(found.get("tags", []))}


def service(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("ecs").describe_services(cluster=inputs["cluster"], services=[identifier], include=["TAGS"])["services"]
    how = found["deploymentConfiguration"]
    network = found["networkConfiguration"]["awsvpcConfiguration"]
    return {
        **found,
        "capacityProviderStrategies": found["capacityProviderStrategy"],
        "name": found["serviceName"],
        "cluster": found["clusterArn"],
        "alarms": how.get("alarms"),
        "deploymentCircuitBreaker": how.get("deploymentCircuitBreaker"),
        "deploymentMaximumPercent": how.get("maximumPercent"),
        "deploymentMinimumHealthyPercent": how.get("minimumHealthyPercent"),
        "enableEcsManagedTags": found["enableECSManagedTags"],
        "networkConfiguration": {**network, "assignPublicIp": network["assignPublicIp"] == "ENABLED"},
        "tagsAll": tags(found.get("tags", [])),
    }


def task_definition(client: Client, identifier: str, inputs: Inputs) -> Live:
    answer = client("ecs").describe_task_definition(taskDefinition=inputs["family"], include=["TAGS"])
    return {**answer["taskDefinition"], "tagsAll": tags(answer.get("tags", []))}


def scaling_target(client: Client, identifier: str, inputs: Inputs) -> Live:
    scaling = client("application-autoscaling")
    [found] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[inputs["resourceId"]])["ScalableTargets"]
    return {**camel(found), "tagsAll": scaling.list_tags_for_resource(ResourceARN=found["ScalableTargetARN"])["Tags"]}


def scaling_policy(client: Client, identifier: str, inputs: Inputs) -> Live:
    asked = {"ServiceNamespace": "ecs", "PolicyNames": [inputs["name"]]}
    policies = client("application-autoscaling").describe_scaling_policies(**asked)["ScalingPolicies"]
    # moto gives every policy whatever names it is asked for.
    [found] = [each for each in policies if each["PolicyName"] == inputs["name"]]
    return {**camel(found), "name": found["PolicyName"]}


def _elb_tags(client: Client, arn: str) -> dict[str, str]:
    return tags(client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])


def _with_attributes(client: Client, kind: str, identifier: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A load balancer or a target group, and its attributes."""
    elb, name = client("elbv2"), kind.title().replace("_", "")
    [found] = getattr(elb, f"describe_{kind}s")(**{f"{name}Arns": [identifier]})[f"{name}s"]
    pairs = getattr(elb, f"describe_{kind}_attributes")(**{f"{name}Arn": identifier})["Attributes"]
    return found, {pair["Key"]: pair["Value"] for pair in pairs}


def load_balancer(client: Client, identifier: str, inputs: Inputs) -> Live:
    found, attributes = _with_attributes(client, "load_balancer", identifier)
    return {
        "name": found["LoadBalancerName"],
        "loadBalancerType": found["Type"],
        "internal": found["Scheme"] == "internal",
        "securityGroups": found["SecurityGroups"],
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
        "dropInvalidHeaderFields": attributes["routing.http.drop_invalid_header_fields.enabled"] == "true",
        "enableDeletionProtection": attributes["deletion_protection.enabled"] == "true",
        "idleTimeout": int(attributes["idle_timeout.timeout_seconds"]),
        "accessLogs": {
            "enabled": attributes["access_logs.s3.enabled"] == "true",
            "bucket": attributes["access_logs.s3.bucket"],
            "prefix": attributes["access_logs.s3.prefix"],
        },
        "tagsAll": _elb_tags(client, identifier),
    }


def target_group(client: Client, identifier: str, inputs: Inputs) -> Live:
    found, attributes = _with_attributes(client, "target_group", identifier)
    return {
        **camel(found),
        "name": found["TargetGroupName"],
        "deregistrationDelay": int(attributes["deregistration_delay.timeout_seconds"]),
        "healthCheck": {
            "path": found["HealthCheckPath"],
            "matcher": found["Matcher"]["HttpCode"],
            "interval": found["HealthCheckIntervalSeconds"],
            "timeout": found["HealthCheckTimeoutSeconds"],
            "healthyThreshold": found["HealthyThresholdCount"],
            "unhealthyThreshold": found["UnhealthyThresholdCount"],
        },
        "tagsAll": _elb_tags(client, identifier),
    }


def _action(action: dict[str, Any]) -> dict[str, Any]:
    read = dict(camel(action))
    fixed, forward = action.get("FixedResponseConfig"), action.get("ForwardConfig")
    return {
        **read,
        "redirect": camel(action.get("RedirectConfig", {})),
        "fixedResponse": {**camel(fixed or {}), "contentType": (fixed or {}).get("ContentType")},
        "forward": {
            "targetGroups": [
                {"arn": each["TargetGroupArn"], "weight": each.get("Weight")}
                for each in (forward or {}).get("TargetGroups", [])
            ]
        },
    }


def listener(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("elbv2").describe_listeners(ListenerArns=[identifier])["Listeners"]
    return {
        **camel(found),
        "certificateArn": next((each["CertificateArn"] for each in found.get("Certificates", [])), None),
        "defaultActions": [_action(each) for each in found["DefaultActions"]],
        "tagsAll": _elb_tags(client, identifier),
    }


def listener_rule(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("elbv2").describe_rules(RuleArns=[identifier])["Rules"]
    values = {"path-pattern": ("pathPattern", "PathPatternConfig"), "host-header": ("hostHeader", "HostHeaderConfig")}
    return {
        "actions": [_action(each) for each in found["Actions"]],
        "conditions": [
            {values[each["Field"]][0]: {"values": each.get(values[each["Field"]][1], each)["Values"]}}
            for each in found["Conditions"]
        ],
        "listenerArn": found["RuleArn"].replace(":listener-rule/", ":listener/").rsplit("/", 1)[0],
        "priority": int(found["Priority"]),
        "tagsAll": _elb_tags(client, identifier),
    }


def certificate(client: Client, identifier: str, inputs: Inputs) -> Live:
    acm = client("acm")
    found = acm.describe_certificate(CertificateArn=identifier)["Certificate"]
    others = [name for name in found["SubjectAlternativeNames"] if name != found["DomainName"]]
    return {
        "domainName": found["DomainName"],
        "subjectAlternativeNames": others,
        "validationMethod": found["DomainValidationOptions"][0]["ValidationMethod"],
        "tagsAll": tags(acm.list_tags_for_certificate(CertificateArn=identifier)["Tags"]),
    }


def certificate_validation(client: Client, identifier: str, inputs: Inputs) -> Live:
    """An issued certificate has been validated by the records of its names."""
    found = client("acm").describe_certificate(CertificateArn=inputs["certificateArn"])["Certificate"]
    issued = found["Status"] == "ISSUED"
    records = [each["ResourceRecord"]["Name"].rstrip(".") for each in found["DomainValidationOptions"]]
    return {"certificateArn": found["CertificateArn"], "validationRecordFqdns": records if issued else []}


def record(client: Client, identifier: str, inputs: Inputs) -> Live:
    sets = client("route53").list_resource_record_sets(HostedZoneId=inputs["zoneId"])["ResourceRecordSets"]
    wanted = (inputs["name"].rstrip("."), inputs["type"])
    [found] = [each for each in sets if (each["Name"].rstrip("."), each["Type"]) == wanted]
    alias = found.get("AliasTarget")
    return {
        "zoneId": inputs["zoneId"],
        "name": inputs["name"] if found["Name"].rstrip(".") == wanted[0] else found["Name"],
        "type": found["Type"],
        "ttl": found.get("TTL"),
        "records": [each["Value"] for each in found.get("ResourceRecords", [])],
        "aliases": [
            {
                "name": alias["DNSName"].rstrip("."),
                "zoneId": alias["HostedZoneId"],
                "evaluateTargetHealth": alias["EvaluateTargetHealth"],
            }
        ]
        if alias
        else [],
    }


def capacity_providers(client: Client, identifier: str, inputs: Inputs) -> Live:
    [found] = client("ecs").describe_clusters(clusters=[inputs["clusterName"]])["clusters"]
    return {"clusterName": found["clusterName"], "capacityProviders": found["capacityProviders"]}


def schedule(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("scheduler").get_schedule(Name=inputs["name"])
    live = camel(found)
    network = live["target"]["ecsParameters"]["networkConfiguration"]["awsvpcConfiguration"]
    shown = {**network, "assignPublicIp": network["assignPublicIp"] == "ENABLED"}
    parameters = {**live["target"]["ecsParameters"], "networkConfiguration": shown}
    return {**live, "target": {**live["target"], "ecsParameters": parameters}}


READERS: Mapping[str, Reader] = {
    "aws:ecs/cluster:Cluster": cluster,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": capacity_providers,
    "aws:scheduler/schedule:Schedule": schedule,
    "aws:ecs/service:Service": service,
    "aws:ecs/taskDefinition:TaskDefinition": task_definition,
    "aws:appautoscaling/target:Target": scaling_target,
    "aws:appautoscaling/policy:Policy": scaling_policy,
    "aws:lb/loadBalancer:LoadBalancer": load_balancer,
    "aws:lb/targetGroup:TargetGroup": target_group,
    "aws:lb/listener:Listener": listener,
    "aws:lb/listenerRule:ListenerRule": listener_rule,
    "aws:acm/certificate:Certificate": certificate,
    "aws:acm/certificateValidation:CertificateValidation": certificate_validation,
    "aws:route53/record:Record": record,
}
