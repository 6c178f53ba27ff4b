"""The environment in which `pulumi` and `appdeploy` work on the sandbox, and the plugins that the engine finds there."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from sandbox.engine import Engine
from sandbox.home import Home, Running

REGION = "eu-central-1"
UNSET = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "PYTHONDONTWRITEBYTECODE",
)
"""Variables that would reach out of the sandbox, and one that makes every start of Python two to three times slower."""

PROVIDERS = {"aws": "sandbox.provider.aws_plugin", "awsx": "sandbox.provider.awsx_plugin"}
REQUIRED_BUT_UNUSED = ("docker", "docker-build")
"""Plugins that pulumi-awsx declares; the engine looks for them before an update, and the platform uses nothing of them."""


def variables(home: Home, running: Running, engine: Engine) -> dict[str, str]:
    """What to set, PATH among it."""
    nowhere = str(home.root / "none")
    first = [str(engine.bin_dir), str(Path(sys.executable).parent)]
    rest = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part and part not in first]
    return {
        "PATH": os.pathsep.join(first + rest),
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_BACKEND_URL": f"file://{home.backend}",
        "PULUMI_HOME": str(home.pulumi_home),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        # The first is OpenSSL's own, which Python and Go heed as well; curl has one that comes before it.
        "SSL_CERT_FILE": str(home.authorities),
        "CURL_CA_BUNDLE": str(home.authorities),
    }


def process_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that this process runs in the sandbox."""
    return {**{name: value for name, value in os.environ.items() if name not in UNSET}, **values}


def shell_lines(values: Mapping[str, str]) -> str:
    """The same as text for a POSIX shell's `eval`."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([f"unset {' '.join(UNSET)}", *lines])


def install_plugins(home: Home) -> None:
    """Write the executables that the engine starts as its providers, where it keeps those that it downloaded.

    There and not on PATH: the engine warns of each plugin that it finds on PATH, in every preview. They hold this
    interpreter's path, so they are never committed.
    """
    for name, module in PROVIDERS.items():
        _write_plugin(home, name, f'exec {shlex.quote(sys.executable)} -m {module} "$@"')
    for name in REQUIRED_BUT_UNUSED:
        _write_plugin(home, name, f'echo "the sandbox has no {name} provider" >&2\nexit 1')


def _write_plugin(home: Home, name: str, body: str) -> None:
    """One plugin, under the version of its SDK: that is the one that the engine looks for."""
    folder = home.plugins / f"resource-{name}-v{version(f'pulumi-{name}')}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pulumi-resource-{name}"
    draft = path.with_suffix(".new")
    draft.write_text(f"#!/bin/sh\n{body}\n")
    draft.chmod(0o755)
    draft.replace(path)
