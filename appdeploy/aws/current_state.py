"""Reads the current state before a release: the services, their task definitions, and the target image's digest.

That is one DescribeServices per ten services, and per service one DescribeTaskDefinition and one DescribeImages in
parallel; one more DescribeTaskDefinition if the service moves to another template.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appdeploy.aws.clients import THREADS
from appdeploy.aws.errors import refusing
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.image import RELEASED_TAG_PREFIX, Digest, EcrRepository, ImageReference
from appdeploy.model.operation import Deploy, Operation, Restart, ServiceOperation, Sync, for_service, takes_template
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, family_of

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef
    from mypy_boto3_ecs import ECSClient

    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract

DESCRIBE_SERVICES_LIMIT = 10
"""Services in one DescribeServices (API reference of ECS)."""

_NEWEST_SHOWN = 3
_DEFAULT_TAG = "latest"
_ECR_PAGE = 1000


@dataclass(frozen=True)
class FoundImage:
    """The version is in ECR."""

    digest: Digest
    status: str
    """ACTIVE, or a status in which the image cannot be pulled."""
    media_type: str = ""
    """Media type of its manifest; empty if ECR does not return it."""


@dataclass(frozen=True)
class NoImage:
    """The version is not in ECR."""

    newest: tuple[str, ...] = ()
    """The newest tags in the repository, newest first, if they were read."""


@dataclass(frozen=True)
class NoRepository:
    """The repository does not exist."""


ImageLookup = FoundImage | NoImage | NoRepository


@dataclass(frozen=True)
class LiveService:
    """One service's current state, with its contract."""

    contract: ServiceContract
    state: ServiceState | None
    """None if the service does not exist."""
    running: TaskDefinition | None
    """The running revision; None if it was never released."""
    template: TaskDefinition | None
    """The contract's template; None if the operation does not need it."""
    image: ImageLookup | None
    """The target image; None if the operation does not change it."""

    @property
    def never_released(self) -> bool:
        """Whether the service still uses the template's family, whatever its count."""
        return self.state is not None and on_template(self.contract, self.state.task_definition)


def on_template(contract: ServiceContract, task_definition: str) -> bool:
    """Whether the task definition is of the template's family, so not registered by a release."""
    return family_of(task_definition) == contract.template_family


def read_live(
    clients: Clients, contract: EnvironmentContract, services: Sequence[ServiceContract], operation: Operation
) -> tuple[LiveService, ...]:
    """Read each service, in the given order. Raises Refused when a read fails."""
    with refusing("the services could not be read"), ThreadPoolExecutor(THREADS) as pool:
        wanted = [for_service(operation, service.name) for service in services]
        images = [
            pool.submit(find_image, clients.ecr, service, each.version) if isinstance(each, Deploy) else None
            for service, each in zip(services, wanted, strict=True)
        ]
        states = describe_services(clients.ecs, contract.platform.cluster, [service.service for service in services])
        reads = [
            pool.submit(_read_service, clients, service, states.get(service.service), each)
            for service, each in zip(services, wanted, strict=True)
        ]
        lives = [read.result() for read in reads]
        return tuple(replace(live, image=image.result()) if image else live for live, image in zip(lives, images, strict=True))


def describe_services(ecs: ECSClient, cluster: str, arns: Sequence[str]) -> dict[str, ServiceState]:
    """The services of these ARNs, by ARN; without those that do not exist."""
    found: dict[str, ServiceState] = {}
    for start in range(0, len(arns), DESCRIBE_SERVICES_LIMIT):
        chunk = arns[start : start + DESCRIBE_SERVICES_LIMIT]
        reply = ecs.describe_services(cluster=cluster, services=list(chunk))
        states = (ServiceState.from_reply(service) for service in reply["services"])
        found.update((state.arn, state) for state in states)
    return found


def describe_task_definition(ecs: ECSClient, arn: str) -> TaskDefinition:
    """One revision with its tags."""
    return TaskDefinition.from_reply(ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]))


