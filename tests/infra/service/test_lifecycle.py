"""Which images a repository loses, by ECR's own rules of evaluation.

docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html: an image that matches the tagging requirements of a rule
cannot be expired by a rule of lower priority; counts go by the time of the push.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appdeploy.model.image import RELEASED_TAG_PREFIX
from infra.service.lifecycle import RELEASED_PREFIX, lifecycle_policy
from infra.service.settings import RegistrySettings

RULES: list[dict[str, Any]] = json.loads(lifecycle_policy(RegistrySettings(untagged_days=7, unreleased_days=30)))["rules"]


@dataclass(frozen=True)
class Image:
    tags: tuple[str, ...]
    days: int
    """Since its push."""


def matches(image: Image, selection: dict[str, Any]) -> bool:
    match selection["tagStatus"]:
        case "tagged":
            # Several prefixes in a rule have to match all of them.
            return all(any(tag.startswith(prefix) for tag in image.tags) for prefix in selection["tagPrefixList"])
        case "untagged":
            return not image.tags
    return True


def lost(images: list[Image]) -> list[Image]:
    gone, left = [], list(images)
    for rule in sorted(RULES, key=lambda rule: rule["rulePriority"]):
        selection = rule["selection"]
        claimed = sorted((image for image in left if matches(image, selection)), key=lambda image: image.days)
        left = [image for image in left if image not in claimed]
        if selection["countType"] == "sinceImagePushed":
            gone += [image for image in claimed if image.days > selection["countNumber"]]
        else:
            gone += claimed[selection["countNumber"] :]
    return gone


RELEASED = "released-staging-upgrade-2025-1125-143000-abc123"
IMAGES = st.builds(Image, st.lists(st.sampled_from(["v1", "main", RELEASED]), unique=True).map(tuple), st.integers(0, 4000))


@given(st.lists(IMAGES, max_size=20, unique=True))
def test_a_released_image_is_never_lost_whatever_its_age_and_its_other_tags(images: list[Image]) -> None:
    assert [image for image in lost(images) if RELEASED in image.tags] == []


def test_an_image_that_was_never_released_has_its_time() -> None:
    images = [Image(("v1",), 30), Image(("v2",), 31), Image(("v2", RELEASED), 31)]
    assert lost(images) == [Image(("v2",), 31)]


def test_an_image_whose_tags_are_gone_has_less() -> None:
    assert lost([Image((), 7), Image((), 8)]) == [Image((), 8)]


def test_the_prefix_is_the_one_that_releases_tag_with() -> None:
    assert RELEASED_PREFIX == RELEASED_TAG_PREFIX


def test_the_rule_for_any_image_comes_last_as_ecr_demands() -> None:
    priorities = {rule["selection"]["tagStatus"]: rule["rulePriority"] for rule in RULES}
    assert len(set(priorities.values())) == len(RULES)
    assert priorities["any"] == max(priorities.values())
