"""Images that went live are tagged, so that the way back outlives the repository's cleaning."""

from __future__ import annotations

from appdeploy.model.events import ImageRetentionFailed
from appdeploy.model.operation import Restart
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DIGESTS, DONE, ROLLED_BACK, AwsSays, Moment, crashed, only


def ready(aws, *script):
    service = aws.released()
    service.script = list(script)
    aws.environment(service)
    return service


def test_a_live_image_is_tagged_with_the_release(aws, run):
    ready(aws, Moment(), DONE)
    run()
    assert aws.kept == [(DIGESTS["v2"], f"released-staging-{aws.ledger[0].id}")]


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
