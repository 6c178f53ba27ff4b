"""What database and cache are given alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.core.component import ComponentArgs


@dataclass(frozen=True, kw_only=True)
class StoreArgs(ComponentArgs):
    """Where a store of data stands, and what becomes of its data when it is deleted."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    protect: bool
    disposable: bool
    """Whether its data may go with it."""

    def final_snapshot(self, store: str, group_id: pulumi.Output[str]) -> pulumi.Output[str] | None:
        """The name of its last snapshot, None if none is taken. AWS takes a name once, so it has the id of the security group,
        which is another one when the environment is built again."""
        if self.disposable:
            return None
        return group_id.apply(lambda identifier: f"{store}-final-{identifier.removeprefix('sg-')}")
