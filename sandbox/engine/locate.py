"""Decide which Pulumi engine to use, and get one if the machine has none.

The order is: a supported `pulumi` on PATH; one that an earlier run put into the user's cache; Pulumi's own installer;
a build from Go modules. The last two happen once per user and version, behind a file lock.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from sandbox.engine.build import BuildFailed, build_engine
from sandbox.engine.versions import ENGINE_VERSION, OLDEST_SUPPORTED, Version, is_supported

Report = Callable[[str], None]
"""Takes one line about what is going on; the caller decides where it is shown."""

INSTALLER_HOST = "get.pulumi.com"
INSTALLER_REACH_SECONDS = 5.0
LANGUAGE_HOST = "pulumi-language-python"


class EngineMissing(Exception):
    """No engine is there and none could be had. The message says what to install."""


@dataclass(frozen=True)
class Engine:
    """A usable engine: the directory to put on PATH, its version, and where it came from."""

    bin_dir: Path
    version: Version
    source: str

    @property
    def executable(self) -> Path:
        """The `pulumi` command itself."""
        return self.bin_dir / "pulumi"


def cache_root() -> Path:
    """The per-user cache of this project (XDG_CACHE_HOME, else ~/.cache)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "axonflow-sandbox"


def ensure(report: Report) -> Engine:
    """Find or make an engine, telling `report` what takes time.

    Raises EngineMissing, whose message is one line that says what to install.
    """
    cached = cache_root() / "engine" / ENGINE_VERSION
    engine = find(cached)
    if engine is not None:
        return engine
    cached.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(cached.with_suffix(".lock"), report):
        return find(cached) or _obtain(cached, report)


def find(cached: Path) -> Engine | None:
    """A supported engine on PATH or in the cache directory, without getting one."""
    on_path = shutil.which("pulumi")
    if on_path is not None:
        engine = _inspect(Path(on_path).resolve().parent, "PATH")
        if engine is not None:
            return engine
    return _inspect(cached / "bin", "cache")


def _inspect(bin_dir: Path, source: str) -> Engine | None:
    """The engine in a directory if it runs, is supported and has its Python language host beside it."""
    executable, host = bin_dir / "pulumi", bin_dir / LANGUAGE_HOST
    if not (os.access(executable, os.X_OK) and os.access(host, os.X_OK)):
        return None
    try:
        shown = subprocess.run(
            [executable, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        version = Version.parse(shown.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Engine(bin_dir, version, source) if is_supported(version) else None


def _exclusive(path: Path, report: Report) -> AbstractContextManager[object]:
    """Holds the lock that makes one process get the engine while others wait for it; the wait is announced."""
    lock = FileLock(path)
    try:
        return lock.acquire(timeout=0.2)
    except Timeout:
        report("another process is getting the Pulumi engine; waiting for it")
        return lock.acquire()


def _obtain(cached: Path, report: Report) -> Engine:
    """Install or build into a directory beside the cache entry, and move it into place only when it is whole."""
    attempts = []
    for method in (_install, build_engine):
        staging = Path(tempfile.mkdtemp(prefix="getting-", dir=cached.parent))
        try:
            source = method(staging, report)
            shutil.rmtree(cached, ignore_errors=True)
            staging.rename(cached)
        except (BuildFailed, InstallFailed) as error:
            attempts.append(str(error))
            continue
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        engine = _inspect(cached / "bin", source)
        if engine is not None:
            return engine
        attempts.append(f"{source}: the result does not run")
    raise EngineMissing(
        f"no Pulumi engine: put pulumi {OLDEST_SUPPORTED} or newer (3.x) on PATH, or install Go 1.25.11 or newer so that "
        f"it can be built ({'; '.join(attempts)})"
    )


class InstallFailed(Exception):
    """Pulumi's installer cannot be reached or did not work."""


def _install(target: Path, report: Report) -> str:
    """Run Pulumi's own installer into `target`; the name of this way of getting the engine is the result."""
    try:
        socket.create_connection((INSTALLER_HOST, 443), INSTALLER_REACH_SECONDS).close()
    except OSError as error:
        raise InstallFailed(f"installer: {INSTALLER_HOST} cannot be reached ({error.__class__.__name__})") from None
    report(f"installing Pulumi {ENGINE_VERSION} with its official installer")
    import semver
    from pulumi.automation import PulumiCommand

    try:
        PulumiCommand.install(root=str(target), version=semver.Version.parse(ENGINE_VERSION))
    except Exception as error:  # the installer is a shell script: whatever it ran into, the build is next
        raise InstallFailed(f"installer: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    return "installer"
