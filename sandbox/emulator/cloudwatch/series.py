"""Metrics: what was measured, minute by minute, and the statistics that CloudWatch makes of it.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.emulator.clock import Clock

KEPT = 1440
"""Minutes that are remembered of each series; on AWS one-minute data stays for 15 days."""
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One metric of one thing. Dimensions are part of its identity: data of others never counts."""

    region: str
    namespace: str
    name: str
    dimensions: Dimensions

    def __hash__(self) -> int:
        # Looked up for every request: the name tells most series of a platform apart.
        return hash((self.name, self.dimensions[-1:]))

    @classmethod
    def of(cls, region: str, namespace: str, name: str, dimensions: Mapping[str, str]) -> Series:
        """The series with these dimensions, in whatever order they are given."""
        return cls(region, namespace, name, tuple(sorted(dimensions.items())))


class Bucket:
    """The values of some time."""

    __slots__ = ("count", "high", "low", "total", "unit", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.low = math.inf
        self.high = -math.inf
        self.unit = "None"
        self.values: dict[float, float] | None = {}
        """How often each value came; None once a sum without its values was added."""

    def add(self, value: float, times: float = 1.0) -> None:
        """Count a value. It is kept to three digits for percentiles, which is finer than CloudWatch has it."""
        self.count += times
        self.total += value * times
        self.low, self.high = min(self.low, value), max(self.high, value)
        if self.values is not None:
            rounded = float(f"{value:.3g}")
            self.values[rounded] = self.values.get(rounded, 0.0) + times

    def merge(self, other: Bucket) -> None:
        """Add what another one holds."""
        self.count += other.count
        self.total += other.total
        self.low, self.high, self.unit = min(self.low, other.low), max(self.high, other.high), other.unit
        if self.values is None or other.values is None:
            self.values = None
            return
        for value, times in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + times

    def statistic(self, name: str) -> float | None:
        """The value of a statistic that `known_statistic` knows; None without data for it.

        Percentiles of data that came as sums alone exist only for a single value
        (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Percentiles).
        """
        if not self.count:
            return None
        simple = {"SampleCount": self.count, "Sum": self.total, "Average": self.total / self.count}
        simple |= {"Minimum": self.low, "Maximum": self.high}
        return simple[name] if name in simple else self._percentile(float(name[1:]))

    def _percentile(self, rank: float) -> float | None:
        if self.values is None:
            return self.low if self.low == self.high else None
        wanted, seen, last = self.count * rank / 100, 0.0, self.high
        for value, times in sorted(self.values.items()):
            seen, last = seen + times, value
            if seen >= wanted:
                break
        return last


def known_statistic(name: str) -> bool:
    """Whether the emulator has it: the five of old, and percentiles from p0 to p100."""
    return name in ("SampleCount", "Sum", "Average", "Minimum", "Maximum") or bool(_PERCENTILE.fullmatch(name))


class Metrics:
    """All series. Safe to use from several threads.

    Time is counted in slots: a slot is what stands for a minute of AWS, as long as the timings have it.
    """

    def __init__(self, clock: Clock, minute: float) -> None:
        """`minute` is the length of a slot in seconds of the clock."""
        self._clock = clock
        self.minute = minute
        self._lock = threading.Lock()
        self._series: defaultdict[Series, dict[int, Bucket]] = defaultdict(dict)

    def slot(self, moment: datetime | None = None) -> int:
        """The slot of a moment, or the present one."""
        return int((moment or self._clock.now()).timestamp() // self.minute)

    def add(self, series: Series, value: float, unit: str, times: float = 1.0, slot: int | None = None) -> None:
        """Put a value into the present slot, or into another one."""
        with self._lock:
            bucket = self._bucket(series, self.slot() if slot is None else slot)
            bucket.add(value, times)
            bucket.unit = unit

    def add_all(self, values: Iterable[tuple[Series, float, str]]) -> None:
        """Put values with their units into the present slot, all at once."""
        slot = self.slot()
        with self._lock:
            for series, value, unit in values:
                bucket = self._bucket(series, slot)
                bucket.add(value)
                bucket.unit = unit

    def add_sums(self, series: Series, sums: Mapping[str, float], unit: str, slot: int) -> None:
        """Put in what PutMetricData calls StatisticValues."""
        made = Bucket()
        made.count, made.total, made.values = float(sums["SampleCount"]), float(sums["Sum"]), None
        made.low, made.high, made.unit = float(sums["Minimum"]), float(sums["Maximum"]), unit
        with self._lock:
            self._bucket(series, slot).merge(made)

    def _bucket(self, series: Series, slot: int) -> Bucket:
        slots = self._series[series]
        if slot not in slots:
            slots[slot] = Bucket()
            if len(slots) > KEPT:
                del slots[min(slots)]
        return slots[slot]

    def over(self, series: Series, first: int, after: int) -> Bucket | None:
        """What was measured from one slot up to, and without, another; None if there is nothing."""
        with self._lock:
            slots = self._series.get(series)
            found = [slots[slot] for slot in range(first, after) if slot in slots] if slots else []
            if not found:
                return None
            merged = Bucket()
            for bucket in found:
                merged.merge(bucket)
            return merged

    def between(self, series: Series, start: float, end: float) -> Bucket | None:
        """What was measured in the slots that begin within [start, end), in seconds since 1970."""
        return self.over(series, math.ceil(start / self.minute), math.ceil(end / self.minute))

    def list(self, region: str) -> Iterator[Series]:
        """Every series of a region."""
        with self._lock:
            found = [series for series, slots in self._series.items() if series.region == region and slots]
        yield from found


def dimensions_of(pairs: Iterable[Any]) -> dict[str, str]:
    """Of moto's dimension objects, or of the API's documents."""
    return {
        (pair["Name"] if isinstance(pair, Mapping) else pair.name): (pair["Value"] if isinstance(pair, Mapping) else pair.value)
        for pair in pairs
    }
