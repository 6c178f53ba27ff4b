"""What a stack file may say about who may do what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra.section import Section

REPOSITORY = r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[A-Za-z0-9._-]{1,100}$"
PRINCIPAL = r"^(root|(role|user)/[A-Za-z0-9+=,.@_/-]{1,512})$"

PersonDuty = Literal["viewer", "release", "operator", "maintenance"]
Principals = Annotated[tuple[Annotated[str, StringConstraints(pattern=PRINCIPAL)], ...], Field(min_length=1)]


class AccessSettings(Section):
    """Who may assume the roles of the environment."""

    repository: Annotated[str, StringConstraints(pattern=REPOSITORY)]
    """On GitHub, `owner/name`. Its jobs in the GitHub environment of this environment's name release."""
    people: dict[PersonDuty, Principals]
    """By duty: IAM principals of the account, as `role/...` or `user/...`. `root` is everybody in the account whom its
    IAM policies let assume the role. A duty that is left out is for nobody."""
