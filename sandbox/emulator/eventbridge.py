"""EventBridge: ECS's events on the default bus, and rules that tell SNS topics, which moto does not know as targets.

docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html and ecs_service_events.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.events.models import EventMessageType, Rule, events_backends
from moto.events.utils import EventTemplateParser

from sandbox.emulator.ecs.model import Deployment, Service
from sandbox.emulator.topics import publish

DEPLOYMENT = "ECS Deployment State Change"
ACTION = "ECS Service Action"
_TYPES = {"SERVICE_DEPLOYMENT_FAILED": "ERROR"}
"""Event type by event name, where it is not INFO."""
_moto_sends = Rule.send_to_targets


def deployment_changed(service: Service, deployment: Deployment, name: str, now: datetime) -> None:
    """Put the event about a deployment's rollout state: SERVICE_DEPLOYMENT_IN_PROGRESS, ..._COMPLETED or ..._FAILED."""
    detail = {
        "eventType": _TYPES.get(name, "INFO"),
        "eventName": name,
        "deploymentId": deployment.id,
        "updatedAt": _text(now),
        "reason": deployment.rollout_reason,
    }
    _put(service, DEPLOYMENT, detail, now)


def service_acted(service: Service, kind: str, name: str, now: datetime) -> None:
    """Put the event about something that a service came to: SERVICE_STEADY_STATE and the like, of a type such as INFO."""
    _put(
        service, ACTION, {"eventType": kind, "eventName": name, "clusterArn": service.cluster_arn, "createdAt": _text(now)}, now
    )


def install() -> None:
    """Let moto's rules reach topics."""
    Rule.send_to_targets = _send


def _put(service: Service, kind: str, detail: Mapping[str, Any], now: datetime) -> None:
    backend = events_backends[service.account][service.region]
    for rule in list(backend.event_buses["default"].rules.values()):
        rule.send_to_targets(_event(service, kind, detail, now))


def _event(service: Service, kind: str, detail: Mapping[str, Any], now: datetime) -> EventMessageType:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": "aws.ecs",
        "account": service.account,
        "time": now.timestamp(),
        "region": service.region,
        "resources": [service.arn],
        "detail": dict(detail),
        "ingestion-time": now.timestamp(),
    }


def _send(rule: Any, original_event: Any, transform_input: bool = True) -> None:
    """What moto does, for the targets that it knows, and SNS."""
    if rule.state != "ENABLED" or not rule.event_pattern.matches_event(original_event):
        return
    everything = rule.targets
    topics = [target for target in everything if target["Arn"].split(":")[2] == "sns"]
    rule.targets = [target for target in everything if target not in topics]
    try:
        _moto_sends(rule, original_event, transform_input)
    finally:
        rule.targets = everything
    for target in topics:
        publish([target["Arn"]], _body(target, original_event))


def _body(target: Mapping[str, Any], event: Any) -> str:
    transformer = target.get("InputTransformer")
    if not transformer:
        told = {name: value for name, value in event.items() if name != "ingestion-time"}
        return json.dumps({**told, "time": _text(datetime.fromtimestamp(float(event["time"]), UTC))})
    made = EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)
    return made if isinstance(made, str) else json.dumps(made)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
