"""What the scheduler stands on: time, images, targets, the network and the journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.emulator.clock import Clock
from sandbox.emulator.cloudwatch.series import Metrics
from sandbox.emulator.elb.dataplane import DataPlane
from sandbox.emulator.elb.targets import TargetTable
from sandbox.emulator.images import ImageCatalog
from sandbox.emulator.journal import Journal
from sandbox.emulator.timings import Timings


@dataclass(frozen=True)
class World:
    """The scheduler's surroundings, handed to it from outside."""

    clock: Clock
    timings: Timings
    journal: Journal
    targets: TargetTable
    dataplane: DataPlane
    metrics: Metrics
    images: ImageCatalog = field(default_factory=ImageCatalog)
