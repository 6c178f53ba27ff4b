"""The control endpoint: what it answers, what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import Client

from tests.support import aws_platform, inprocess
from tests.support.emulator_scenario import Scenario


def ask(scenario: Scenario, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    answer = Client(scenario.emulator.application).open(f"/_sandbox/{path}", method=method, data=data)
    document: dict[str, Any] = json.loads(answer.get_data())
    return answer.status_code, document


def image(**changes: Any) -> dict[str, Any]:
    return {"repository": aws_platform.REPOSITORY, "tag": "v1", "behaviour": "healthy", **changes}


def test_status_shows_load_balancers_and_services(scenario: Scenario) -> None:
    definition = scenario.running("v1")

    code, status = ask(scenario, "GET", "status")

    assert code == 200
    assert (status["boot"], status["pid"]) == (scenario.emulator.identity.boot, scenario.emulator.identity.pid)
    (balancer,) = status["load_balancers"]
    address = f"http://{scenario.balancer.dns_name}"
    assert (balancer["name"], balancer["arn"], balancer["address"]) == ("agent", scenario.balancer.arn, address)
    assert balancer["listeners"] == [{"port": 80, "address": address}]
    assert status["services"] == [
        {
            "cluster": aws_platform.CLUSTER,
            "name": aws_platform.SERVICE,
            "task_definition": definition,
            "desired": 2,
            "running": 2,
        }
    ]


def test_a_pushed_image_is_in_ecr_under_its_tag_and_digest(scenario: Scenario) -> None:
    code, pushed = ask(scenario, "POST", "images", image())
    ids = [{"imageTag": "v1"}]
    (detail,) = scenario.client("ecr").describe_images(repositoryName=aws_platform.REPOSITORY, imageIds=ids)["imageDetails"]
    got = scenario.client("ecr").batch_get_image(
        repositoryName=aws_platform.REPOSITORY, imageIds=[{"imageDigest": pushed["digest"]}]
    )

    assert code == 200
    assert pushed["image"] == f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}:v1"
    assert detail["imageDigest"] == pushed["digest"]
    manifest = json.loads(got["images"][0]["imageManifest"])
    assert manifest["mediaType"] == detail["imageManifestMediaType"] == "application/vnd.oci.image.manifest.v1+json"


def test_every_push_is_an_image_of_its_own(scenario: Scenario) -> None:
    digests = [ask(scenario, "POST", "images", image(tag=f"v{number}"))[1]["digest"] for number in range(3)]

    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "images", {"repository": "nothing", "tag": "v1"}, 404, "repository nothing does not exist"),
        ("POST", "images", image(tag="v0"), 409, "tag v0 exists in the immutable repository axonflow-staging-agent"),
        (
            "POST",
            "images",
            image(behaviour="odd"),
            400,
            "behaviour must be one of healthy, no-image, crash, unhealthy, crash:SECONDS, slow:SECONDS, no-capacity:TASKS,"
            " pull-timeout:TASKS, spot:TASKS, task-fails:CODE, task-hangs",
        ),
        ("POST", "images", image(behaviour=3), 400, "behaviour must be a non-empty string"),
        ("POST", "behaviours", {"glob": "*:nothing", "behaviour": "crash"}, 404, "no image matches *:nothing"),
        ("POST", "behaviours", {"glob": "*"}, 400, "behaviour must be a non-empty string"),
        ("POST", "images", image(tag=""), 400, "tag must be a non-empty string"),
        ("POST", "images", image(tag="a b"), 400, "'a b' is not a valid image tag"),
        ("POST", "images", image(speed=3), 400, "unknown member speed"),
        ("POST", "images", "{", 400, "the body is not JSON"),
        ("POST", "images", [], 400, "the body is not a JSON object"),
        ("GET", "calls?since=x", None, 400, "since must be a call's number"),
        ("GET", "journal?since=-1", None, 400, "since must be an entry's number"),
        ("GET", "nothing", None, 404, "there is no GET /_sandbox/nothing"),
        ("PUT", "status", None, 405, "there is no PUT /_sandbox/status"),
    ],
)
def test_a_bad_request_gets_one_clear_line(
    scenario: Scenario, method: str, path: str, body: object, status: int, message: str
) -> None:
    ask(scenario, "POST", "images", image(tag="v0"))

    assert ask(scenario, method, path, body) == (status, {"error": message})


def test_a_mutable_tag_can_be_pushed_again(scenario: Scenario) -> None:
    scenario.client("ecr").create_repository(repositoryName="mutable")

    first = ask(scenario, "POST", "images", image(repository="mutable"))
    second = ask(scenario, "POST", "images", image(repository="mutable"))

    assert (first[0], second[0]) == (200, 200)
    assert first[1]["digest"] != second[1]["digest"]


def test_a_repository_of_several_regions_must_be_named_with_one(scenario: Scenario) -> None:
    inprocess.client(scenario.emulator.application, "ecr", "us-east-1").create_repository(
        repositoryName=aws_platform.REPOSITORY
    )

    refused = ask(scenario, "POST", "images", image())
    accepted = ask(scenario, "POST", "images", image(region="us-east-1"))

    assert refused[0] == 400
    assert "exists in eu-central-1, us-east-1: name one as region" in refused[1]["error"]
    assert ".us-east-1." in accepted[1]["image"]


def test_calls_are_listed_from_a_number_on_and_can_be_emptied(scenario: Scenario) -> None:
    scenario.ecs.list_clusters()
    _, before = ask(scenario, "GET", "calls")
    scenario.ecs.list_clusters()

    _, after = ask(scenario, "GET", f"calls?since={before['calls'][-1]['n']}")
    ask(scenario, "DELETE", "calls")

    (call,) = after["calls"]
    assert {name: call[name] for name in ("service", "action", "mutates", "status", "error", "region")} == {
        "service": "ecs",
        "action": "ListClusters",
        "mutates": False,
        "status": 200,
        "error": None,
        "region": "eu-central-1",
    }
    assert ask(scenario, "GET", "calls")[1] == {"calls": []}
    assert ask(scenario, "GET", "status")[1]["calls"] == 0
