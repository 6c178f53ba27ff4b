"""Subject "settings": random valid settings, each built with known and with unknown outputs."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.evidence.prove.report import Report
from tests.infra.random_settings import Settings, faults, stacks

_DRAWN = 100


def prove(seed_: int, scale: float) -> Report:
    """Draw and build; every fault is reported, with the settings that have it."""
    wanted = max(1, math.ceil(_DRAWN * scale))
    built: list[tuple[str, Settings]] = []
    failures: list[str] = []

    @seed(seed_)
    @settings(
        max_examples=wanted,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=stacks())
    def each(drawn: tuple[str, Settings]) -> None:
        built.append(drawn)
        failures.extend(_failures(*drawn))

    each()
    services = [len(platform["services"]) for _, platform in built]
    return Report(
        figures=(
            ("settings drawn", str(len(built))),
            ("built, with known and with unknown outputs", str(2 * len(built))),
            ("services in one", f"{min(services)} to {max(services)}"),
            ("environments", ", ".join(sorted({stack for stack, _ in built}))),
        ),
        failures=tuple(failures),
    )


def _failures(stack: str, platform: Settings) -> list[str]:
    found: list[str] = []
    for unknown in (False, True):
        try:
            found += faults(stack, platform, unknown=unknown)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return [f"{each}; with {stack} {platform}" for each in found]
