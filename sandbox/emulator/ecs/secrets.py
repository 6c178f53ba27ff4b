"""What ECS fetches from Secrets Manager and the Parameter Store before it pulls a task's images.

The forms of `valueFrom`: docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html, and with a JSON key, a stage and a
version docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from sandbox.emulator.ecs import wording
from sandbox.emulator.ecs.model import Task

_ARN_PARTS = 7
_SELECTING_PARTS = 3
_CURRENT = "AWSCURRENT"


class _Unavailable(Exception):
    """Why a secret has no value for a task."""


def unavailable(task: Task) -> str | None:
    """Why the task's secrets cannot be fetched, in ECS's words; None if they can."""
    references = list(_references(task))
    # "If the parameter exists in the same Region as the task, you can use either the full ARN or name."
    parameters = [reference for reference in references if _service_of(reference) == "ssm"]
    missing = sorted({name for name in parameters if not _parameter_exists(task, name)})
    if missing:
        return wording.missing_parameters(missing)
    for reference in references:
        try:
            if _service_of(reference) == "secretsmanager":
                _fetch(reference)
        except _Unavailable as error:
            return wording.unavailable_secret(str(error))
    return None


def _references(task: Task) -> Iterator[str]:
    for container in task.containers:
        log = container.definition.get("logConfiguration") or {}
        for item in (*(container.definition.get("secrets") or []), *(log.get("secretOptions") or [])):
            yield item["valueFrom"]


def _service_of(reference: str) -> str:
    return reference.split(":")[2] if reference.startswith("arn:") else "ssm"


def _parameter_exists(task: Task, reference: str) -> bool:
    region, account = reference.split(":")[3:5] if reference.startswith("arn:") else (task.region, task.account)
    return bool(ssm_backends[account][region].get_parameters([reference]))


def _fetch(reference: str) -> None:
    parts = reference.split(":")
    if len(parts) not in (_ARN_PARTS, _ARN_PARTS + _SELECTING_PARTS):
        raise _Unavailable(wording.MALFORMED_SECRET.format(reference))
    arn = ":".join(parts[:_ARN_PARTS])
    key, stage, version = parts[_ARN_PARTS:] or ("", "", "")
    secret = secretsmanager_backends[parts[4]][parts[3]].secrets.get(arn)
    if secret is None:
        raise _Unavailable(wording.secret_not_fetched(arn, wording.SECRET_NOT_FOUND))
    if secret.is_deleted():
        raise _Unavailable(wording.secret_not_fetched(arn, wording.SECRET_DELETED))
    found = _version(secret, stage, version)
    if found is None:
        searched = f"VersionId: {version}" if version else f"staging label: {stage or _CURRENT}"
        raise _Unavailable(wording.secret_not_fetched(arn, wording.NO_SECRET_VALUE + searched))
    if key and key not in _keys(found.get("secret_string", "")):
        raise _Unavailable(wording.MISSING_JSON_KEY + key)


def _version(secret: Any, stage: str, version: str) -> dict[str, Any] | None:
    wanted = stage or ("" if version else _CURRENT)
    for number, held in secret.versions.items():
        if version in ("", number) and (not wanted or wanted in held["version_stages"]):
            return dict(held)
    return None


def _keys(text: str) -> frozenset[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()
