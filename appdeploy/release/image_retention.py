"""Tags the images that went live, so that the repository's lifecycle policy keeps what could be returned to.

The tag is `released-<environment>-<release id>`; the policy keeps images by that prefix
(docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). A release pins its image by digest, so
these tags are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import image_id
from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.events import Emit, ImageRetentionFailed
from appdeploy.model.image import RELEASED_TAG_PREFIX, EcrRepository, ImageReference, brief, is_in_ecr
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient


def tag_released_images(ecr: ECRClient, plan: ReleasePlan, results: Iterable[ServiceResult], emit: Emit) -> None:
    """Tag the new images of the services that are live, and of their sidecars in the same registry: two calls each.

    An image that cannot be tagged is only reported.
    """
    live = {result.service for result in results if result.outcome is Outcome.LIVE}
    new = [service for service in plan.changed if service.registers and service.contract.name in live]
    images = [(service, *image) for service in new for image in _images(service)]
    for service, container, problem in map_parallel(lambda item: (*item[:2], _tag(ecr, plan, *item)), images):
        if problem is not None:
            own = container == service.contract.container
            emit(ImageRetentionFailed(service.contract.name, problem if own else f"sidecar {container}: {problem}"))


def _images(service: ServicePlan) -> Iterator[tuple[str, ImageReference]]:
    contract = service.contract
    yield contract.container, service.image
    registry = EcrRepository.parse(contract.repository)
    for container, image in service.base.sidecars(contract.container):
        if is_in_ecr(image, registry.region, registry.account):
            yield container, image


def _tag(ecr: ECRClient, plan: ReleasePlan, service: ServicePlan, container: str, image: ImageReference) -> str | None:
    """Tag one image. The reason why it could not be, or None."""
    own = container == service.contract.container
    if own and image.digest is None:
        return "it is named by tag"
    repository = EcrRepository.parse(service.contract.repository if own else image.repository)
    registry = {"registryId": repository.account, "repositoryName": repository.name}
    try:
        # A sidecar that runs by tag is kept as what the tag names now.
        found = ecr.batch_get_image(**registry, imageIds=[image_id(image)])["images"]
        if not found:
            return "it is not in ECR any more"
        held = found[0]
        digest = image.digest or held["imageId"]["imageDigest"]
        # Services may run different versions of a sidecar from one repository, and a tag names one image.
        which = "" if own else f"-{brief(digest)}"
        ecr.put_image(
            **registry,
            imageManifest=held["imageManifest"],
            imageDigest=digest,
            imageTag=f"{RELEASED_TAG_PREFIX}{plan.environment}-{plan.release_id}{which}",
            **({"imageManifestMediaType": held["imageManifestMediaType"]} if "imageManifestMediaType" in held else {}),
        )
    except ecr.exceptions.ImageAlreadyExistsException:
        return None
    except AwsError as error:
        return explain(error)
    return None
