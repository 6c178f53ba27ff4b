"""The provider's clients, answered by an emulator in this process."""

from __future__ import annotations

from typing import Any

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.emulator import stepped
from sandbox.emulator.timings import Timings
from sandbox.provider.aws import Aws
from sandbox.provider.codec import Properties
from sandbox.provider.resource import Diff, ResourceType
from tests.support import inprocess


class InProcessAws(Aws):
    """Everything that a resource type knows of AWS."""

    def __init__(self) -> None:
        super().__init__(inprocess.ENDPOINT, inprocess.REGION, {"Environment": "test"})
        # The clock stands still: what is waited for has to be there at once.
        self._application = stepped(ManualClock(), Timings(database=0.0, cache=0.0)).application

    def __call__(self, service: str) -> Any:
        return inprocess.client(self._application, service)

    def make(self, kind: ResourceType, **inputs: Any) -> Made:
        """Create a resource as the engine would."""
        checked = kind.checked(self, inputs, {}, "made", b"\x01\x02\x03\x04")
        return Made(self, kind, kind.create(self, checked), checked)


class Made:
    """A resource that exists, with the inputs that it was made from."""

    def __init__(self, aws: InProcessAws, kind: ResourceType, identifier: str, inputs: Properties) -> None:
        self._aws, self._kind, self.id, self.inputs = aws, kind, identifier, inputs

    @property
    def live(self) -> Properties | None:
        """What a refresh would make of the inputs; None if the resource is gone."""
        outputs = self._kind.outputs(self._aws, self.id, self.inputs, self.inputs)
        return None if outputs is None else self._kind.live_inputs(self.inputs, outputs)

    def read(self) -> Properties:
        """Everything that is known of it now, computed values as well."""
        return self._kind.read(self._aws, self.id, self.inputs) or {}

    @property
    def unread(self) -> set[str]:
        """Inputs that come from the program alone: reading the resource does not tell about them."""
        return set(self.inputs) - {"tags", "tagsAll"} - set(self._kind.read(self._aws, self.id, self.inputs) or {})

    def change(self, **changes: Any) -> None:
        """Bring it to other inputs as the engine would, in place."""
        new = self._kind.checked(self._aws, {**self.inputs, **changes}, self.inputs, "made", b"\x01\x02\x03\x04")
        self._kind.apply(self._aws, self.id, self.inputs, new, self.state())
        self.inputs = new

    def delete(self) -> None:
        self._kind.delete(self._aws, self.id, self.state())

    def shown(self, **changes: Any) -> Diff:
        """What a preview says of other inputs, or of the same ones."""
        new = self._kind.checked(self._aws, {**self.inputs, **changes}, self.inputs, "made", b"\x01\x02\x03\x04")
        return self._kind.diff(self.inputs, self.state(), new)

    def state(self) -> Properties:
        """The outputs that the engine keeps."""
        return self._kind.outputs(self._aws, self.id, self.inputs, self.inputs) or {}
