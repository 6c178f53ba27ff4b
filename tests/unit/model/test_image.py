"""Image references: every legal form is taken apart and put together again without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.model.image import Digest, EcrRepository, ImageReference, short

SHA = "sha256:" + "0123456789abcdef" * 4

component = st.from_regex(r"[a-z0-9]+(?:(?:\.|_|__|-{1,3})[a-z0-9]+){0,2}", fullmatch=True)
paths = st.lists(component, min_size=1, max_size=3).map("/".join)
host = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?){1,3}", fullmatch=True)
port = st.integers(1, 65535).map(lambda number: f":{number}")
registries = st.one_of(
    host,
    st.builds("{}{}".format, host, port),
    st.just("localhost"),
    port.map("localhost{}".format),
    port.map("127.0.0.1{}".format),
    st.just("[::1]:5000"),
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
digests = st.from_regex(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})", fullmatch=True)
references = st.builds(
    ImageReference,
    path=paths,
    registry=st.none() | registries,
    tag=st.none() | tags,
    digest=st.none() | digests.map(Digest),
).filter(lambda it: it.registry or "/" not in it.path or ("." not in it.path.split("/")[0] and it.path[:10] != "localhost/"))


@given(references)
def test_a_reference_survives_being_written_and_read(reference):
    assert ImageReference.parse(str(reference)) == reference


@given(references, digests)
def test_pinning_keeps_the_repository_and_nothing_else(reference, digest):
    pinned = reference.pinned(Digest(digest))
    assert str(pinned) == f"{reference.repository}@{digest}"


@given(st.text(max_size=60))
def test_any_other_text_is_refused_or_survives(text):
    try:
        reference = ImageReference.parse(text)
    except ValueError:
        return
    assert str(reference) == text


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest"),
    [
        ("nginx", None, "nginx", None, None),
        ("nginx:1.27", None, "nginx", "1.27", None),
        ("library/nginx", None, "library/nginx", None, None),
        ("localhost/agent", "localhost", "agent", None, None),
        ("localhost:5000/agent", "localhost:5000", "agent", None, None),
        ("localhost:5000", None, "localhost", "5000", None),
        ("registry.example.com:8443/team/agent:v1@" + SHA, "registry.example.com:8443", "team/agent", "v1", SHA),
        ("[::1]:5000/agent:v1", "[::1]:5000", "agent", "v1", None),
        ("agent@" + SHA, None, "agent", None, SHA),
        ("MyHost/agent", "MyHost", "agent", None, None),
    ],
)
def test_known_references(text, registry, path, tag, digest):
    assert ImageReference.parse(text) == ImageReference(path, registry, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":v1",
        "agent:",
        "agent:-v1",
        "agent@sha256:abc",
        "agent@",
        "Agent",
        "a//b",
        "/agent",
        "agent/",
        "a b",
        "reg.io:x/a",
        "agent:" + "a" * 129,
    ],
)
def test_malformed_references_are_refused(text):
    with pytest.raises(ValueError):
        ImageReference.parse(text)


def test_an_ecr_repository_is_known_by_its_uri():
    repository = EcrRepository.parse("123456789012.dkr.ecr.eu-central-1.amazonaws.com/axonflow-staging-agent")
    assert (repository.account, repository.name) == ("123456789012", "axonflow-staging-agent")


@pytest.mark.parametrize(
    "uri",
    [
        "nginx",
        "docker.io/library/nginx",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/agent:v1",
        "1.dkr.ecr.x.amazonaws.com/a",
    ],
)
def test_other_uris_are_not_ecr_repositories(uri):
    with pytest.raises(ValueError):
        EcrRepository.parse(uri)


def test_a_short_digest_keeps_its_algorithm():
    assert short(SHA) == "sha256:0123456789ab"
