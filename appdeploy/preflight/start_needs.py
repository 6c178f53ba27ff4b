"""Whether ECS could fetch what it needs before it starts tasks of a task definition: images, parameters and secrets.

ECS does not check it in RegisterTaskDefinition or UpdateService; such tasks fail with CannotPullContainerError or
ResourceInitializationError (docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html). Only names and
stages are read, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from appdeploy.aws.current_state import FoundImage, ImageLookup, NoImage, NoRepository, find_reference
from appdeploy.aws.parallel import begin
from appdeploy.model.image import ImageReference, is_in_ecr
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.preflight.answer import Answer, Unknown
from appdeploy.preflight.dependencies import CURRENT, SecretReference, dependencies_of

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

    from appdeploy.aws.clients import Clients

_SECRETS = 10
_PARAMETERS = 50

MISSING = "does not exist"


@dataclass(frozen=True)
class StartNeeds:
    """What was read of the needs of some task definitions. What could not be read is no problem."""

    secrets: Mapping[SecretReference, str | None] | Unknown
    """What is wrong with each, in words that follow its name; None if it has that value."""
    parameters: frozenset[str] | Unknown
    """Those that exist."""
    images: Mapping[ImageReference, ImageLookup | Unknown]
    """Those in ECR, in this region."""

    def problems(self, definition: TaskDefinition, application: str) -> Iterator[str]:
        """Why tasks of this definition could not start, the image of the application's container first."""
        containers = sorted(definition.images, key=lambda item: item[0] != application)
        for container, image in containers:
            fault = fault_of_image(self.images.get(image))
            yield from () if fault is None else (f"the image{_of(container, image, application)} {fault}",)
        needs = dependencies_of(definition)
        if not isinstance(self.secrets, Unknown):
            yield from faults_of_secrets(needs.secrets, self.secrets)
        missing = frozenset[str]() if isinstance(self.parameters, Unknown) else needs.parameters - self.parameters
        yield from (f"{name} {MISSING}" for name in sorted(missing))

    def unread(self, definition: TaskDefinition) -> Iterator[str]:
        """What of it could not be read, and why."""
        needs = dependencies_of(definition)
        for _, image in definition.images:
            found = self.images.get(image)
            yield from (f"image {image.repository}: {found.why}",) if isinstance(found, Unknown) else ()
        if needs.secrets and isinstance(self.secrets, Unknown):
            yield f"secrets: {self.secrets.why}"
        if needs.parameters and isinstance(self.parameters, Unknown):
            yield f"parameters: {self.parameters.why}"


def read_start_needs(
    clients: Clients,
    definitions: Iterable[TaskDefinition],
    *,
    images: Iterable[ImageReference] | None = None,
    seconds: float | None = None,
    ask_ssm: bool = True,
) -> StartNeeds:
    """Read it for all of them at once, and wait so long: a call for each image, for ten secrets, and for fifty parameters.

    `images` are those to look up if not all of the definitions. Without `ask_ssm` parameters are not known: for who has just
    waited for SSM in vain.
    """
    read = list(definitions)
    needs = [dependencies_of(definition) for definition in read]
    secrets = frozenset[SecretReference]().union(*(need.secrets for need in needs))
    parameters = frozenset[str]().union(*(need.parameters for need in needs))
    named = (image for item in read for _, image in item.images) if images is None else images
    wanted = {image for image in named if is_in_ecr(image, clients.region)}
    pending = {image: begin(partial(find_reference, clients.ecr, image)) for image in wanted}
    pending_secrets = begin(partial(read_secrets, clients.secretsmanager, secrets)) if secrets else None
    pending_parameters = begin(partial(read_parameters, clients.ssm, parameters)) if parameters and ask_ssm else None
    begun: list[Future[Any] | None] = [*pending.values(), pending_secrets, pending_parameters]
    wait([future for future in begun if future is not None], seconds)
    return StartNeeds(
        secrets=Answer(pending_secrets).get(0) if pending_secrets else {},
        parameters=Answer(pending_parameters).get(0) if pending_parameters else _none(parameters),
        images={image: Answer(future).get(0) for image, future in pending.items()},
    )


def _none(parameters: frozenset[str]) -> frozenset[str] | Unknown:
    return Unknown("SSM was not asked") if parameters else parameters


def fault_of_image(found: ImageLookup | Unknown | None) -> str | None:
    """Why it cannot be pulled, in words that follow its name; None if it can, or that is not known."""
    match found:
        case FoundImage(_, "ACTIVE") | Unknown() | None:
            return None
        case FoundImage(_, status):
            return f"is {status} in ECR"
        case NoImage() | NoRepository():
            return "is not in ECR any more"


def _of(container: str, image: ImageReference, application: str) -> str:
    return "" if container == application else f" of container {container} ({image})"


def faults_of_secrets(expected: Iterable[SecretReference], found: Mapping[SecretReference, str | None]) -> Iterator[str]:
    """One text for all secrets with the same fault."""
    faulty = sorted((fault, reference.arn) for reference in set(expected) if (fault := found[reference]) is not None)
    for fault, group in groupby(faulty, lambda item: item[0]):
        yield f"{', '.join(arn for _, arn in group)} {fault}"


def read_secrets(client: SecretsManagerClient, references: Iterable[SecretReference]) -> dict[SecretReference, str | None]:
    """What is wrong with each reference; None if nothing is.

    ListSecrets takes ten names per call, returns no values, and of each secret which version has which stage; secrets that
    wait for their deletion are left out (docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html). Its
    filter matches the beginning of a name.
    """
    wanted = sorted(set(references))
    listed: dict[str, Mapping[str, Sequence[str]]] = {}
    for chunk in chunks(sorted({_without_suffix(reference.arn.split(":")[6]) for reference in wanted}), _SECRETS):
        pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": chunk}])
        listed.update((item["ARN"], item.get("SecretVersionsToStages", {})) for page in pages for item in page["SecretList"])
    # A reference may leave out the six characters that Secrets Manager adds to a name.
    partial = {_without_suffix(arn): versions for arn, versions in listed.items()}
    return {reference: _fault(reference, listed.get(reference.arn, partial.get(reference.arn))) for reference in wanted}


def _fault(reference: SecretReference, versions: Mapping[str, Sequence[str]] | None) -> str | None:
    if versions is None:
        return MISSING
    if not reference.stage:  # Versions without a stage are not listed, and can be fetched by their id.
        return None
    if any(reference.stage in stages and reference.version in ("", version) for version, stages in versions.items()):
        return None
    of_version = f" in version {reference.version}" if reference.version else ""
    return "has no current value" if reference.stage == CURRENT and not of_version else f"has no {reference.stage}{of_version}"


def _without_suffix(name: str) -> str:
    return name[:-7] if len(name) > 7 and name[-7] == "-" else name


def read_parameters(client: SSMClient, names: Iterable[str]) -> frozenset[str]:
    """Those that exist. DescribeParameters and not GetParameters: it returns no values, and takes fifty names per call."""
    found: set[str] = set()
    for chunk in chunks(sorted(names), _PARAMETERS):
        pages = client.get_paginator("describe_parameters").paginate(
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": chunk}],
            PaginationConfig={"PageSize": _PARAMETERS},
        )
        found.update(item["Name"] for page in pages for item in page["Parameters"])
    return frozenset(found)


def chunks(names: Sequence[str], size: int) -> list[list[str]]:
    """The names in lists of at most that size."""
    return [list(names[start : start + size]) for start in range(0, len(names), size)]
