"""Images: what a push puts into moto's ECR, how an image behaves when a task runs it, what a pull finds."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import ServiceException
from moto.ecr.models import ecr_backends

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_ECR_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_CONDUCT = re.compile(
    r"(?P<kind>healthy|no-image|crash|unhealthy|task-hangs)|(?P<late>crash|slow):(?P<seconds>\d+(?:\.\d+)?)"
    r"|(?P<passing>no-capacity|pull-timeout|spot):(?P<tasks>[1-9]\d*)|(?P<ends>task-fails):(?P<code>[1-9]\d{0,2})"
)
_KINDS = (
    "healthy, no-image, crash, unhealthy, crash:SECONDS, slow:SECONDS, no-capacity:TASKS, pull-timeout:TASKS, spot:TASKS,"
    " task-fails:CODE, task-hangs"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class Behaviour(StrEnum):
    """What a task does that runs an image."""

    HEALTHY = "healthy"
    NO_IMAGE = "no-image"
    """ECR knows the digest, but its content cannot be fetched."""
    CRASH = "crash"
    """Exits with code 1: soon after RUNNING, before it listens, or after a while in which it answered."""
    UNHEALTHY = "unhealthy"
    """Runs and answers, but its health path says 503."""
    SLOW = "slow"
    """Starts late, then is healthy."""
    NO_CAPACITY = "no-capacity"
    """Finds no room; the next task does."""
    PULL_TIMEOUT = "pull-timeout"
    """The registry does not answer in time; it answers the next task."""
    SPOT = "spot"
    """Loses its Spot capacity soon after RUNNING; the next task keeps it."""
    TASK_FAILS = "task-fails"
    """Serves well; a command that RunTask gives it ends with an exit code."""
    TASK_HANGS = "task-hangs"
    """Serves well; a command that RunTask gives it does not end."""


@dataclass(frozen=True)
class Conduct:
    """A behaviour in full: `crash`, `crash:9`, whose tasks serve for 9 s, `slow:2.5`, which need 2.5 s longer to RUNNING, or
    `spot:2`, a good image of which the next 2 tasks fail."""

    behaviour: Behaviour = Behaviour.HEALTHY
    seconds: float = 0.0
    """Of the emulator's clock; for SLOW and CRASH."""
    tasks: int = 0
    """How many tasks a passing failure (NO_CAPACITY, PULL_TIMEOUT, SPOT) has yet to hit; all others are healthy."""
    code: int = 0
    """The exit code of a one-off command."""

    @classmethod
    def parse(cls, text: str) -> Conduct:
        """Read `healthy`, `crash:SECONDS` and the like. Raises PushError."""
        match = _CONDUCT.fullmatch(text)
        if match is None:
            raise PushError(400, f"behaviour must be one of {_KINDS}")
        kind = Behaviour(match["kind"] or match["late"] or match["passing"] or match["ends"])
        return cls(kind, float(match["seconds"] or 0), int(match["tasks"] or 0), int(match["code"] or 0))


class CannotPullError(Exception):
    """A pull that failed; the message is ECS's reason for the stopped task."""


class PushError(Exception):
    """A push that was refused."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status for the control endpoint."""


@dataclass(frozen=True)
class Image:
    """An image as a task runs it."""

    digest: str
    version: str
    """The tag it was pushed with; its digest if it has none."""
    conduct: Conduct = Conduct()


@dataclass(frozen=True)
class PushedImage:
    """What a push made."""

    digest: str
    reference: str
    """`<repository uri>:<tag>`"""


