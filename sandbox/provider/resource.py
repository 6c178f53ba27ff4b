"""What every resource type does alike: names, tags, shape of what is read, and when a change replaces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.provider.aws import Aws
from sandbox.provider.codec import UNKNOWN, Properties, is_unknown
from sandbox.provider.shape import FIXED, LEAF, NAME, Spec, in_shape_of, unknown_names
from sandbox.provider.tagging import Tagger

RANDOM_SUFFIX = 7
"""Hexadecimal digits that the real provider appends to a name of its own making."""


class ResourceType(ABC):
    """One resource type: how to create, read, change and delete it.

    A subclass fills in the class variables and the four methods; the servicer calls the functions that are not overridden.
    """

    token: ClassVar[str]
    inputs: ClassVar[Spec]
    tagger: ClassVar[Tagger | None] = None
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Outputs that any change in place changes too: a preview cannot know them."""

    @abstractmethod
    def create(self, aws: Aws, inputs: Properties) -> str:
        """Make the resource; the result is its id."""

    @abstractmethod
    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        """Everything known about it now, in the names of the Pulumi type; None if it is gone."""

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """Bring it from the old inputs to the new ones; only called for changes that do not replace and are not tags alone."""
        raise NotImplementedError(f"{self.token} cannot be changed in place by the sandbox's provider")

    @abstractmethod
    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """Delete it; that it is gone already is no error here, the caller takes care of it."""

    @property
    def replace_on(self) -> frozenset[str]:
        """Inputs of which a change makes a new resource."""
        return frozenset(name for name, inner in self.inputs.items() if inner in (FIXED, NAME))

    @property
    def name_property(self) -> str | None:
        """The input that is made from the resource's logical name when the program leaves it out."""
        return next((name for name, inner in self.inputs.items() if inner == NAME), None)

    def unknown_inputs(self, inputs: Properties) -> list[str]:
        """Names that this type does not know, dotted where they are inside others."""
        known = {**self.inputs, **({"tags": LEAF, "tagsAll": LEAF} if self.tagger else {})}
        return list(unknown_names(inputs, known))

    def checked(self, aws: Aws, inputs: Properties, old: Properties, logical_name: str, seed: bytes) -> Properties:
        """The inputs as they are kept in state: with a name, and with the provider's default tags."""
        checked = dict(inputs)
        if self.name_property and self.name_property not in checked:
            suffix = seed.hex()[:RANDOM_SUFFIX]
            checked[self.name_property] = old.get(self.name_property) or f"{logical_name}-{suffix}"
        if self.tagger and not is_unknown(checked.get("tags")):
            checked["tagsAll"] = {**aws.default_tags, **checked.get("tags", {})}
        return checked

    def replacing(self, old: Properties, new: Properties) -> list[str]:
        """The changed inputs that need a new resource, sorted."""
        return sorted(key for key in self.replace_on if old.get(key) != new.get(key))

    def outputs(self, aws: Aws, identifier: str, inputs: Properties, state: Properties) -> Properties | None:
        """Inputs as they are on AWS, and everything computed; None if the resource is gone."""
        live = self.read(aws, identifier, state)
        if live is None:
            return None
        if self.tagger:
            live["tagsAll"] = self.tagger.read(aws, self.tag_key(identifier, live))
        shaped = {key: in_shape_of(inputs[key], value) if key in inputs else value for key, value in live.items()}
        return {**inputs, **shaped}

    def expected(self, state: Properties, new: Properties) -> Properties:
        """The outputs of a change that is only previewed: what it does not touch stays, as an ARN does."""
        return {**{key: value for key, value in state.items() if key not in self.volatile}, **new}

    def live_inputs(self, inputs: Properties, outputs: Properties) -> Properties:
        """The inputs of a refresh: those that the program gave, with what they are on AWS now."""
        return {key: outputs.get(key, value) for key, value in inputs.items()}

    def apply(self, aws: Aws, identifier: str, old: Properties, new: Properties, state: Properties) -> None:
        """Carry out a change: tags by the type's tagger, the rest by `update`."""
        if self.tagger and old.get("tagsAll") != new.get("tagsAll"):
            self.tagger.change(aws, self.tag_key(identifier, state), old.get("tagsAll", {}), new.get("tagsAll", {}))
        if _without_tags(old) != _without_tags(new):
            self.update(aws, identifier, old, new)

    def tag_key(self, identifier: str, properties: Mapping[str, Any]) -> str:
        """What the service's tagging calls want."""
        return str(properties["arn"]) if self.tagger and self.tagger.by_arn else identifier


class DeletedById(ResourceType):
    """A resource type of which one call with nothing but the id deletes the resource."""

    delete_call: ClassVar[tuple[str, str, str]]
    """The service, its call, and the parameter that takes the id."""

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        service, call, parameter = self.delete_call
        getattr(aws(service), call)(**{parameter: identifier})


def _without_tags(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key not in ("tags", "tagsAll")}


def known(inputs: Properties, *names: str) -> dict[str, Any]:
    """Those of the named inputs that are set."""
    return {name: inputs[name] for name in names if inputs.get(name) not in (None, UNKNOWN)}
