"""Image references of every legal form: `[host[:port]/]path[:tag][@digest]`.

The grammar is that of github.com/distribution/reference. The first component is a registry when it holds a dot or a
colon, is `localhost`, or has an upper-case letter, which no path component may have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NewType, Self

Digest = NewType("Digest", str)

RELEASED_TAG_PREFIX = "released-"
"""Prefix of the tags that releases add to images to retain them; never used to deploy."""

TAG_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])"
_REGISTRY = re.compile(rf"{_HOST}(?::[0-9]+)?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(TAG_PATTERN)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_ECR = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.\S+")


@dataclass(frozen=True)
class ImageReference:
    """One parsed image reference. `str()` returns exactly the text that was parsed."""

    path: str
    registry: str | None = None
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a reference. Raises ValueError that says what is wrong."""
        rest, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise ValueError(f"{text!r} has a malformed digest")
        name, tag = _split_tag(rest)
        if tag is not None and not _TAG.fullmatch(tag):
            raise ValueError(f"{text!r} has a malformed tag")
        registry, path = _split_registry(name)
        if registry is not None and not _REGISTRY.fullmatch(registry):
            raise ValueError(f"{text!r} has a malformed registry")
        if not _PATH.fullmatch(path):
            raise ValueError(f"{text!r} is not an image reference")
        return cls(path, registry, tag, Digest(digest) if at else None)

    @property
    def repository(self) -> str:
        """Registry and path, without tag and digest."""
        return f"{self.registry}/{self.path}" if self.registry else self.path

    def pinned(self, digest: Digest) -> Self:
        """The same repository at that digest. The tag is dropped: it could only contradict the digest."""
        return replace(self, tag=None, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"


def _split_tag(text: str) -> tuple[str, str | None]:
    # A colon before the last slash belongs to the registry's port.
    head, slash, last = text.rpartition("/")
    name, colon, tag = last.partition(":")
    return f"{head}{slash}{name}", tag if colon else None


def _split_registry(name: str) -> tuple[str | None, str]:
    first, slash, rest = name.partition("/")
    is_registry = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return (first, rest) if is_registry else (None, name)


@dataclass(frozen=True)
class EcrRepository:
    """An Amazon ECR repository, from its URI."""

    reference: ImageReference
    account: str
    region: str
    name: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. Raises ValueError for any other text."""
        reference = ImageReference.parse(uri)
        registry = _ECR.fullmatch(reference.registry or "")
        if registry is None or reference.tag or reference.digest:
            raise ValueError(f"{uri!r} is not the URI of an ECR repository")
        return cls(reference, registry["account"], registry["region"], reference.path)


def is_in_ecr(image: ImageReference, region: str, account: str | None = None) -> bool:
    """Whether it lies in an ECR registry of this region, and of this account if one is given."""
    try:
        repository = EcrRepository.parse(image.repository)
    except ValueError:
        return False
    return repository.region == region and account in (None, repository.account)


def short(digest: str) -> str:
    """A digest for display: its algorithm and the first twelve digits."""
    algorithm, _, digits = digest.partition(":")
    return f"{algorithm}:{digits[:12]}"


def brief(digest: str) -> str:
    """As short as people write it: seven digits, without the algorithm."""
    return digest.rpartition(":")[2][:7]
