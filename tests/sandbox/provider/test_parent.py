"""No plugin outlives the engine that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

PLUGINS = ("sandbox.provider.aws_plugin", "sandbox.provider.awsx_plugin")

# Starts a plugin as the engine does, with the engine's address, and hands its first line on.
ENGINE = """
import subprocess, sys
plugin = subprocess.Popen([sys.executable, "-m", sys.argv[1], "127.0.0.1:1"])
print(plugin.pid, flush=True)
plugin.wait()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("module", PLUGINS)
def test_a_plugin_ends_when_its_engine_is_killed(module: str) -> None:
    """A stand-in for the engine starts the plugin, waits until it serves, and is killed."""
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, module], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    plugin = int(engine.stdout.readline())
    try:
        port = int(engine.stdout.readline())
        assert port > 0
        assert alive(plugin)
        engine.kill()
        engine.wait()
        deadline = time.monotonic() + 30
        while alive(plugin):
            assert time.monotonic() < deadline, "the plugin still runs"
            time.sleep(0.1)
    finally:
        if alive(plugin):
            os.kill(plugin, signal.SIGKILL)
        engine.stdout.close()


@pytest.mark.parametrize("module", PLUGINS)
def test_a_plugin_that_the_engine_ends_does_so_at_once_and_without_a_word(module: str) -> None:
    """The engine has five seconds for all plugins: one that unwinds its event loop takes those of the others."""
    command = [sys.executable, "-m", module, "127.0.0.1:1"]
    plugin = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert plugin.stdout is not None
        assert int(plugin.stdout.readline()) > 0
        plugin.send_signal(signal.SIGINT)
        _, errors = plugin.communicate(timeout=60)
    finally:
        plugin.kill()
    assert (plugin.returncode, errors) == (-signal.SIGINT, ""), "the signal itself ended it"
