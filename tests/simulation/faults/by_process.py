"""The same question to the real command: `appdeploy` as a process, against an emulator that is one too, in real time.

One service a release, so that the exit status tells the outcome; nothing of what is printed is looked at.
"""

from __future__ import annotations

import functools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.emulator.journal import Entry, Kind
from tests.simulation.faults import platform
from tests.simulation.faults.draw import Release, draw_episode
from tests.simulation.faults.reported import Call, End, Reported, Said, Wish
from tests.simulation.faults.search import Mismatch, Summary, seed_of
from tests.simulation.faults.simulation import TOOL
from tests.simulation.faults.truth import SEVERITY, lies
from tests.simulation.verb import Verb
from tests.support.emulator_process import EmulatorProcess, environment
from tests.support.inprocess import REGION

LOOKS_EVERY = 8.0
"""Seconds: the longest pause between two looks, and the command's own end."""
TIMEOUT = 40
_OUTCOMES = {code: outcome for outcome, code in SEVERITY.items()}


def run(seed: int, releases: int) -> Summary:
    """Try so many random releases of the real command, one after the other."""
    summary, begun = Summary(seed), time.monotonic()
    with EmulatorProcess() as emulator:
        platform.create(emulator.client)
        for number in range(releases):
            reported = _release(emulator, draw_episode(seed_of(seed, number)).releases[0], f"r{number}")
            untrue = lies(reported, journal(emulator))
            summary.releases += 1
            summary.outcomes.update([said.outcome for said in reported.said] or [reported.end.name.lower()])
            if untrue:
                summary.mismatches.append(Mismatch(seed, number, 0, tuple(untrue), "--processes"))
    summary.seconds = time.monotonic() - begun
    return summary


def _release(emulator: EmulatorProcess, release: Release, tag: str) -> Reported:
    service = random.Random(tag).choice(sorted(platform.COUNTS))
    behaviour = release.behaviours.get(release.services[0], "healthy")
    pushed = {"repository": platform.repository(service), "tag": tag, "behaviour": behaviour}
    digest = emulator.control("POST", "images", pushed)[1]["digest"]
    for fault in release.faults:
        emulator.control("POST", "faults", dict(fault))
    began, calls = _last(journal(emulator)), emulator.control("GET", "calls")[1]["calls"][-1]["n"]
    disturbing = _disturb(emulator, release, service)
    code = subprocess.run(_command(service, tag, release), env=_environment(emulator), capture_output=True).returncode
    disturbing.cancel()
    emulator.control("DELETE", "faults")
    entries = journal(emulator)
    answered = all(each["error"] is None for each in emulator.control("GET", f"calls?since={calls}")[1]["calls"])
    at = entries[-1].n
    arn = platform.service_arn(service)
    looked = max([began, *(entry.n for entry in entries if _age(entry) > LOOKS_EVERY)])
    wish = Wish(Verb.DEPLOY, (arn,), {arn: digest}, release.until_complete, TIMEOUT, TOOL)
    changed = any(entry.n > began and entry.kind is Kind.SERVICE_UPDATED for entry in entries)
    outcome = _OUTCOMES.get(code, "live" if changed else "unchanged")
    said = () if code in (1, 2, 10, 11) else (Said(arn, outcome, looked, at, float(TIMEOUT), False),)
    end = {1: End.CRASHED, 2: End.CRASHED, 10: End.REFUSED, 11: End.LOCKED}.get(code, End.RESULTS)
    return Reported(wish, began, 0.0, said, (Call("all", at, 0.0, answered),), end, code, f"exit status {code}", False, at)


def _command(service: str, tag: str, release: Release) -> list[str]:
    tool = str(Path(sys.executable).parent / "appdeploy")
    until = "complete" if release.until_complete else "live"
    asked = ["-e", platform.ENVIRONMENT, "--version", tag, "-s", service, "--until", until, "--timeout", str(TIMEOUT)]
    return [tool, "deploy", *asked, *(["--patient"] if release.patient else [])]


def _environment(emulator: EmulatorProcess) -> Mapping[str, str]:
    ours = {"AWS_ACCESS_KEY_ID": TOOL, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": emulator.endpoint}
    return {**environment(), **ours, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}


def _disturb(emulator: EmulatorProcess, release: Release, service: str) -> threading.Timer:
    """A rival's forced deployment in the middle, where anything at all was drawn to happen."""
    name = {"cluster": platform.CLUSTER, "service": platform.service_name(service)}
    act = functools.partial(emulator.client("ecs").update_service, **name, forceNewDeployment=True)
    timer = threading.Timer(3.0, act)
    if release.happenings:
        timer.start()
    return timer


def journal(emulator: EmulatorProcess) -> list[Entry]:
    """All that happened so far."""
    reported = emulator.control("GET", "journal?since=0")[1]["entries"]
    return [_entry(dict(each)) for each in reported]


def _entry(reported: dict[str, Any]) -> Entry:
    n, moment, kind, service = (reported.pop(name) for name in ("n", "time", "kind", "service"))
    return Entry(n, datetime.fromisoformat(moment), Kind(kind), service, reported)


def _age(entry: Entry) -> float:
    return (datetime.now(entry.time.tzinfo) - entry.time).total_seconds()


def _last(entries: list[Entry]) -> int:
    return entries[-1].n
