"""One release, seen at once by all who can see it: `--json`, `status --watch`, `releases show`, the job's page, notices."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.aws_platform import CLUSTER, SERVICE
from tests.support.cli_harness import Shop, ended
from tests.support.emulator_process import EmulatorProcess
from tests.support.forked import Forked

pytestmark = [pytest.mark.emulator, pytest.mark.waits]

ENVIRONMENT = ("-e", "staging")
_LONGEST = 30


@dataclass(frozen=True)
class Reported:
    """What each of them reported of one release."""

    stream: list[dict[str, Any]]
    looks: list[dict[str, Any]]
    """Of `status --watch`, each different from the one before."""
    entry: dict[str, Any]
    """Of `releases show`."""
    page: str
    notices: list[dict[str, Any]]

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.stream if line["event"] == event]

    def moment(self, event: str) -> datetime:
        """Of the last line of that event."""
        return datetime.fromisoformat(self.lines(event)[-1]["time"])

    def step(self, kind: str) -> tuple[datetime, datetime]:
        """When a step of the ledger was begun and done."""
        step = next(each for each in self.entry["steps"] if each["kind"] == kind)
        return datetime.fromisoformat(step["started"]), datetime.fromisoformat(step["finished"])


def _subscribe(shop: Shop) -> str:
    """A queue that hears all that a rule for releases lets through; its address."""
    pattern = json.dumps({"source": ["axonflow.appdeploy"], "detail": {"environment": ["staging"]}})
    topic = shop.client("sns").create_topic(Name="releases")["TopicArn"]
    shop.client("events").put_rule(Name="release-reported", EventPattern=pattern)
    shop.client("events").put_targets(Rule="release-reported", Targets=[{"Id": "topic", "Arn": topic}])
    queue: str = shop.client("sqs").create_queue(QueueName="releases")["QueueUrl"]
    arn = shop.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    shop.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


def _heard(shop: Shop, queue: str) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    while messages := shop.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        heard += [json.loads(json.loads(message["Body"])["Message"]) for message in messages]
        for message in messages:
            shop.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return heard


def _watched(shop: Shop, queue: str, page: Path, version: str, expect: int) -> Reported:
    watching = shop.start("appdeploy", "status", *ENVIRONMENT, "--watch", "--interval", "1", "--json")
    try:
        return _compared(shop, queue, page, version, expect, watching)
    finally:
        watching.kill()  # When something went wrong; else it has ended.
        watching.wait()


def _compared(shop: Shop, queue: str, page: Path, version: str, expect: int, watching: Forked) -> Reported:
    looks = [json.loads(watching.stdout.readline())]
    former, shop.shell = shop.shell, {**shop.shell, "GITHUB_STEP_SUMMARY": str(page)}
    words = ("--version", version, "--reason", "a story", "--until", "complete", "--json")
    release = shop.start("appdeploy", "deploy", *ENVIRONMENT, *words)
    shop.shell = former
    stream = [json.loads(line) for line in ended(release, expect)[0].splitlines()]
    end = time.monotonic() + _LONGEST
    while not _is_over(looks):
        assert time.monotonic() < end, looks[-1]
        looks.append(json.loads(watching.stdout.readline()))
    watching.send_signal(signal.SIGINT)
    assert ended(watching, 130)[1] == ""
    entry = json.loads(shop.run("appdeploy", "releases", "show", stream[0]["release"], *ENVIRONMENT, "--json"))
    return Reported(stream, looks, entry, page.read_text(), _heard(shop, queue))


def _is_over(looks: list[dict[str, Any]]) -> bool:
    """Whether the last look is of a time after the release: no one is at work, and what it brought or left behind is seen."""
    last = looks[-1]
    service, before = last["services"][0], looks[0]["services"][0]
    if last["lock"] or last["open_releases"] or service["underway"]:
        return False
    return service["version"] != before["version"] or bool(service["last_failure"])


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Reported]]:
    """A good release after v1, and then one that crashes."""
    home = tmp_path_factory.mktemp("home")
    with EmulatorProcess() as emulator:
        shop = Shop(emulator, home)
        shop.run("appdeploy", "deploy", *ENVIRONMENT, "--version", shop.push("v1"), "--until", "complete")
        queue = _subscribe(shop)
        good = _watched(shop, queue, home / "good.md", shop.push("v2", "slow:5"), 0)
        # Without the breaker the bad one is stopped by the command alone, however late it looks.
        breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
        shop.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, deploymentConfiguration=breaker)
        yield {"good": good, "bad": _watched(shop, queue, home / "bad.md", shop.push("v3", "crash"), 21)}


@pytest.fixture(params=["good", "bad"])
def reported(request: pytest.FixtureRequest, stories: dict[str, Reported]) -> Reported:
    return stories[request.param]


def test_all_speak_of_the_same_release(reported: Reported) -> None:
    release = reported.entry["id"]
    assert {line["release"] for line in reported.stream} == {release}
    assert {open_["id"] for look in reported.looks for open_ in look["open_releases"]} <= {release}
    assert {notice["detail"]["id"] for notice in reported.notices} == {release}
    assert f"- release: `{release}`" in reported.page


def test_all_speak_of_the_same_deployment_and_versions(reported: Reported) -> None:
    [started] = reported.lines("started")
    entry, planned = reported.entry["services"]["agent"], reported.lines("planned")[-1]["services"][0]
    coming = [look["services"][0]["underway"] for look in reported.looks if look["services"][0]["underway"]]
    rolling_out = {each["deployment_id"] for each in coming if each["kind"] == "rolling out"}
    assert rolling_out <= {started["deployment_id"]} == {entry["deployment_id"]}
    versions = (planned["previous"]["version"], planned["target"]["version"])
    assert versions == (entry["previous"]["version"], entry["target"]["version"])
    noted = reported.notices[-1]["detail"]["services"][0]
    assert versions == (noted["from"], noted["to"])
    assert entry["target"]["task_definition"] == reported.lines("registered")[-1]["task_definition"]


def test_all_tell_the_same_outcome_and_cause(reported: Reported) -> None:
    result, entry, notice = (
        reported.stream[-1]["results"][0],
        reported.entry["services"]["agent"],
        reported.notices[-1]["detail"],
    )
    outcomes = {result["outcome"], entry["outcome"], notice["outcome"], notice["services"][0]["outcome"]}
    assert outcomes == {reported.stream[-1]["outcome"]}
    assert f": {result['outcome']}\n" in reported.page.splitlines(keepends=True)[0]
    assert result["cause"] == entry["cause"] == notice["services"][0]["cause"]
    assert result["final"] is entry["settled"] is notice["settled"] is True
    assert round(result["seconds"], 1) == entry["seconds"]


def test_who_and_why_are_the_same(reported: Reported) -> None:
    notice, planned = reported.notices[-1]["detail"], reported.lines("planned")[-1]
    assert {notice["who"], planned["who"]} == {reported.entry["who"]}
    assert {notice["reason"], planned["reason"], reported.entry["reason"]} == {"a story"}
    assert "- why: a story" in reported.page


def test_the_phases_come_in_one_order(reported: Reported) -> None:
    events = [line["event"] for line in reported.stream]
    assert [name for name in dict.fromkeys(events) if name not in ("progress", "stopping")] == [
        *("planned", "registered", "started", "finished", "ended")
    ]
    first, last = events.index("started"), events.index("finished")
    assert all(first < place < last for place, name in enumerate(events) if name == "progress")


def test_the_times_of_the_stream_lie_within_the_steps_of_the_ledger(reported: Reported) -> None:
    begun, registered = reported.step("register")
    updating, updated = reported.step("update")
    moments = [begun, reported.moment("registered"), registered, updating, reported.moment("started"), updated]
    over = [reported.moment("finished"), datetime.fromisoformat(reported.entry["reported"]), reported.moment("ended")]
    assert [*moments, *over] == sorted([*moments, *over])
    assert reported.moment("planned") <= begun


def test_before_and_after_the_watch_saw_nobody_at_work(reported: Reported) -> None:
    first, last = reported.looks[0], reported.looks[-1]
    assert (first["lock"], first["open_releases"]) == (None, [])
    assert (last["lock"], last["open_releases"]) == (None, [])


def test_the_watch_saw_the_slow_one_at_work(stories: dict[str, Reported]) -> None:
    reported = stories["good"]
    assert any(reported.entry["id"] in (look["lock"] or "") for look in reported.looks)
    assert "running" in {release["state"] for look in reported.looks for release in look["open_releases"]}
    assert any(look["services"][0]["underway"] for look in reported.looks)


def test_the_good_one_serves_and_was_live_before_it_was_settled(stories: dict[str, Reported]) -> None:
    reported = stories["good"]
    assert reported.looks[-1]["services"][0]["version"] == "v2"
    assert [notice["detail-type"] for notice in reported.notices] == ["Release Started", "Release Live", "Release Settled"]


def test_the_bad_one_was_stopped_and_the_former_version_serves(stories: dict[str, Reported]) -> None:
    reported = stories["bad"]
    [stopping] = reported.lines("stopping")
    begun, done = reported.step("stop")
    assert begun <= done <= datetime.fromisoformat(stopping["time"])
    assert reported.looks[-1]["services"][0]["version"] == "v2"
    assert reported.looks[-1]["services"][0]["last_failure"]["status"] == "ROLLBACK_SUCCESSFUL"
    assert [notice["detail-type"] for notice in reported.notices] == ["Release Started", "Release Rolled Back"]
