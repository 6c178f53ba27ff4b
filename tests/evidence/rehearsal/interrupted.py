"""`pulumi up` killed in the middle of a creation, and the steps of the runbook that bring it to its end."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.interrupted_creations import pending
from sandbox.control import Control
from tests.evidence.rehearsal.inventory import Found, Inventory, Thing, in_state, tells
from tests.support.engine_commands import ROOT, STACK, Sandbox, run

MOMENTS = (
    ("ec2:CreateVpc", "ec2:CreateNatGateway", "ec2:CreateSubnet"),
    ("elasticloadbalancing:CreateLoadBalancer", "rds:CreateDBInstance", "elasticache:CreateReplicationGroup"),
    ("ecs:CreateService", "elasticloadbalancing:CreateRule", "cloudwatch:PutMetricAlarm"),
)
"""Creations, early, in the middle and late; a rehearsal is killed during one of each."""

LOCKED = 1
"""How `pulumi up` ends while another update holds the lock, as a killed one does."""
_HELD_SECONDS = 60.0
"""Longer than until the kill: AWS has made it, and no one hears of it."""
_LONGEST_UP_SECONDS = 180.0
_PLUGINS_END_SECONDS = 2.0
"""They look for their engine once a second, and then send nothing more."""


@dataclass(frozen=True)
class Left:
    """What one killed `up` left, and what became of it."""

    killed_in: str
    creating: int
    """Creations under way when it was killed."""
    learned: int
    """Of which the engine knew the id."""
    made: int
    """Of which AWS had made the thing although the engine did not know it."""
    spare: int
    """Things on AWS that the state did not have before the steps."""
    orphans: tuple[Thing, ...]
    """On AWS and not in the state after the steps."""
    lost: tuple[Thing, ...]
    """In the state and not on AWS after the steps."""


class Rehearsal:
    """One sandbox, with an empty staging."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self._folder = sandbox, folder
        shell = sandbox.shell()
        self._control = Control(shell["AWS_ENDPOINT_URL"])
        self._inventory = Inventory(shell["AWS_ENDPOINT_URL"], shell["AWS_REGION"])
        self._before = set(self._inventory.everything())

    def kill_during(self, call: str, draw: random.Random) -> None:
        """Start `up`, wait until AWS has carried out this call (the answer never arrives), and kill the engine's group."""
        service, action = call.split(":")
        held = {"kind": "slow", "service": service, "action": action, "moment": "after", "seconds": _HELD_SECONDS, "count": 1}
        number = self._control.add_fault(held)["id"]
        command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", STACK]
        with (self._folder / "up.log").open("w") as log:
            up = subprocess.Popen(command, cwd=ROOT, env=self.sandbox.shell(), stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_until_struck(number, up)
            time.sleep(draw.uniform(0.0, 1.0))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(up.pid, signal.SIGKILL)
            up.wait()
        time.sleep(_PLUGINS_END_SECONDS)
        self._control.clear_faults()

    def _wait_until_struck(self, number: int, up: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + _LONGEST_UP_SECONDS
        while not any(fault["id"] == number and fault["hits"] for fault in self._control.faults()):
            assert up.poll() is None, f"up ended before the call:\n{(self._folder / 'up.log').read_text()[-3000:]}"
            assert time.monotonic() < ends, "the call was never made"
            time.sleep(0.05)

    def recover(self, killed_in: str) -> Left:
        """The steps of the runbook, up to but without the `up` at their end."""
        refused = self.sandbox.pulumi("up", "--yes", "--skip-preview")
        assert "pulumi cancel" in refused.expect(LOCKED).err + refused.out
        self.sandbox.pulumi("cancel", "--yes").expect(0)
        broken, mended = self._folder / "broken.json", self._folder / "mended.json"
        self.sandbox.pulumi("stack", "export", "--file", str(broken)).expect(0)
        state = json.loads(broken.read_text())
        noted = pending(state)
        learned = {each["id"] for each in noted if each.get("id")}
        spare = [found for thing, found in self._inventory.everything().items() if thing not in self._before | in_state(state)]
        exists = _look_up([each for each in noted if not each.get("id")], spare)
        asked = [argument for urn, identifier in exists.items() for argument in ("--exists", urn, identifier)]
        command = [sys.executable, "-m", "infra.interrupted_creations", str(broken), "--mend", *asked]
        mended.write_text(run(command, self.sandbox.shell()).expect(0).out)
        self.sandbox.pulumi("stack", "import", "--file", str(mended)).expect(0)
        self.sandbox.pulumi("refresh", "--yes", "--skip-preview").expect(0)
        orphans, lost = self.compare()
        return Left(killed_in, len(noted), len(learned), len(exists), len(spare), orphans, lost)

    def compare(self) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
        """What only AWS has, and what only the state has."""
        shown = self.sandbox.pulumi("stack", "export").expect(0)
        known, there = in_state(json.loads(shown.out)), set(self._inventory.everything())
        return tuple(sorted(there - self._before - known)), tuple(sorted(known - there))

    def fail_by_itself(self) -> str:
        """An `up` during which ECS takes no service; the result is what it said."""
        fault = {"kind": "error", "service": "ecs", "action": "CreateService"}
        self._control.add_fault(fault)
        ran = self.sandbox.pulumi("up", "--yes", "--skip-preview")
        self._control.clear_faults()
        assert ran.exit_code != 0, "up succeeded without ECS"
        return ran.out + ran.err


def _look_up(unknown: list[dict[str, Any]], spare: list[Found]) -> dict[str, str]:
    """What a person looks up on AWS: ids by URN, of things that the state does not have, by what their creation says."""
    found = {each["urn"]: [thing.thing[1] for thing in spare if tells(thing, each)] for each in unknown}
    assert all(len(ids) < 2 for ids in found.values()), f"more than one thing fits: {found}"
    return {urn: ids[0] for urn, ids in found.items() if ids}
