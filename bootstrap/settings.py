"""The settings of an account, as its stack file has them."""

from __future__ import annotations

from itertools import permutations
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from appdeploy.model.contract import ENVIRONMENT_PATTERN
from bootstrap.state import bucket_of
from infra.core.settings_model import SettingsModel
from infra.iam.settings import REPOSITORY, Principals
from infra.settings import SettingsError, check_environment

LONGEST_BUCKET = 63
BUCKET = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"
"""docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, without dots: they break TLS."""


class EnvironmentSettings(SettingsModel):
    """Who may run Pulumi for one environment of the account."""

    previews: Literal["pull_request", "environment"]
    """Which jobs of the repository may preview: those of any pull request, or those of the GitHub environment
    `<env>-preview` alone. A preview can read every secret of the stack, so production's needs a reviewer."""
    people: Principals
    """Who may assume the infrastructure role, as in the platform's `access.people`."""


class AccountSettings(SettingsModel):
    """One account."""

    bucket: Annotated[str, StringConstraints(pattern=BUCKET)]
    """For the state of Pulumi."""
    repository: Annotated[str, StringConstraints(pattern=REPOSITORY)]
    """On GitHub, `owner/name`."""
    environments: Annotated[
        dict[Annotated[str, StringConstraints(pattern=f"^{ENVIRONMENT_PATTERN}$")], EnvironmentSettings], Field(min_length=1)
    ]

    @model_validator(mode="after")
    def _names_keep_apart(self) -> Self:
        """The roles of an environment reach what has its name: no other name may look like it."""
        for name in self.environments:
            check_environment(name)
            bucket = bucket_of(self.bucket, name)
            if len(bucket) > LONGEST_BUCKET:
                raise ValueError(f"bucket: {bucket} has {len(bucket)} characters, and AWS takes {LONGEST_BUCKET}")
        for one, other in permutations(self.environments, 2):
            if other.startswith(f"{one}-"):
                raise ValueError(f"environments: the roles of {one} would reach {other}, whose names begin alike")
        for name in self.environments:
            if f"{self.bucket}-".startswith(f"axonflow-{name}-"):
                raise ValueError(f"bucket: the roles of {name} would reach {self.bucket}, whose name begins like theirs")
        return self


def load(settings: Any) -> AccountSettings:
    """Validate a stack file's settings. Raises SettingsError with one line for each error."""
    try:
        return AccountSettings.model_validate(settings)
    except ValidationError as error:
        lines = (f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise SettingsError("the stack file's settings are invalid\n" + "\n".join(lines)) from None
