"""An empty answer of ECR means the same as its exception: the image is not there."""

from __future__ import annotations

import pytest

from appdeploy.aws.current_state import NoImage, find_digest, find_image, find_reference
from appdeploy.model.image import Digest, ImageReference
from tests.support.release_scenario import DIGESTS, AwsSays


@pytest.fixture(params=["empty list", "exception"])
def agent(aws, request, monkeypatch):
    """A service whose repository lacks every image that is asked for."""
    service = aws.released()
    aws.environment(service)
    usual = aws._DescribeImages
    answer = {"imageDetails": []} if request.param == "empty list" else AwsSays("ImageNotFoundException")
    monkeypatch.setattr(aws, "_DescribeImages", lambda params: answer if "imageIds" in params else usual(params))
    return service.contract


def test_a_tag_that_is_not_there(agent, clients):
    assert find_image(clients.ecr, agent, "v9") == NoImage(("v2", "v1"))


def test_a_digest_that_is_not_there(agent, clients):
    assert find_digest(clients.ecr, agent, Digest(DIGESTS["v9"])) == NoImage()


@pytest.mark.parametrize("suffix", [":v9", f"@{DIGESTS['v9']}", ""])
def test_a_reference_that_is_not_there(agent, clients, suffix):
    assert find_reference(clients.ecr, ImageReference.parse(f"{agent.repository}{suffix}")) == NoImage()


def test_a_release_of_it_is_refused_in_one_line(agent, command, capsys):
    assert command("deploy", "-e", "staging", "--version", "v9") == 10
    assert "has no image v9: its newest tags are v2, v1" in capsys.readouterr().err
