"""Settings as values, and validating changes of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appdeploy.model.contract import STANDARD_PARAMETER_BYTES
from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import SettingChange
from appdeploy.model.task_definition import TaskDefinition

_SECRET_WORDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY")
_PLAIN = "String"


@dataclass(frozen=True)
class Setting:
    """One parameter's current value."""

    key: str
    value: str
    modified: datetime
    """When it was last written, by AWS's clock: a task created later has this value."""
    version: int
    """1 for the value with which infra created it."""
    kind: str = _PLAIN


def config_path(environment: str, service: str) -> str:
    """The SSM path of a service's settings, with its closing slash. infra names them so (infra/core/names.py)."""
    return f"/axonflow/{environment}/config/{service}/"


def parse_assignments(words: Sequence[str]) -> dict[str, str]:
    """Parse `KEY=VALUE` words. Raises Refused for what a parameter cannot hold (API reference of SSM, PutParameter)."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Refused(f"{key or word!r} is not KEY=VALUE")
        if key in found:
            raise Refused(f"{key} is given twice")
        found[key] = _checked(key, value)
    return found


def _checked(key: str, value: str) -> str:
    size = len(value.encode())
    if not value:
        raise Refused(f"{key}: a parameter cannot be empty: `config unset` restores the first value")
    if size > STANDARD_PARAMETER_BYTES:
        raise Refused(f"{key}: the value has {size} bytes, and a standard parameter holds {STANDARD_PARAMETER_BYTES}")
    if "{{" in value:
        raise Refused(f"{key}: SSM does not accept {{{{ in a value: it marks another parameter's name")
    return value


def changes(
    service: str, environment: str, target: Mapping[str, str], present: Mapping[str, Setting]
) -> tuple[SettingChange, ...]:
    """The differences. Raises Refused for a key that is not declared, or that may hold a secret."""
    unknown = [key for key in target if key not in present]
    if unknown:
        known = ", ".join(sorted(present)) or "none"
        raise Refused(
            f"{service} has no setting {', '.join(unknown)}: it has {known};"
            f" `settings` in the stack file of {environment} declares them"
        )
    for key in target:
        _refuse_secret(service, present[key])
    previous = {key: present[key].value for key in target}
    return tuple(
        SettingChange(key=key, previous=previous[key], target=target[key]) for key in target if previous[key] != target[key]
    )


def _refuse_secret(service: str, setting: Setting) -> None:
    """The ledger stores values in plain text."""
    if setting.kind != _PLAIN or any(word in setting.key.upper() for word in _SECRET_WORDS):
        raise Refused(f"{service}: {setting.key} may hold a secret, and settings are stored in plain text: use Secrets Manager")


def refuse_unread(service: str, environment: str, definition: TaskDefinition, container: str, keys: Sequence[str]) -> None:
    """Raise Refused for a setting that the running task definition does not read: new tasks would not read it either."""
    path = config_path(environment, service)
    read = {name for name, source in definition.secrets_of(container).items() if source.endswith(f"{path}{name}")}
    unread = [key for key in keys if key not in read]
    if unread:
        raise Refused(
            f"{service}: the running task definition does not read {', '.join(unread)} yet:"
            f" run `appdeploy sync -e {environment} -s {service}` to apply the template that does"
        )
