"""The base of all components: a pinned type token, options for child resources, and what each is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pulumi

from infra.core.names import Names


@dataclass(frozen=True, kw_only=True)
class ComponentArgs:
    """What every component is given. What one needs beside it is in a class of its own."""

    names: Names


class Component(pulumi.ComponentResource):
    """A component of the platform.

    `TYPE` is its type token in Pulumi's state: without an alias, renaming one deletes and re-creates its resources, so a
    test pins them all.
    """

    TYPE: ClassVar[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, None, opts)

    def child(
        self,
        *,
        protect: bool | None = None,
        ignore_changes: list[str] | None = None,
        depends_on: Sequence[pulumi.Resource] | None = None,
    ) -> pulumi.ResourceOptions:
        """Options for a resource inside this component.

        Built anew rather than merged from the caller's: merged ones would pass aliases, ignore_changes and protect of the
        component to every child.
        """
        return pulumi.ResourceOptions(parent=self, protect=protect, ignore_changes=ignore_changes, depends_on=depends_on)
