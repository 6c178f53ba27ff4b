"""What database and cache are given alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.core.component import ComponentArgs


@dataclass(frozen=True, kw_only=True)
class StoreArgs(ComponentArgs):
    """Where a store of data stands, and whether it is protected against deletion."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    protect: bool
