"""What all components have in common: a pinned type token, and children whose options start fresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pulumi


class Component(pulumi.ComponentResource):
    """A component of the platform.

    `TYPE` is the token by which Pulumi knows it: renaming one deletes and re-creates what it holds unless an alias keeps
    the old name, so a test pins them all.
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

        Built anew rather than merged from the caller's: merged ones would hand aliases, ignore_changes and protect of the
        component on to every child.
        """
        return pulumi.ResourceOptions(parent=self, protect=protect, ignore_changes=ignore_changes, depends_on=depends_on)
