"""`make test` runs every folder, and a part that fails fails the whole."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.folder_times import Times, table

ROOT = Path(__file__).resolve().parents[2]
NO_TESTS = "tests/support/folder_times.py"
"""A file of ours that pytest finds nothing in, which is a failure."""


def test_every_folder_with_tests_is_in_a_part() -> None:
    named = {Path(folder) for folder in re.findall(r"tests(?:/\w+)+", (ROOT / "Makefile").read_text())}
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in sorted(folders) if not named & {folder, *folder.parents}] == []


def _suite(*parts: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.suite", *parts]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize(("parts", "code"), [(["python -V"], 0), (["python -V", NO_TESTS], 1)])
def test_all_parts_have_to_pass(parts: list[str], code: int) -> None:
    suite = _suite(*parts)
    said, _ = suite.communicate(timeout=60)
    assert suite.returncode == code
    assert f"== {parts[0]}: " in said
    assert ("all parts passed" in said) is (code == 0)


FORKED = """
import sys
from tests.support.forking import _appdeploy
_appdeploy()
from appdeploy.aws.clients import connect
read = []
sys.addaudithook(lambda event, about: read.append(about[0]) if event == "open" and "botocore" in str(about[0]) else None)
clients = connect("eu-central-1")
clients.ssm, clients.once.ecs
sys.exit(str(read) if read else 0)
"""


def test_a_forked_command_reads_no_service_model_again() -> None:
    """It would pass every test, and take twice the processor time."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox"}
    ran = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_an_interrupt_ends_every_part(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    program = f"import os, pathlib, time; pathlib.Path('{place}').write_text(str(os.getpid())); time.sleep(600)"
    suite = _suite(f'python -c "{program}"')
    while not (place.exists() and place.read_text()):
        assert suite.poll() is None
        time.sleep(0.01)

    suite.send_signal(signal.SIGINT)

    said, _ = suite.communicate(timeout=120)
    assert suite.returncode == 130, said
    with pytest.raises(ProcessLookupError):
        os.kill(int(place.read_text()), 0)


def test_the_table_begins_with_what_costs_most_and_ends_with_the_sum() -> None:
    shown = table({"tests/a": Times(1, 2.0, 0.5), "tests/b": Times(2, 1.0, 1.5)}).splitlines()
    assert [line.split() for line in shown[1:]] == [
        ["tests/b", "2", "1.0", "1.5"],
        ["tests/a", "1", "2.0", "0.5"],
        ["all", "3", "3.0", "2.0"],
    ]