def registered_at(ecs: ECSClient, arn: str) -> datetime | None:
    """When a revision was registered; None if ECS does not return it."""
    try:
        return describe_task_definition(ecs, arn).fields.get("registeredAt")
    except ecs.exceptions.ClientException:
        return None


def find_image(ecr: ECRClient, service: ServiceContract, version: str) -> ImageLookup:
    """Look a tag up in the service's repository. One call; a few more if it is missing."""
    repository = EcrRepository.parse(service.repository)
    found = _find(ecr, repository, {"imageTag": version})
    return replace(found, newest=_newest_tags(_tagged_images(ecr, repository))) if isinstance(found, NoImage) else found


def find_digest(ecr: ECRClient, service: ServiceContract, digest: Digest) -> ImageLookup:
    """Look a digest up in the service's repository. One call."""
    return _find(ecr, EcrRepository.parse(service.repository), {"imageDigest": digest})


def find_reference(ecr: ECRClient, reference: ImageReference) -> ImageLookup:
    """Look up what tasks with this image would pull. One call. Raises ValueError if it is not in ECR."""
    return _find(ecr, EcrRepository.parse(reference.repository), image_id(reference))


def image_id(reference: ImageReference) -> ImageIdentifierTypeDef:
    """How ECR names it: by digest, else by tag."""
    return {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag or _DEFAULT_TAG}


def _find(ecr: ECRClient, repository: EcrRepository, wanted: ImageIdentifierTypeDef) -> ImageLookup:
    try:
        reply = ecr.describe_images(registryId=repository.account, repositoryName=repository.name, imageIds=[wanted])
    except ecr.exceptions.RepositoryNotFoundException:
        return NoRepository()
    except ecr.exceptions.ImageNotFoundException:
        return NoImage()
    if not reply["imageDetails"]:  # An empty list instead of ImageNotFoundException.
        return NoImage()
    detail = reply["imageDetails"][0]
    return FoundImage(
        Digest(detail["imageDigest"]), detail.get("imageStatus", "ACTIVE"), detail.get("imageManifestMediaType", "")
    )


def _read_service(
    clients: Clients, service: ServiceContract, state: ServiceState | None, operation: ServiceOperation
) -> LiveService:
    if state is None or not state.active:
        return LiveService(service, state, None, None, None)
    if on_template(service, state.task_definition):
        template = describe_task_definition(clients.ecs, service.template) if isinstance(operation, Deploy) else None
        return LiveService(service, state, None, template, None)
    running = describe_task_definition(clients.ecs, state.task_definition)
    moves = takes_template(operation) and running.tags.get(TEMPLATE_TAG) != service.template
    template = describe_task_definition(clients.ecs, service.template) if moves else None
    stays = isinstance(operation, Restart) or (isinstance(operation, Sync) and moves)
    digest = running.image_of(service.container).digest if stays and service.container in running.containers else None
    image = find_digest(clients.ecr, service, digest) if digest else None
    return LiveService(service, state, running, template, image)


def _tagged_images(ecr: ECRClient, repository: EcrRepository) -> Iterable[ImageDetailTypeDef]:
    pages = ecr.get_paginator("describe_images").paginate(
        registryId=repository.account,
        repositoryName=repository.name,
        filter={"tagStatus": "TAGGED"},
        PaginationConfig={"PageSize": _ECR_PAGE},
    )
    return (detail for page in pages for detail in page["imageDetails"])


def _newest_tags(images: Iterable[ImageDetailTypeDef]) -> tuple[str, ...]:
    long_ago = datetime.min.replace(tzinfo=UTC)
    newest_first = sorted(images, key=lambda image: image.get("imagePushedAt", long_ago), reverse=True)
    tagged = [[tag for tag in image.get("imageTags", []) if not tag.startswith(RELEASED_TAG_PREFIX)] for image in newest_first]
    return tuple(tags[0] for tags in tagged if tags)[:_NEWEST_SHOWN]
