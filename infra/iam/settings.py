"""Access settings in a stack file: who may assume the roles of operations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra.core.settings_model import SettingsModel

REPOSITORY = r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}$"
PRINCIPAL = r"^(root|(role|user)/[A-Za-z0-9+=,.@_/-]{1,512})$"

OperationsRole = Literal["viewer", "release", "operator", "maintenance"]
Principals = Annotated[tuple[Annotated[str, StringConstraints(pattern=PRINCIPAL)], ...], Field(min_length=1)]


class AccessSettings(SettingsModel):
    """Who may assume the roles of the environment."""

    repository: Annotated[str, StringConstraints(pattern=REPOSITORY)]
    """On GitHub, `owner/name`. Its jobs in the GitHub environment of this environment's name may release."""
    people: dict[OperationsRole, Principals]
    """By role: IAM principals of the account, as `role/...` or `user/...`. `root`: every principal of the account whose own
    IAM policies allow it to assume the role. A role that is left out is not created."""
