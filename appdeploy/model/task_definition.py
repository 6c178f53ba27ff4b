"""A task definition as a value, and making a new revision from a described one.

A new revision changes the image of one container, the family and our own tags. Everything else is copied as AWS
described it, so that a release cannot change anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from appdeploy.model.image import ImageReference

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import DescribeTaskDefinitionResponseTypeDef

FENCE_TAG = "axonflow:fence"
RELEASE_TAG = "axonflow:release"
"""The id of the release that registered a revision."""
RESTORES_TAG = "axonflow:restores"
"""The ARN of the deregistered revision whose content a rollback registered again."""
TEMPLATE_TAG = "axonflow:template"
"""The ARN of the template revision that it descends from."""
VERSION_TAG = "axonflow:version"
"""The version that was requested."""

_RESERVED_TAG_PREFIX = "aws:"
_DEFAULT_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class LogTarget:
    """Where a container's awslogs driver writes to."""

    group: str
    prefix: str
    region: str | None

    def stream(self, container: str, task_arn: str) -> str:
        """The stream of one task: docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html."""
        return f"{self.prefix}/{container}/{task_arn.rsplit('/', 1)[-1]}"


@dataclass(frozen=True)
class TaskDefinition:
    """One described revision."""

    arn: str
    fields: Mapping[str, Any]
    """The `taskDefinition` of DescribeTaskDefinition's reply. Never changed in place."""
    tags: Mapping[str, str]

    @classmethod
    def from_reply(cls, reply: DescribeTaskDefinitionResponseTypeDef) -> Self:
        """Parse a reply of DescribeTaskDefinition with TAGS included."""
        fields = reply["taskDefinition"]
        tags = {tag["key"]: tag["value"] for tag in reply.get("tags", [])}
        return cls(fields["taskDefinitionArn"], MappingProxyType(dict(fields)), MappingProxyType(tags))

    @classmethod
    def unread(cls, arn: str) -> Self:
        """A revision of which only the ARN is known. It has no containers and no tags until it is read."""
        return cls(arn, MappingProxyType({"containerDefinitions": ()}), MappingProxyType({}))

    @property
    def is_read(self) -> bool:
        """Whether it was described: every described revision has a container."""
        return bool(self.fields["containerDefinitions"])

    @property
    def active(self) -> bool:
        """Whether a service can still use it."""
        return bool(self.fields["status"] == "ACTIVE")

    @property
    def containers(self) -> tuple[str, ...]:
        """The names of its containers, in order."""
        return tuple(container["name"] for container in self.fields["containerDefinitions"])

    @property
    def images(self) -> tuple[tuple[str, ImageReference], ...]:
        """Each container with its image, without those whose image is no reference."""
        found = []
        for container in self.containers:
            with suppress(ValueError):
                found.append((container, self.image_of(container)))
        return tuple(found)

    def sidecars(self, application: str) -> tuple[tuple[str, ImageReference], ...]:
        """The same of all containers but the application's."""
        return tuple(item for item in self.images if item[0] != application)

    def image_of(self, container: str) -> ImageReference:
        """The image of a container. Raises KeyError for an unknown container, ValueError for a malformed image."""
        return ImageReference.parse(self._container(container)["image"])

    def log_target_of(self, container: str) -> LogTarget | None:
        """Where the container logs to; None unless that is CloudWatch with streams named by task."""
        configuration = self._container(container).get("logConfiguration", {})
        options = configuration.get("options", {})
        if configuration.get("logDriver") != "awslogs" or "awslogs-stream-prefix" not in options:
            return None
        return LogTarget(options["awslogs-group"], options["awslogs-stream-prefix"], options.get("awslogs-region"))

    def secrets_of(self, container: str) -> dict[str, str]:
        """The sources of a container's `secrets`, by variable. Names only, no values."""
        return {item["name"]: item["valueFrom"] for item in self._container(container).get("secrets", [])}

    @property
    def stop_seconds(self) -> float:
        """How long its containers may take to end after SIGTERM: the longest `stopTimeout` (API reference of ECS)."""
        timeouts = [container.get("stopTimeout", _DEFAULT_STOP_SECONDS) for container in self.fields["containerDefinitions"]]
        return max(timeouts, default=_DEFAULT_STOP_SECONDS)

    @property
    def has_container_check(self) -> bool:
        """Whether a container has its own health check, which ECS waits for."""
        return any("healthCheck" in container for container in self.fields["containerDefinitions"])

    def _container(self, name: str) -> Mapping[str, Any]:
        for container in self.fields["containerDefinitions"]:
            if container["name"] == name:
                found: Mapping[str, Any] = container
                return found
        raise KeyError(name)


@dataclass(frozen=True)
class NewRevision:
    """A request for RegisterTaskDefinition."""

    family: str
    request: Mapping[str, Any]


def family_of(arn: str) -> str:
    """The family in a task definition's ARN."""
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]


def name_of(arn: str) -> str:
    """`family:revision` of an ARN."""
    return arn.rsplit("/", 1)[-1]


def registrable_fields(ecs: ECSClient) -> frozenset[str]:
    """The fields of RegisterTaskDefinition, from the SDK's model: a hardcoded list would lose fields that AWS adds."""
    shape = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
    return frozenset(shape.members) if shape is not None else frozenset()


def new_revision(
    base: TaskDefinition,
    *,
    family: str,
    container: str,
    image: ImageReference,
    tags: Mapping[str, str],
    registrable: frozenset[str],
) -> NewRevision:
    """The request for a revision of `family` that is `base` with another image in one container.

    `tags` are added to those of the base, except its `aws:` tags, which cannot be sent, and what it restores. Raises
    KeyError when the base has no such container.
    """
    if container not in base.containers:
        raise KeyError(container)
    kept = {key: value for key, value in base.fields.items() if key in registrable}
    containers = [
        {**definition, "image": str(image)} if definition["name"] == container else definition
        for definition in base.fields["containerDefinitions"]
    ]
    own = {key: value for key, value in base.tags.items() if not key.startswith(_RESERVED_TAG_PREFIX) and key != RESTORES_TAG}
    sent_tags = [{"key": key, "value": value} for key, value in {**own, **tags}.items()]
    request = {**kept, "family": family, "containerDefinitions": containers}
    if sent_tags:
        request["tags"] = sent_tags
    return NewRevision(family, MappingProxyType(request))
