"""Subject "mutants": every scenario of the scheduler under every named mutant."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.evidence.prove.report import Report, Table
from tests.support.evidence import ROOT
from tests.support.scheduler_mutants import MUTANTS, Mutant
from tests.support.scheduler_scenarios import scenario_modules, sources

_AT_ONCE = 2
_SECONDS = 300
_SOME_FAILED = 1
"""pytest's exit status when tests ran and some failed; every higher one means that they could not run."""


@dataclass(frozen=True)
class Verdict:
    """What the scenarios said about one scheduler."""

    status: int
    failed: tuple[str, ...]

    @property
    def killed(self) -> bool:
        return self.status == _SOME_FAILED and bool(self.failed)


def prove(seed: int, scale: float) -> Report:
    """Run the scenarios under each mutant, and under none."""
    chosen = random.Random(seed).sample(MUTANTS, math.ceil(len(MUTANTS) * scale))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sound = pool.submit(_judge, ())
        verdicts = list(
            pool.map(lambda mutant: _judge(("-p", "tests.sandbox.emulator.mutated", "--mutant", mutant.name)), chosen)
        )
    found = sorted(zip(chosen, verdicts, strict=True), key=lambda pair: pair[0].name)
    failures = [
        f"{mutant.name} survived (pytest ended with {verdict.status})" for mutant, verdict in found if not verdict.killed
    ]
    if sound.result().status:
        failures.append(f"without a mutant the scenarios fail: {', '.join(sound.result().failed)}")
    rows = [(name, str(source)) for module in scenario_modules() for name, (source, *_) in sources(module)]
    return Report(
        figures=(
            ("mutants", str(len(chosen))),
            ("killed", str(sum(verdict.killed for verdict in verdicts))),
            ("scenarios", str(len(rows))),
        ),
        tables=(
            _mutants(found),
            Table(("scenario", "who says so"), tuple((name.removeprefix("test_"), at) for name, at in rows)),
        ),
        failures=tuple(failures),
        notes=("A scenario with parameters counts once for each of its cases in the column `caught by`.",),
    )


def _judge(options: Sequence[str]) -> Verdict:
    files = [str(module.__file__) for module in scenario_modules()]
    command = [sys.executable, "-m", "pytest", "-rf", "--tb=no", *options, *files]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False)
    failed = [line.split()[1].partition("::")[2] for line in ran.stdout.splitlines() if line.startswith("FAILED ")]
    return Verdict(ran.returncode, tuple(failed))


def _mutants(found: Sequence[tuple[Mutant, Verdict]]) -> Table:
    rows = tuple(
        (mutant.name, mutant.breaks, str(len(verdict.failed)), verdict.failed[0] if verdict.failed else "-")
        for mutant, verdict in found
    )
    return Table(("mutant", "the rule that it breaks", "caught by", "among them"), rows)
