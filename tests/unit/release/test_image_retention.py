"""Images that went live are tagged, so that the way back outlives the repository's cleaning."""

from __future__ import annotations

import pytest

from appdeploy.model.events import ImageRetentionFailed
from appdeploy.model.operation import Restart
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DIGESTS, DONE, ROLLED_BACK, AwsSays, Moment, crashed, only, task_definition_arn
from tests.support.rollbacks import OK, remembered


def ready(aws, *script):
    service = aws.released()
    service.script = list(script)
    aws.environment(service)
    return service


def test_a_live_image_is_tagged_with_the_release(aws, run):
    ready(aws, Moment(), DONE)
    run()
    assert aws.kept == [(DIGESTS["v2"], f"released-staging-{aws.ledger[0].id}")]


REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        (f"{REGISTRY}/metrics@{DIGESTS['v7']}", True),
        (f"{REGISTRY}/metrics:7", True),
        (f"{REGISTRY.replace('123456789012', '999999999999')}/metrics:7", False),
        (f"{REGISTRY.replace('central', 'west')}/metrics:7", False),
        ("public.ecr.aws/metrics/agent:7", False),
    ],
    ids=["digest", "tag", "another-account", "another-region", "public"],
)
def test_a_sidecar_of_the_same_registry_is_kept_too_under_a_tag_of_its_own(aws, run, image, kept):
    service = ready(aws, Moment(), DONE)
    aws.images["metrics:7"] = {"imageDigest": DIGESTS["v7"]}
    aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]["image"] = image
    run()
    tag = f"released-staging-{aws.ledger[0].id}"
    ours = [(DIGESTS["v2"], tag)]
    assert sorted(aws.kept) == sorted([*ours, (DIGESTS["v7"], f"{tag}-{DIGESTS['v7'][7:14]}")] if kept else ours)


def test_a_sidecar_that_cannot_be_kept_is_told_by_its_name(aws, run):
    service = ready(aws, Moment(), DONE)
    aws.images["metrics:7"] = {"imageDigest": DIGESTS["v7"]}
    sidecar = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][1]
    sidecar["image"] = f"{REGISTRY}/metrics:7"
    usual = aws._PutImage
    denied = AwsSays("AccessDeniedException", "no")
    aws._PutImage = lambda params: denied if params["repositoryName"] == "metrics" else usual(params)
    assert only(run()).outcome is Outcome.LIVE
    [reported] = [event for event in run.events if isinstance(event, ImageRetentionFailed)]
    assert reported.reason.startswith("sidecar metrics: not allowed")


def test_a_restored_revision_is_kept(aws, back):
    remembered(aws, ("v1", OK), ("v2", OK))
    aws.task_definitions[task_definition_arn("axonflow-staging-agent:1")]["taskDefinition"]["status"] = "INACTIVE"
    back()
    assert aws.kept == [(DIGESTS["v1"], f"released-staging-{aws.ledger[0].id}")]


def test_an_image_that_did_not_go_live_is_not(aws, run):
    service = ready(aws, Moment(), Moment((crashed(1), crashed(2))))
    service.after_stop = [ROLLED_BACK]
    run()
    assert aws.kept == []


def test_a_restart_brings_no_new_image(aws, run):
    ready(aws, Moment(), DONE)
    run(Restart())
    assert aws.kept == []


def test_an_image_that_cannot_be_tagged_is_told_and_changes_no_outcome(aws, run):
    ready(aws, Moment(), DONE)
    aws.answers["PutImage"] = [AwsSays("AccessDeniedException", "no")]
    assert only(run()).outcome is Outcome.LIVE
    reported = [event for event in run.events if isinstance(event, ImageRetentionFailed)]
    assert [event.service for event in reported] == ["agent"]
    assert "not allowed" in reported[0].reason


def test_a_tag_that_is_there_already_is_fine(aws, run):
    ready(aws, Moment(), DONE)
    aws.answers["PutImage"] = [AwsSays("ImageAlreadyExistsException")]
    run()
    assert not [event for event in run.events if isinstance(event, ImageRetentionFailed)]


def test_such_tags_are_no_versions_to_offer(aws, command, capsys):
    ready(aws)
    aws.images["axonflow-staging-agent:v2"]["imageTags"] = ["released-staging-upgrade-2026-1125-100000-abc123", "v2"]
    assert command("deploy", "-e", "staging", "--version", "v9") == 10
    assert "its newest tags are v2, v1" in capsys.readouterr().err
