"""Settings that change without the program: it makes them once, and lets tasks read them."""

from __future__ import annotations

import json

import pytest

from tests.infra.declared import declared
from tests.infra.mocked import Recording, one_service
from tests.infra.templates import container

STACKS = ("staging", "production")
SERVICES = ("agent", "orchestrator", "customer-portal")
PARAMETER = "aws:ssm/parameter:Parameter"


@pytest.mark.parametrize("service", SERVICES)
def test_the_log_level_is_a_parameter_of_which_the_program_owns_the_tags_alone(
    platform: tuple[str, Recording], service: str
) -> None:
    stack, recording = platform
    parameter = recording.one(PARAMETER, f"{service}/LOG_LEVEL")
    assert parameter.inputs["name"] == f"/axonflow/{stack}/config/{service}/LOG_LEVEL"
    assert parameter.inputs["insecureValue"] == {"staging": "debug", "production": "info"}[stack]
    assert set(parameter.inputs) - {"name", "tags"} == set(parameter.ignores)


@pytest.mark.parametrize("service", SERVICES)
def test_a_task_reads_its_own_settings_and_may(platform: tuple[str, Recording], service: str) -> None:
    stack, recording = platform
    arn = f"arn:aws:ssm:eu-central-1:123456789012:parameter/axonflow/{stack}/config/{service}/LOG_LEVEL"
    given = container(recording, service)
    assert {"name": "LOG_LEVEL", "valueFrom": arn} in given["secrets"]
    assert "LOG_LEVEL" not in {item["name"] for item in given["environment"]}
    document = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", f"{service}-execution").inputs["policy"])
    statements = {statement["Sid"]: statement for statement in document["Statement"]}
    assert (statements["ReadTheseSettings"]["Action"], statements["ReadTheseSettings"]["Resource"]) == (
        ["ssm:GetParameters"],
        [arn],
    )


def test_a_service_without_such_settings_reads_no_parameter() -> None:
    config = one_service()
    del config["axonflow:platform"]["services"]["agent"]["settings"]
    recording = declared("staging", config)
    policy = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", "agent-execution").inputs["policy"])
    assert "ReadTheseSettings" not in {statement["Sid"] for statement in policy["Statement"]}
