"""Build the Pulumi CLI and its Python language host from Go modules.

For networks that reach a Go module proxy and nothing of Pulumi's. The module files next to this one pin every source by
checksum. Measured on 2 cores: about 7 minutes, 2 GB of module cache, 135 MB of result.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.engine.versions import ENGINE_VERSION

MODULES = Path(__file__).parent
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
VERSION_SYMBOL = f"{SDK_MODULE}/go/common/version.Version"
HEARTBEAT_SECONDS = 30.0


class BuildFailed(Exception):
    """The engine could not be built; the message is one line with the reason."""


def build_engine(target: Path, report: Callable[[str], None]) -> str:
    """Build into `target/bin`; the name of this way of getting the engine is the result. Raises BuildFailed."""
    go = shutil.which("go")
    if go is None:
        raise BuildFailed("build: there is no `go` on PATH")
    report(f"building Pulumi {ENGINE_VERSION} from Go modules: about 7 minutes on 2 cores, once per user")
    binaries = target / "bin"
    binaries.mkdir(parents=True)
    _build(go, "language", HOST_PACKAGE, binaries, report)
    _build(go, "cli", CLI_PACKAGE, binaries, report, f"-X {VERSION_SYMBOL}=v{ENGINE_VERSION}")
    _copy_program_runner(go, binaries)
    return "build"


def _build(go: str, module: str, package: str, binaries: Path, report: Callable[[str], None], link: str = "") -> None:
    """Compile one command. Errors of the compiler go to a file, of which the last line is shown."""
    name = package.rsplit("/", 1)[1]
    command = [go, "build", "-trimpath", "-ldflags", f"-s -w {link}".strip(), "-o", str(binaries / name), package]
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=MODULES / module, stdout=output, stderr=output, env=_go_environment())
        try:
            _wait(process, f"building {name}", started, report)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            output.seek(0)
            raise BuildFailed(f"build: {name}: {_last_line(output.read())}")
    report(f"built {name} in {time.monotonic() - started:.0f} s")


def _wait(process: subprocess.Popen[bytes], what: str, started: float, report: Callable[[str], None]) -> None:
    while True:
        try:
            process.wait(HEARTBEAT_SECONDS)
        except subprocess.TimeoutExpired:
            report(f"{what}: {time.monotonic() - started:.0f} s so far")
        else:
            return


def _copy_program_runner(go: str, binaries: Path) -> None:
    """Put the SDK's program runner, a Python script of the engine's own version, next to the language host."""
    found = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", SDK_MODULE],
        cwd=MODULES / "cli",
        capture_output=True,
        text=True,
        env=_go_environment(),
    )
    script = Path(found.stdout.strip()) / "python" / "cmd" / "pulumi-language-python-exec"
    if found.returncode != 0 or not script.is_file():
        raise BuildFailed(f"build: {SDK_MODULE} holds no pulumi-language-python-exec")
    copy = binaries / script.name
    shutil.copyfile(script, copy)
    copy.chmod(0o755)


def _go_environment() -> dict[str, str]:
    """The caller's environment without what would build something else, or with a toolchain that cannot be downloaded."""
    environment = {name: value for name, value in os.environ.items() if name not in ("GOFLAGS", "GOOS", "GOARCH")}
    return {**environment, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
