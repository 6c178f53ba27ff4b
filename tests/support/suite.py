"""Runs parts of the tests side by side: `python -m tests.support.suite "tests/unit" "-m waits tests/kill" "mypy"`.

Each part is what pytest is to be given, or another command of the virtual environment. Those named first begin first, and
what a part has printed is shown when it ends. The table at the end has a line for each folder that a part names. An
interrupt reaches every part, which takes down what it has started; whatever is still there after a minute is killed.

The first two parts last longest: the others leave them the processor when they want it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.folder_times import VARIABLE, Times, table

BIN = Path(sys.executable).parent
_POLL_SECONDS = 0.1
_LONGEST_END_SECONDS = 60.0
_NICENESS = 5
"""Of all parts but the longest."""
_LONGEST_PARTS = 2
"""How many parts, named first, keep the usual priority."""


class Part:
    """A command under way, with a session of its own: an interrupt of the terminal reaches it from here alone."""

    def __init__(self, words: str, folder: Path, niceness: int) -> None:
        self.words = words
        self._said, self._times = folder / "said", folder / "times"
        self._begun = time.monotonic()
        named = shlex.split(words)
        tests = any(word.startswith("tests") for word in named)
        command = [str(BIN / "pytest"), *named] if tests else [str(BIN / named[0]), *named[1:]]
        with self._said.open("wb") as stream:
            self.process = subprocess.Popen(
                ["nice", "-n", str(niceness), *command],
                env={**os.environ, VARIABLE: str(self._times)},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def show(self) -> None:
        """Print what it said."""
        print(f"== {self.words}: {time.monotonic() - self._begun:.0f} s", flush=True)
        sys.stdout.buffer.write(self._said.read_bytes())
        sys.stdout.flush()

    def times(self) -> dict[str, Times]:
        if not self._times.exists():
            return {}
        return {folder: Times(**times) for folder, times in json.loads(self._times.read_text()).items()}

    def interrupt(self) -> None:
        """pytest alone: it ends what it has started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.suite", description=__doc__)
    parser.add_argument("--side-by-side", type=int, default=3, help="how many parts at once")
    parser.add_argument("parts", nargs="+", metavar="PART")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # A shell starts what runs in its background with SIGINT ignored.
        signal.signal(number, signal.default_int_handler)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        parts = _run(arguments.parts, arguments.side_by_side, Path(folder))
        folders = _summed(arguments.parts, parts)
    if len(folders) > 1:
        print(table(folders))
    failed = [part.words for part in parts if part.process.returncode]
    print(f"{time.monotonic() - begun:.0f} s: " + (f"FAILED: {'; '.join(failed)}" if failed else "all parts passed"))
    return bool(failed)


def _run(wanted: Sequence[str], most: int, folder: Path) -> list[Part]:
    parts: list[Part] = []
    running: list[Part] = []
    try:
        while len(parts) < len(wanted) or running:
            while len(parts) < len(wanted) and len(running) < most:
                place = folder / str(len(parts))
                place.mkdir()
                parts.append(Part(wanted[len(parts)], place, _NICENESS if len(parts) >= _LONGEST_PARTS else 0))
                running.append(parts[-1])
            time.sleep(_POLL_SECONDS)
            for part in [part for part in running if part.process.poll() is not None]:
                running.remove(part)
                part.show()
    finally:
        _end(running)
    return parts


def _end(running: Sequence[Part]) -> None:
    """Only after an interrupt is there something to end."""
    for part in running:
        part.interrupt()
    latest = time.monotonic() + _LONGEST_END_SECONDS
    try:
        for part in running:
            part.process.wait(max(0.0, latest - time.monotonic()))
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        pass
    finally:
        for part in running:
            part.kill()
            part.show()


def _summed(wanted: Sequence[str], parts: Sequence[Part]) -> dict[str, Times]:
    """By the folders that parts name: what is in a folder below one of them counts there."""
    named = {word.rstrip("/") for words in wanted for word in shlex.split(words) if word.startswith("tests")}
    folders: dict[str, Times] = {}
    for part in parts:
        for folder, times in part.times().items():
            owners = [name for name in named if Path(folder).is_relative_to(name)]
            summed = folders.setdefault(max(owners, key=len, default=folder), Times())
            summed += times
    return folders


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
