"""boto3 clients for the emulator, and for nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotTheSandbox(Exception):
    """The endpoint is not on this machine. The message is one line."""


class Aws:
    """Clients by service name, made once each; safe to use from the engine's parallel calls."""

    def __init__(self, endpoint: str | None, region: str, default_tags: Mapping[str, str]) -> None:
        if endpoint is None or urlsplit(endpoint).hostname not in LOOPBACK:
            raise NotTheSandbox(
                f"this provider serves the sandbox only, and AWS_ENDPOINT_URL is {endpoint or 'not set'}; "
                'run `eval "$(sandbox env)"`, or take its plugins off PATH to use the official ones'
            )
        self.region = region
        self.default_tags = dict(default_tags)
        self._endpoint = endpoint
        self._session = boto3.Session(region_name=region)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """The client of a service; creating one is not thread-safe in boto3, using one is."""
        with self._lock:
            if service not in self._clients:
                config = Config(retries={"mode": "standard", "total_max_attempts": 3}, max_pool_connections=32)
                self._clients[service] = self._session.client(service, endpoint_url=self._endpoint, config=config)
            return self._clients[service]


def is_gone(error: ClientError) -> bool:
    """True if AWS says that the thing does not exist. Every service has its own code for it."""
    code = error.response["Error"]["Code"]
    return code.endswith(("NotFound", "NotFoundException", "NotFoundFault")) or code in (
        "404",  # HEAD has no body that would say more.
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "ServerSideEncryptionConfigurationNotFoundError",
        "ServiceNotActiveException",
    )


def or_none(call: Callable[[], Any]) -> Any:
    """The call's result, or None if AWS says that the thing does not exist."""
    try:
        return call()
    except ClientError as error:
        if is_gone(error):
            return None
        raise
