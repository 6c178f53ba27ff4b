"""The EventBridge rules."""

from __future__ import annotations

import json

from tests.infra.alarms import services
from tests.infra.mocked import Recording


def test_rules_match_failed_deployments_and_failed_releases(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    failed = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "deployment-failed").inputs["eventPattern"])
    assert failed["source"] == ["aws.ecs"]
    assert failed["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert len(failed["resources"]) == len(services(recording))
    bad = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "release-failed").inputs["eventPattern"])
    assert bad["detail"]["environment"] == [stack]
    targets = {
        target.name: target.inputs["arn"].rsplit(":", 1)[1] for target in recording.of("aws:cloudwatch/eventTarget:EventTarget")
    }
    assert targets == {"deployment-failed": "p2", "release-failed": "p2", "release-events": "releases"}
    every = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "release-events").inputs["eventPattern"])
    assert every == {"source": ["axonflow.appdeploy"], "detail": {"environment": [stack]}}
