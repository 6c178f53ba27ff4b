"""Who signs a request, and what his policies say: from moto's own IAM and STS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ecs.models import ecs_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends

from sandbox.emulator.iam.evaluate import Limit
from sandbox.emulator.iam.policy import Statement, parse
from sandbox.emulator.iam.where import Definition, Where

_PARTITION = "aws"
_ROOT_ACCOUNT = "123456789012"
"""moto's account."""


@dataclass(frozen=True)
class Principal:
    """The session of a role. Whoever has no session is the account's root, who may do everything."""

    arn: str
    own: tuple[Statement, ...]
    limits: tuple[Limit, ...]


class UserKeys(Exception):
    """The key of an IAM user, whose rights are not evaluated. The message is one line."""


def principal_of(access_key: str) -> Principal | None:
    """Who has that key; None for root. Raises NotEvaluated for a policy that cannot be, and UserKeys."""
    sts = sts_backends[_ROOT_ACCOUNT][_PARTITION]
    session = sts.get_assumed_role_from_access_key(access_key)
    if session is None:
        user = iam_backends[_ROOT_ACCOUNT][_PARTITION].get_user_from_access_key_id(access_key)
        if user is not None:
            raise UserKeys(f"{user.arn}: rights of IAM users are not evaluated; assume a role")
        return None
    role = _role(session.role_arn)
    return Principal(session.arn, tuple(_own(role)), tuple(_limits(role, session.policy)))


def where(region: str) -> Where:
    """The place of a call, with look-ups in moto's state."""
    return Where(
        account=_ROOT_ACCOUNT,
        region=region,
        definition=lambda named: _definition(region, named),
        boundary=_boundary,
        secret=lambda name: _secret(region, name),
        tags=lambda arn: _key_tags(region, arn),
    )


def _role(arn: str) -> Any:
    """moto's role, or None: it hands out sessions of roles that do not exist."""
    roles = list(iam_backends[_ROOT_ACCOUNT][_PARTITION].roles.values())
    return next((role for role in roles if role.arn == arn), None)


def _own(role: Any) -> Iterable[Statement]:
    if role is None:
        return
    for name, document in list(role.policies.items()):
        yield from parse(name, document)
    for policy in list(role.managed_policies.values()):
        yield from parse(policy.name, _in_force(policy))


def _limits(role: Any, session_policy: str | None) -> Iterable[Limit]:
    if role is not None and role.permissions_boundary_arn:
        policy = iam_backends[_ROOT_ACCOUNT][_PARTITION].managed_policies.get(role.permissions_boundary_arn)
        # One that does not exist allows nothing.
        yield Limit("permissions boundary", parse(policy.name, _in_force(policy)) if policy else ())
    if session_policy:
        yield Limit("session policy", parse("session", session_policy))


def _in_force(policy: Any) -> str:
    """The document of a managed policy's default version."""
    [version] = [item for item in policy.versions if item.version_id == policy.default_version_id]
    return str(version.document)


def _definition(region: str, named: str) -> Definition | None:
    family, _, revision = named.rsplit("/", 1)[-1].partition(":")
    revisions = dict(ecs_backends[_ROOT_ACCOUNT][region].task_definitions.get(family, {}))
    if not revision:
        active = [number for number, each in revisions.items() if each.status == "ACTIVE"]
        revision = str(max(active, default=""))
    found = revisions.get(int(revision)) if revision.isdigit() else None
    if found is None:
        return None
    # moto's object has the attributes that the request had.
    roles = (getattr(found, name, None) for name in ("task_role_arn", "execution_role_arn"))
    return Definition(found.arn, tuple(role for role in roles if role))


def _boundary(name: str) -> str | None:
    roles = list(iam_backends[_ROOT_ACCOUNT][_PARTITION].roles.values())
    return next((role.permissions_boundary_arn for role in roles if role.name == name), None)


def _secret(region: str, name: str) -> str | None:
    secret = secretsmanager_backends[_ROOT_ACCOUNT][region].secrets.get(name)
    return None if secret is None else str(secret.arn)


def _key_tags(region: str, arn: str) -> Mapping[str, str]:
    if ":key/" not in arn:
        return {}
    tags = kms_backends[_ROOT_ACCOUNT][region].tagger.get_tag_dict_for_resource(arn.rsplit("/", 1)[-1])
    return {str(name): str(value) for name, value in tags.items()}
