"""The settings' parameters in SSM. Errors of the SDK are raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appdeploy.settings.setting import Setting, config_path

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def read_settings(ssm: SSMClient, environment: str, service: str) -> dict[str, Setting]:
    """All settings of a service, by key. One call per ten settings or fewer."""
    path = config_path(environment, service)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
    found = (
        Setting(item["Name"].removeprefix(path), item["Value"], item["LastModifiedDate"], item["Version"], item["Type"])
        for page in pages
        for item in page["Parameters"]
    )
    return {setting.key: setting for setting in sorted(found, key=lambda setting: setting.key)}


def read_history(ssm: SSMClient, environment: str, service: str, key: str) -> list[Setting]:
    """A setting's versions, newest first, including the current one.

    SSM keeps the 100 newest (docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html).
    """
    pages = ssm.get_paginator("get_parameter_history").paginate(Name=f"{config_path(environment, service)}{key}")
    found = (
        Setting(key, item["Value"], item["LastModifiedDate"], item["Version"]) for page in pages for item in page["Parameters"]
    )
    return sorted(found, key=lambda version: version.version, reverse=True)


def first_value(history: Sequence[Setting]) -> str | None:
    """The value with which infra created it; None if SSM does not have that version any more."""
    return next((version.value for version in history if version.version == 1), None)


def put_setting(ssm: SSMClient, environment: str, service: str, key: str, value: str) -> None:
    """Write a value. The type is unchanged: an overwrite without a type keeps it."""
    ssm.put_parameter(Name=f"{config_path(environment, service)}{key}", Value=value, Overwrite=True)
