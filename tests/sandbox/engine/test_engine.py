"""Getting the Pulumi engine: which one is taken, and what is said when there is none."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.engine import EngineMissing, build, ensure, locate
from sandbox.engine.versions import ENGINE_VERSION, Version, is_supported

ROOT = Path(__file__).resolve().parents[3]


def fake_engine(folder: Path, shown: str, host: bool = True) -> Path:
    """Executables that answer `pulumi version` as an engine does."""
    folder.mkdir(parents=True)
    for name in ["pulumi", *(["pulumi-language-python"] if host else [])]:
        (folder / name).write_text(f"#!/bin/sh\necho {shown}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own, a PATH with nothing but a shell, and no way out of this machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(locate, "INSTALLER_HOST", "installer.invalid")


def test_the_sdk_and_the_engine_fit() -> None:
    """The SDK that is installed and pinned is the engine's version, and that one is supported."""
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["infra"]
    assert f"pulumi=={ENGINE_VERSION}" in pinned
    assert version("pulumi") == ENGINE_VERSION
    assert is_supported(Version.parse(ENGINE_VERSION))


def test_the_build_recipe_makes_the_version_that_it_says() -> None:
    recipe = (ROOT / "sandbox/engine/cli/go.mod").read_text()
    assert re.search(rf"github.com/pulumi/pulumi/pkg/v3 v{re.escape(ENGINE_VERSION)}\b", recipe)
    assert re.search(rf"github.com/pulumi/pulumi/sdk/v3 v{re.escape(ENGINE_VERSION)}\b", recipe)


@pytest.mark.parametrize(
    ("text", "supported"),
    [("v3.259.0", True), ("v3.231.0", True), ("3.300.1", True), ("v3.230.9", False), ("v4.0.0", False), ("v2.99.0", False)],
)
def test_which_versions_are_supported(text: str, supported: bool) -> None:
    assert is_supported(Version.parse(text)) is supported


@pytest.mark.parametrize("text", ["", "3.259", "latest", "v3.x.0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def test_a_supported_engine_on_path_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{fake_engine(tmp_path / 'bin', 'v3.260.1')}:/usr/bin:/bin")
    engine = ensure(lambda line: None)
    assert (engine.source, str(engine.version), engine.bin_dir) == ("PATH", "3.260.1", tmp_path / "bin")


@pytest.mark.parametrize(("shown", "host"), [("v3.100.0", True), ("v3.260.1", False), ("nonsense", True)])
def test_an_unusable_engine_on_path_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shown: str, host: bool
) -> None:
    cached = fake_engine(tmp_path / "cache/axonflow-sandbox/engine" / ENGINE_VERSION / "bin", f"v{ENGINE_VERSION}")
    monkeypatch.setenv("PATH", f"{fake_engine(tmp_path / 'bin', shown, host)}:/usr/bin:/bin")
    engine = ensure(lambda line: None)
    assert (engine.source, engine.bin_dir) == ("cache", cached)


def test_without_any_way_one_message_says_what_to_install() -> None:
    with pytest.raises(EngineMissing) as raised:
        ensure(lambda line: None)
    message = str(raised.value)
    assert "\n" not in message
    assert "put pulumi 3.231.0 or newer (3.x) on PATH, or install Go" in message
    assert "installer.invalid cannot be reached" in message
    assert "there is no `go` on PATH" in message


def test_a_build_that_fails_leaves_no_half_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text("#!/bin/sh\necho 'go: module not found' >&2\nexit 1\n")
    (tmp_path / "bin/go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(EngineMissing, match="go: module not found"):
        ensure(lambda line: None)
    left = {path.name for path in (tmp_path / "cache/axonflow-sandbox/engine").iterdir()}
    assert left <= {f"{ENGINE_VERSION}.lock", f"{Version.parse(ENGINE_VERSION).major}.259.lock"}


def test_a_build_says_what_it_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for `go` writes what the compiler would: the result is found, reported of, and cached for the next call."""
    sdk = tmp_path / "sdk/python/cmd"
    sdk.mkdir(parents=True)
    (sdk / "pulumi-language-python-exec").write_text("#!/usr/bin/env python\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text(
        f'#!/bin/sh\nif [ "$1" = list ]; then echo {tmp_path}/sdk; exit; fi\n'
        f'while [ "$1" != -o ]; do shift; done\nprintf "#!/bin/sh\\necho v{ENGINE_VERSION}\\n" > "$2"\nchmod +x "$2"\n'
    )
    (tmp_path / "bin/go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(build, "HEARTBEAT_SECONDS", 0.01)
    lines: list[str] = []
    assert ensure(lines.append).source == "build"
    assert lines[0].startswith(f"building Pulumi {ENGINE_VERSION} from Go modules")
    assert any(line.startswith("built pulumi in") for line in lines)
    assert ensure(lines.append).source == "cache"
