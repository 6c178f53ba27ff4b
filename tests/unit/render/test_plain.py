"""Plain lines for pipes and CI."""

from __future__ import annotations

import subprocess
import sys

from appdeploy.model import events
from appdeploy.render.plain import PlainRenderer


def test_plain_lines_repeat_no_progress_that_reads_the_same(capsys):
    show = PlainRenderer()
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 2, None, ""))
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 0, None, ""))
    assert capsys.readouterr().out == "agent: rolling back\n"


def test_a_reader_that_goes_away_does_not_end_the_program():
    program = (
        "import sys; from appdeploy.render.plain import write\n"
        "for _ in range(20000): write(sys.stdout, ['x' * 80])\n"
        "sys.exit(21)"
    )
    script = f'"{sys.executable}" -c "$0" | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", script, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (21, "")


def test_progress_after_a_stop_does_not_repeat_why(capsys):
    show = PlainRenderer()
    show(events.Progress("agent", events.Phase.STARTING, 0, 2, None, "2 tasks exited with code 1"))
    show(events.Stopping("agent", "2 tasks exited with code 1"))
    show(events.Progress("agent", events.Phase.STOPPING, 0, 2, None, "2 tasks exited with code 1"))
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 2, None, "3 tasks exited with code 1"))
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 2, None, "4 tasks exited with code 1"))
    out = capsys.readouterr().out.splitlines()
    assert out[1:] == ["agent: stopping the release: 2 tasks exited with code 1", "agent: stopping", "agent: rolling back"]
