"""What a stack file may say about where images have to have served before."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from appdeploy.model.contract import EnvironmentName, Promotion, RegionName, RoleArn
from infra.naming import Names
from infra.section import Section


class PromotionSettings(Section):
    """The environment whose ledger has to know an image as live and settled."""

    environment: EnvironmentName
    region: RegionName | None = None
    """None: the same."""
    role: RoleArn | None = None
    """A role that may read that ledger, where it is in another account or region."""

    @model_validator(mode="after")
    def _read_somehow(self) -> Self:
        if self.region is not None and self.role is None:
            raise ValueError("a ledger in another region is read with a role: the roles of an environment reach its own alone")
        return self

    def rule(self, region: str) -> Promotion:
        """What the contract says, for an environment of this region."""
        table = Names(self.environment).releases_table
        return Promotion(environment=self.environment, region=self.region or region, releases_table=table, role=self.role)
