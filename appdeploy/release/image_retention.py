"""Tags the images that went live, so that the repository's lifecycle policy keeps what could be returned to.

The tag is `released-<environment>-<release id>`; the policy keeps images by that prefix
(docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). A release pins its image by digest, so
these tags are never read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.events import Emit, ImageRetentionFailed
from appdeploy.model.image import RELEASED_TAG_PREFIX, EcrRepository
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


def tag_released_images(ecr: ECRClient, plan: ReleasePlan, results: Iterable[ServiceResult], emit: Emit) -> None:
    """Tag the new images of the services that are live: two calls each. An image that cannot be tagged is only reported."""
    live = {result.service for result in results if result.outcome is Outcome.LIVE}
    new = [service for service in plan.changed if service.registers and service.contract.name in live]
    for service, problem in map_parallel(lambda service: (service, _tag(ecr, plan, service)), new):
        if problem is not None:
            emit(ImageRetentionFailed(service.contract.name, problem))


def _tag(ecr: ECRClient, plan: ReleasePlan, service: ServicePlan) -> str | None:
    """Tag one image. The reason why it could not be, or None."""
    repository, digest = EcrRepository.parse(service.contract.repository), service.image.digest
    if digest is None:
        return "it is named by tag"
    registry = {"registryId": repository.account, "repositoryName": repository.name}
    try:
        found = ecr.batch_get_image(**registry, imageIds=[{"imageDigest": digest}])["images"]
        if not found:
            return "it is not in ECR any more"
        image = found[0]
        ecr.put_image(
            **registry,
            imageManifest=image["imageManifest"],
            imageDigest=digest,
            imageTag=f"{RELEASED_TAG_PREFIX}{plan.environment}-{plan.release_id}",
            **({"imageManifestMediaType": image["imageManifestMediaType"]} if "imageManifestMediaType" in image else {}),
        )
    except ecr.exceptions.ImageAlreadyExistsException:
        return None
    except AwsError as error:
        return explain(error)
    return None
