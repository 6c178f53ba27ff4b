"""Where the sandbox of this checkout keeps itself, and what it remembers of the emulator that it started."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The checkout: Pulumi.yaml and the stack files stand here."""

HOME_VARIABLE = "AXONFLOW_SANDBOX_HOME"
"""Names another place for the sandbox, so that several can stand side by side."""


@dataclass(frozen=True)
class Running:
    """The emulator that `sandbox up` started: enough to find it again and to know it from a stranger on its port."""

    pid: int
    endpoint: str
    boot: str
    """A new one for each start, answered by the control endpoint."""


@dataclass(frozen=True)
class Home:
    """The sandbox's directory."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "emulator.json"

    @property
    def log(self) -> Path:
        return self.root / "emulator.log"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def backend(self) -> Path:
        """Pulumi's state: describes what the emulator holds, and is worth nothing without it."""
        return self.root / "state"

    @property
    def pulumi_home(self) -> Path:
        return self.root / "pulumi"

    @property
    def authorities(self) -> Path:
        """What a client in the sandbox's shell trusts: the emulator's certificate authority, and those of before."""
        return self.root / "authorities.pem"

    @property
    def plugins(self) -> Path:
        """Executables that the engine starts as its providers, where it looks for those that it has downloaded."""
        return self.pulumi_home / "plugins"

    def remembered(self) -> Running | None:
        """What the last `sandbox up` wrote, if it can be read."""
        try:
            return Running(**json.loads(self.record.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def remember(self, running: Running) -> None:
        """Replace the record in one step: a reader never sees half of it."""
        draft = self.record.with_suffix(".new")
        draft.write_text(json.dumps(asdict(running)))
        draft.replace(self.record)


def home() -> Home:
    """The sandbox of this checkout, or the one that AXONFLOW_SANDBOX_HOME names."""
    return Home(Path(os.environ.get(HOME_VARIABLE) or PROJECT / ".sandbox").resolve())