class ImageCatalog:
    """The images of moto's ECR with the behaviours of those that were pushed through the control endpoint."""

    def __init__(self) -> None:
        self._pushed: dict[str, Image] = {}

    def push(self, repository: str, tag: str, conduct: Conduct, region: str | None = None) -> PushedImage:
        """Put a new image into a repository under a tag.

        Without `region` the one region that has the repository is meant. Raises PushError: 404 for an unknown
        repository, 409 for a tag that exists in an immutable one, 400 for anything else.
        """
        if not _TAG.fullmatch(tag):
            raise PushError(400, f"{tag!r} is not a valid image tag")
        backend = _backend_of(repository, region)
        manifest = _manifest()
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        _take_tag_away(backend.repositories[repository], tag)
        try:
            backend.put_image(repository, manifest, tag, MANIFEST_TYPE, digest)
        except ServiceException as error:
            raise PushError(409, f"tag {tag} exists in the immutable repository {repository}") from error
        self._pushed[digest] = Image(digest, tag, conduct)
        return PushedImage(digest, f"{backend.repositories[repository].uri}:{tag}")

    def behave(self, glob: str, conduct: Conduct) -> list[str]:
        """Change what the images in ECR do whose `repository:tag` matches, from their next pull on; returns their names.

        Raises PushError 404 when there is none.
        """
        found = {
            f"{name}:{tag}": image
            for backend in _ecr_of_every_region()
            for name, repository in backend.repositories.items()
            for image in repository.images
            for tag in image.image_tags
            if fnmatch.fnmatchcase(f"{name}:{tag}", glob)
        }
        if not found:
            raise PushError(404, f"no image matches {glob}")
        for image in found.values():
            known = self._known(image)
            self._pushed[known.digest] = replace(known, conduct=conduct)
        return sorted(found)

    def passing_failure(self, reference: str) -> Behaviour | None:
        """The passing failure that hits the next task of an image, if one is left. Each one is handed out once."""
        try:
            image = self.pull(reference)
        except CannotPullError:
            return None
        if not image.conduct.tasks:
            return None
        self._pushed[image.digest] = replace(image, conduct=replace(image.conduct, tasks=image.conduct.tasks - 1))
        return image.conduct.behaviour

    def _known(self, image: Any) -> Image:
        digest: str = image.get_image_digest()
        return self._pushed.get(digest) or Image(digest, image.image_tag or digest)

    def pull(self, reference: str) -> Image:
        """The image behind a reference. References outside ECR are taken to exist and to be healthy.

        Raises CannotPullError in ECS's words (DG/task_cannot_pull_image.html).
        """
        match = _ECR_REFERENCE.fullmatch(reference)
        if match is None:
            return _foreign(reference)
        found = _find(match)
        if found is None:
            raise CannotPullError(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                f"failed to resolve ref {reference}: {reference}: not found"
            )
        image = self._known(found)
        if image.conduct.behaviour is Behaviour.NO_IMAGE:
            raise CannotPullError(
                "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed "
                f"open: could not fetch content descriptor {image.digest} ({MANIFEST_TYPE}) from remote: not found"
            )
        return image


def _backend_of(repository: str, region: str | None) -> Any:
    holders = [b for b in _ecr_of_every_region() if repository in b.repositories and region in (None, b.region_name)]
    if not holders:
        raise PushError(404, f"repository {repository} does not exist" + (f" in {region}" if region else ""))
    if len(holders) > 1:
        regions = ", ".join(sorted(b.region_name for b in holders))
        raise PushError(400, f"repository {repository} exists in {regions}: name one as region")
    return holders[0]


def _take_tag_away(repository: Any, tag: str) -> None:
    """An image that loses its last tag stays in ECR and can be pulled by digest; moto would delete it."""
    if repository.image_tag_mutability == "MUTABLE":
        for image in repository.images:
            image.remove_tag(tag)


def _ecr_of_every_region() -> Iterator[Any]:
    yield from list(ecr_backends[DEFAULT_ACCOUNT_ID].values())


def _find(match: re.Match[str]) -> Any:
    """moto's image for an ECR reference, or None. A digest outranks the tag beside it, as in a container runtime."""
    repository = ecr_backends[match["account"]][match["region"]].repositories.get(match["repository"])
    if repository is None:
        return None
    if match["digest"]:
        return next((i for i in repository.images if i.get_image_digest() == match["digest"]), None)
    tag = match["tag"] or "latest"
    return next((i for i in repository.images if tag in i.image_tags), None)


def _foreign(reference: str) -> Image:
    name, _, digest = reference.partition("@")
    tag = name.rsplit("/", 1)[-1].partition(":")[2] or "latest"
    return Image(digest or f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}", tag)


def _manifest() -> str:
    """An OCI image manifest (github.com/opencontainers/image-spec manifest.md) with a configuration of its own."""
    unique = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    layer = hashlib.sha256(b"layer").hexdigest()
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": f"sha256:{unique}",
            "size": 7023,
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": f"sha256:{layer}",
                "size": 32654,
            }
        ],
    }
    return json.dumps(document, separators=(",", ":"))
