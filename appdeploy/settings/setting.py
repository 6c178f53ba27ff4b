"""Settings as values, and what may become of them. Pure."""

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
    """One parameter as it is now."""

    key: str
    value: str
    modified: datetime
    """When it was written last, by AWS's clock: a task that was made later has this value."""
    version: int
    """1 as infra created it."""
    kind: str = _PLAIN


def config_path(environment: str, service: str) -> str:
    """The SSM path of a service's settings, with its closing slash. infra names them so (infra/naming.py)."""
    return f"/axonflow/{environment}/config/{service}/"


def parse_assignments(words: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` each. Raises Refused for what no parameter can hold (API reference of SSM, PutParameter)."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Refused(f"{key or word!r} is no KEY=VALUE")
        if key in found:
            raise Refused(f"{key} is given twice")
        found[key] = _checked(key, value)
    return found


def _checked(key: str, value: str) -> str:
    size = len(value.encode())
    if not value:
        raise Refused(f"{key}: a parameter cannot be empty; appdeploy config unset returns to the first value")
    if size > STANDARD_PARAMETER_BYTES:
        raise Refused(f"{key}: the value has {size} bytes, and a standard parameter holds {STANDARD_PARAMETER_BYTES}")
    if "{{" in value:
        raise Refused(f"{key}: SSM takes no value with {{{{, which it reads as another parameter's name")
    return value


def changes(
    service: str, environment: str, target: Mapping[str, str], present: Mapping[str, Setting]
) -> tuple[SettingChange, ...]:
    """What differs. Raises Refused for a key that is not declared, or that may hold a secret."""
    unknown = [key for key in target if key not in present]
    if unknown:
        known = ", ".join(sorted(present)) or "none"
        raise Refused(
            f"{service} has no setting {', '.join(unknown)}: it has {known};"
            f" tunables in the stack file of {environment} declares them"
        )
    for key in target:
        _refuse_secret(service, present[key])
    previous = {key: present[key].value for key in target}
    return tuple(
        SettingChange(key=key, previous=previous[key], target=target[key]) for key in target if previous[key] != target[key]
    )


def _refuse_secret(service: str, setting: Setting) -> None:
    """The ledger keeps values for everybody who may look."""
    if setting.kind != _PLAIN or any(word in setting.key.upper() for word in _SECRET_WORDS):
        raise Refused(f"{service}: {setting.key} may hold a secret, and settings are plain: keep it in Secrets Manager")


def refuse_unread(service: str, environment: str, definition: TaskDefinition, container: str, keys: Sequence[str]) -> None:
    """Raises Refused for a setting that the running task definition does not read: new tasks would not have it either."""
    path = config_path(environment, service)
    read = {name for name, source in definition.secrets_of(container).items() if source.endswith(f"{path}{name}")}
    unread = [key for key in keys if key not in read]
    if unread:
        raise Refused(
            f"{service}: what runs does not read {', '.join(unread)} yet:"
            f" appdeploy sync -e {environment} brings the template that does"
        )
