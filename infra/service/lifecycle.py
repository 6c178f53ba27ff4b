"""The lifecycle policy of a repository. Pure."""

from __future__ import annotations

import json
from typing import Any

from infra.service.settings import RegistrySettings

RELEASED_PREFIX = "released-"
"""A release tags each digest that went live `released-<environment>-<release id>`; a test holds it to the release tool's."""

ALL_RELEASED = 100_000
"""As many images as a repository holds (docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html), so
none of them expires."""


def lifecycle_policy(settings: RegistrySettings) -> str:
    """The policy of one repository, as JSON.

    Why a live image is safe: it carries a `released-` tag, whatever other tags it has, and an image that matches the tags of a
    rule cannot be expired by a rule that comes after it, whether the first rule expires it or not
    (docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html). The first rule therefore only matches such
    images. It must never expire any: ECR goes by the time of the push, and the image that has run longest was pushed first.

    The images of one index (several architectures) have no tags; ECR keeps them as long as the index is there (same page).

    Not covered: an image that is live and could not be tagged, which the release reports.
    """
    return json.dumps(
        {
            "rules": [
                _rule(1, "Released images", tagStatus="tagged", tagPrefixList=[RELEASED_PREFIX], **_more_than(ALL_RELEASED)),
                _rule(2, "Images without a tag", tagStatus="untagged", **_older_than(settings.untagged_days)),
                # `any` has to be last (docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).
                _rule(3, "Images that were never released", tagStatus="any", **_older_than(settings.unreleased_days)),
            ]
        }
    )


def _rule(priority: int, description: str, **selection: Any) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": selection,
        "action": {"type": "expire"},
    }


def _more_than(count: int) -> dict[str, Any]:
    return {"countType": "imageCountMoreThan", "countNumber": count}


def _older_than(days: int) -> dict[str, Any]:
    return {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
