"""How long a rollback takes from the start of its command until ECS has its update: `python -m benchmarks rollback`.

The end is the moment at which the emulator answered UpdateService, from its own record of calls; both processes read one
clock. Beside each figure stands the floor of the same run: an empty Python, and a Python that imports boto3 and makes the
same number of calls one after the other.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.report import Spread, circumstances, table, verdict, write
from tests.support import aws_platform
from tests.support.cli_harness import Shop
from tests.support.emulator_process import EmulatorProcess

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


PRESSURES: dict[str, Sequence[Sequence[str]]] = {
    "all healthy": (),
    "DynamoDB answers 500": (("error", "--service", "dynamodb"),),
    "DynamoDB silent": (("timeout", "--service", "dynamodb"),),
    "SSM answers 500": (("error", "--service", "ssm"),),
    "SSM silent": (("timeout", "--service", "ssm"),),
    "both silent": (("timeout", "--service", "dynamodb"), ("timeout", "--service", "ssm")),
}


def measure(rounds: int) -> str:
    """Measure everything in one run; returns the evidence, which is written too."""
    with EmulatorProcess() as emulator, tempfile.TemporaryDirectory() as home:
        shop = Shop(emulator, Path(home))
        for version in ("v1", "v2"):
            shop.run("appdeploy", "deploy", "-e", "staging", "--version", shop.push(version), "--until", "complete")
        rows = [Row(what, _repeated(rounds, lambda code=code: _whole(shop, code))) for what, code in FLOORS.items()]
        for what, faults in PRESSURES.items():
            rows.append(Row(f"rollback, {what}", _repeated(rounds, lambda faults=faults: _to_update(shop, faults))))
    return write("rollback-time", _report(rows, rounds))


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


def _report(rows: Sequence[Row], rounds: int) -> Iterator[str]:
    slowest = max(max(row.seconds) for row in rows)
    yield from ("# From the start of `appdeploy rollback` to UpdateService", "")
    command = circumstances(f"python -m benchmarks rollback --rounds {rounds}")
    yield f"Seconds, {rounds} rounds each after one that is not counted, all in one run: {command}"
    yield from ("On AWS each call takes its round trip more.", "")
    yield from table(("what", "least", "median", "most"), ((row.what, *Spread.of(row.seconds).cells(2)) for row in rows))
    aim = f"Under {AIM_SECONDS:.0f} s, whatever DynamoDB and SSM do"
    yield from (verdict(aim, held=slowest < AIM_SECONDS, seen=f"most: {slowest:.2f} s"), "")
