"""How long a rollback takes from the start of its command until ECS has its update: `python -m benchmarks.rollback`.

The end is the moment at which the emulator answered UpdateService, from its own record of calls; both processes read one
clock. Beside each figure stands the floor of the same run: an empty Python, and a Python that imports boto3 and makes the
same number of calls one after the other.
"""

from __future__ import annotations

import argparse
import os
import platform as machine
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.pressure.shop import ROOT, Shop
from tests.sandbox import aws_platform
from tests.sandbox.process import EmulatorProcess

EVIDENCE = ROOT / "docs" / "evidence" / "rollback-time.md"
CALLS = 7
"""Six before UpdateService, and UpdateService."""
AIM_SECONDS = 3.0
_BARE = f"""
import boto3
clients = [boto3.client(name) for name in ("ssm", "ecs", "dynamodb")]
for _ in range({CALLS}):
    clients[1].list_clusters()
"""
FLOORS = {
    "`python -c pass`": "pass",
    f"Python, boto3 and {CALLS} bare calls": _BARE,
    "`appdeploy --help`": "from appdeploy.cli import run; run(['--help'])",
}


@dataclass(frozen=True)
class Row:
    """One line of the table, in seconds."""

    what: str
    seconds: tuple[float, ...]

    def line(self) -> str:
        """Markdown."""
        low, middle, high = min(self.seconds), statistics.median(self.seconds), max(self.seconds)
        return f"| {self.what} | {low:.2f} | {middle:.2f} | {high:.2f} |"


PRESSURES: dict[str, Sequence[Sequence[str]]] = {
    "all healthy": (),
    "DynamoDB answers 500": (("error", "--service", "dynamodb"),),
    "DynamoDB silent": (("timeout", "--service", "dynamodb"),),
    "SSM answers 500": (("error", "--service", "ssm"),),
    "SSM silent": (("timeout", "--service", "ssm"),),
    "both silent": (("timeout", "--service", "dynamodb"), ("timeout", "--service", "ssm")),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="How often each is measured.")
    parser.add_argument("--output", type=Path, default=EVIDENCE, metavar="FILE", help="Where the table is written to.")
    arguments = parser.parse_args()
    report = measure(arguments.rounds)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(report)
    sys.stdout.write(report)


def measure(rounds: int) -> str:
    """Measure everything in one run; the result is the report."""
    with EmulatorProcess() as emulator, tempfile.TemporaryDirectory() as home:
        shop = Shop(emulator, Path(home))
        for version in ("v1", "v2"):
            shop.run("appdeploy", "deploy", "-e", "staging", "--version", shop.push(version), "--until", "complete")
        rows = [Row(what, _repeated(rounds, lambda code=code: _whole(shop, code))) for what, code in FLOORS.items()]
        for what, faults in PRESSURES.items():
            rows.append(Row(f"rollback, {what}", _repeated(rounds, lambda faults=faults: _to_update(shop, faults))))
    return _report(rows, rounds)


def _repeated(rounds: int, once: Callable[[], float]) -> tuple[float, ...]:
    once()  # The first one fills the caches of files.
    return tuple(once() for _ in range(rounds))


def _whole(shop: Shop, code: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=dict(shop.shell), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _to_update(shop: Shop, faults: Sequence[Sequence[str]]) -> float:
    """From the start of the command to the answer of UpdateService; then the service is brought to v2 again."""
    for fault in faults:
        shop.fault(*fault)
    shop.forget_calls()
    begun = datetime.now(UTC)
    command = shop.start("appdeploy", "rollback", "-e", "staging")
    while "UpdateService" not in shop.calls:
        if command.poll() is not None:
            raise RuntimeError(f"the rollback sent no update: {command.communicate()}")
        time.sleep(0.05)
    [answered, *_] = [call["time"] for call in shop.recorded if call["action"] == "UpdateService"]
    command.terminate()
    command.communicate()
    shop.emulator.control("DELETE", "faults")
    _forward(shop)
    return (datetime.fromisoformat(answered) - begun).total_seconds()


def _forward(shop: Shop) -> None:
    service: dict[str, Any] = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}
    shop.client("ecs").update_service(**service, taskDefinition=f"{aws_platform.FAMILY}:2")
    while not _settled(shop):
        time.sleep(0.2)


def _settled(shop: Shop) -> bool:
    found = shop.client("ecs").describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
    deployments = found["services"][0]["deployments"]
    return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"


def _report(rows: Sequence[Row], rounds: int) -> str:
    slowest = max(max(row.seconds) for row in rows)
    verdict = "held" if slowest < AIM_SECONDS else "NOT held"
    return "\n".join(
        [
            "# From the start of `appdeploy rollback` to UpdateService",
            "",
            f"Seconds, {rounds} rounds each after one that is not counted, all in one run: `python -m benchmarks.rollback`.",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}. On AWS each call takes its round trip more.",
            "",
            "| what | least | median | most |",
            "|---|---|---|---|",
            *(row.line() for row in rows),
            "",
            f"The aim is under {AIM_SECONDS:.0f} s, whatever DynamoDB and SSM do: {verdict} (most: {slowest:.2f} s).",
            "",
        ]
    )


def _machine() -> str:
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{machine.machine()}, {os.cpu_count()} cores, load {load}, {machine.system()}, Python {machine.python_version()}"


if __name__ == "__main__":
    main()
