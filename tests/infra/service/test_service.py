"""What an update of the infrastructure does to a service that runs: nothing that it was not asked for."""

from __future__ import annotations

from tests.infra.mocked import Recording

SERVICE = "aws:ecs/service:Service"


def test_no_service_is_deployed_anew_because_something_about_it_changed(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for service in recording.of(SERVICE):
        assert not service.inputs.get("forceNewDeployment")
        assert {"taskDefinition", "desiredCount"} <= set(service.ignores)
