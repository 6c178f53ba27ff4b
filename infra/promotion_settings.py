"""What a stack file may say about where images have to have served before."""

from __future__ import annotations

from appdeploy.contract import EnvironmentName, Promotion, RegionName, RoleArn
from infra.naming import Names
from infra.section import Section


class PromotionSettings(Section):
    """The environment whose ledger has to know an image as live and settled."""

    environment: EnvironmentName
    region: RegionName | None = None
    """None: the same."""
    role: RoleArn | None = None
    """A role that may read that ledger, where it is in another account."""

    def rule(self, region: str) -> Promotion:
        """What the contract says, for an environment of this region."""
        table = Names(self.environment).releases_table
        return Promotion(environment=self.environment, region=self.region or region, releases_table=table, role=self.role)
