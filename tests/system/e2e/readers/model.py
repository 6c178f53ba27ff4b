"""What readers are, and how what a program set is compared with what they read.

They are written from AWS's documents and know nothing of the provider: where the two agree, both are right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import boto3

Live = Mapping[str, Any]
Client = Callable[[str], Any]
Reader = Callable[[Client, str, Mapping[str, Any]], Live]
"""Takes the clients, the resource's id on AWS and its inputs (for names alone); gives values by Pulumi's input names."""


def clients(shell: Mapping[str, str]) -> Client:
    """A boto3 client for each service, made once."""

    @cache
    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=shell["AWS_ENDPOINT_URL"],
            region_name=shell["AWS_REGION"],
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )

    return client


def camel(value: Any) -> Any:
    """An answer of AWS with the names inside as Pulumi writes them: the first letter small."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: camel(each) for name, each in value.items()}
    return [camel(each) for each in value] if isinstance(value, list) else value


def tags(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """A list of keys and values as a mapping, whatever the service calls them."""
    small = [{name.lower().removeprefix("tag"): value for name, value in pair.items()} for pair in pairs]
    return {pair["key"]: pair["value"] for pair in small}


def differences(asked: Any, live: Any, path: str = "") -> Iterator[str]:
    """Every value that was asked for and is another one on AWS: `path: asked, not live`."""
    asked, live = _plain(asked), _plain(live)
    if isinstance(asked, Mapping) and isinstance(live, Mapping):
        for name, value in asked.items():
            yield from differences(value, live.get(name), f"{path}.{name}" if path else name)
    elif isinstance(asked, list) and isinstance(live, list) and len(asked) == len(live):
        left = list(live)
        for number, value in enumerate(asked):
            # AWS keeps most lists in an order of its own: each wanted item has to have its equal.
            equal = next((each for each in left if not list(differences(value, each))), None)
            if equal is None:
                yield f"{path}[{number}]: {_short(value)}, not among {_short(left)}"
            else:
                left.remove(equal)
    elif asked != live:
        yield f"{path}: {_short(asked)}, not {_short(live)}"


def _plain(value: Any) -> Any:
    """JSON inside a string as data, numbers as numbers."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return json.loads(value)
    return value


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) < 200 else text[:200] + "..."
