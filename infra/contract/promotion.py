"""Promotion settings in a stack file: the environment where images have to have been live before."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from appdeploy.model.contract import EnvironmentName, Promotion, RegionName, RoleArn
from infra.core.names import Names
from infra.core.settings_model import SettingsModel


class PromotionSettings(SettingsModel):
    """The environment in whose ledger an image has to be live and settled."""

    environment: EnvironmentName
    region: RegionName | None = None
    """None: the same region."""
    role: RoleArn | None = None
    """A role that may read that ledger, where it is in another account or region."""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.region is not None and self.role is None:
            raise ValueError(
                "a ledger in another region needs a role: the roles of an environment reach their own region alone"
            )
        return self

    def promotion(self, region: str) -> Promotion:
        """The contract's model, for an environment of this region."""
        table = Names(self.environment).releases_table
        return Promotion(environment=self.environment, region=self.region or region, releases_table=table, role=self.role)
