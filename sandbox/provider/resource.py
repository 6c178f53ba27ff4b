"""What every resource type does alike: names, tags, shape of what is read, and when a change replaces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.provider.aws import Aws
from sandbox.provider.codec import UNKNOWN, Properties, is_unknown
from sandbox.provider.compare import Difference, differences, same
from sandbox.provider.facts import FACTS, Facts, Sent
from sandbox.provider.shape import LEAF, Spec, in_shape_of, unknown_names
from sandbox.provider.tagging import Tagger

DEFAULTS = "__defaults"
"""Among the inputs in state: the names of those that the provider made up, as the official provider notes them."""
_TAGS = {"tags", "tagsAll"}
RANDOM_SUFFIX = 7
"""Hexadecimal digits that the real provider appends to a name of its own making."""


class Refused(ValueError):
    """A change that the official provider refuses at preview. The message is one line."""


@dataclass(frozen=True)
class Diff:
    """What a change does."""

    differences: list[Difference]
    replaces: list[str]
    delete_first: bool


class ResourceType(ABC):
    """One resource type: how to create, read, change and delete it.

    A subclass fills in the class variables and the four methods; the servicer calls the functions that are not overridden.
    """

    token: ClassVar[str]
    inputs: ClassVar[Spec]
    tagger: ClassVar[Tagger | None] = None
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Outputs that any change in place changes too: a preview cannot know them."""
    auto_name_prefix: ClassVar[str] = ""
    unchangeable: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS changes in place and the emulator cannot: such an update is an error."""

    @property
    def facts(self) -> Facts:
        """What the official provider does with this type."""
        return FACTS[self.token]

    @abstractmethod
    def create(self, aws: Aws, inputs: Properties) -> str:
        """Make the resource; the result is its id."""

    @abstractmethod
    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        """Everything known about it now, in the names of the Pulumi type; None if it is gone."""

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """Bring it from what the state has to the inputs; only called for changes in place that are not tags alone."""
        raise NotImplementedError(f"{self.token} cannot be changed in place by the sandbox's provider")

    @abstractmethod
    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """Delete it; that it is gone already is no error here, the caller takes care of it."""

    def unknown_inputs(self, inputs: Properties) -> list[str]:
        """Names that this type does not know, dotted where they are inside others."""
        known = {**self.inputs, **({"tags": LEAF, "tagsAll": LEAF} if self.tagger else {})}
        return list(unknown_names(inputs, known))

    def checked(self, aws: Aws, inputs: Properties, old: Properties, logical_name: str, seed: bytes) -> Properties:
        """The inputs as they are kept in state: with a name, and with the provider's default tags."""
        checked = {name: value for name, value in inputs.items() if name != DEFAULTS}
        name = self.facts.auto_name
        if name and name not in checked:
            kept = old.get(name) if name in old.get(DEFAULTS, []) else None
            checked[name] = kept or f"{self.auto_name_prefix}{logical_name}-{seed.hex()[:RANDOM_SUFFIX]}"
            checked[DEFAULTS] = [name]
        if self.tagger and not is_unknown(checked.get("tags")):
            checked["tagsAll"] = {**aws.default_tags, **checked.get("tags", {})}
        return checked

    def diff(self, former: Properties, state: Properties, new: Properties, ignored: Sequence[str] = ()) -> Diff:
        """What a change from the state to the new inputs does; `former` are the inputs that the program gave before.

        Raises Refused for a change that the official provider refuses at preview.
        """
        facts = self.facts
        found = differences(new, former, state, facts.documents, facts.computed, ignored)
        self.check_change({each.key for each in found}, new)
        replaces = self.replacing((each.key for each in found), state, new)
        named = facts.auto_name is not None and facts.auto_name not in new.get(DEFAULTS, [])
        return Diff(found, replaces, bool(replaces) and (facts.always_delete_first or named))

    def check_change(self, changed: set[str], new: Properties) -> None:
        """Raise Refused for a change that the official provider refuses at preview (its CustomizeDiff)."""
        return

    def replacing(self, changed: Iterable[str], state: Properties, new: Properties) -> list[str]:
        """Those of the changed inputs that need a new resource, sorted."""
        return sorted(set(changed) & self.facts.replaces)

    def planned(self, state: Properties, new: Properties, ignored: Sequence[str] = ()) -> Properties:
        """The inputs that an update works with: of ignored ones, and of computed ones that the program leaves out, the
        state's value."""
        kept = {name for name in self.facts.computed if name not in new} | {name for name in ignored if name in new}
        return {**given(new), **{name: state[name] for name in kept if name in state}}

    def outputs(self, aws: Aws, identifier: str, inputs: Properties, state: Properties) -> Properties | None:
        """Inputs as they are on AWS, and everything computed; None if the resource is gone."""
        live = self.read(aws, identifier, state)
        if live is None:
            return None
        shaped = {key: self._shaped(key, inputs[key], value) if key in inputs else value for key, value in live.items()}
        if self.tagger:
            shaped["tagsAll"] = self.tagger.read(aws, self.tag_key(identifier, live))
        return {**given(inputs), **shaped}

    def _shaped(self, key: str, asked: Any, live: Any) -> Any:
        document = self.facts.documents.get(key)
        if document is not None:
            return asked if same(asked, live, document) else live
        return in_shape_of(asked, live)

    def expected(self, state: Properties, new: Properties) -> Properties:
        """The outputs of a change that is only previewed: what it does not touch stays, as an ARN does."""
        return {**{key: value for key, value in state.items() if key not in self.volatile}, **given(new)}

    def live_inputs(self, inputs: Properties, outputs: Properties) -> Properties:
        """The inputs of a refresh: those that the program gave, with what they are on AWS now."""
        return {key: value if key == DEFAULTS else outputs.get(key, value) for key, value in inputs.items()}

    def apply(
        self,
        aws: Aws,
        identifier: str,
        former: Properties,
        new: Properties,
        state: Properties,
        ignored: Sequence[str] = (),
    ) -> None:
        """Carry out a change from the state: tags by the type's tagger, the rest by `update`."""
        planned = self.planned(state, new, ignored)
        documents = self.facts.documents
        old = {name: state[name] for name in former.keys() | planned.keys() if name in state}
        old |= {name: value for name, value in planned.items() if same(value, old.get(name), documents.get(name))}
        if self.tagger and old.get("tagsAll") != planned.get("tagsAll"):
            self.tagger.change(aws, self.tag_key(identifier, state), old.get("tagsAll", {}), planned.get("tagsAll", {}))
        changed = {each.key for each in differences(planned, former, old, documents, self.facts.computed)} - _TAGS
        if changed & self.unchangeable:
            raise NotImplementedError(f"the emulator cannot change {', '.join(sorted(changed & self.unchangeable))} in place")
        if changed and self.facts.update is not Sent.NOTHING:
            self.update(aws, identifier, old, planned)

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


def given(inputs: Properties) -> Properties:
    """Inputs without the engine's note of which were made up."""
    return {name: value for name, value in inputs.items() if name != DEFAULTS}


def known(inputs: Properties, *names: str) -> dict[str, Any]:
    """Those of the named inputs that are set."""
    return {name: inputs[name] for name in names if inputs.get(name) not in (None, UNKNOWN)}
