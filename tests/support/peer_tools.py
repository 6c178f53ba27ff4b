"""Other tools from PyPI, unmodified and pinned, each in a virtual environment of its own in the user's cache."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.engine.locate import cache_root

ECS_DEPLOY = ("ecs-deploy==1.17.0", "boto3==1.44.5")
AWS_CLI = ("awscli==1.46.3",)
_UV = Path(sys.executable).parent / "uv"


def name_of(requirements: tuple[str, ...]) -> str:
    """A tool and its version, as reports name it."""
    return requirements[0].replace("==", " ")


def installed(requirements: tuple[str, ...]) -> Path:
    """The directory with the commands of an environment that holds these requirements; it is made once."""
    home = cache_root() / "peers" / requirements[0]
    ready = home / "ready"
    if not ready.exists():
        subprocess.run([_UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], check=True)
        subprocess.run([_UV, "pip", "install", "--quiet", "--python", str(home / "bin/python"), *requirements], check=True)
        ready.touch()
    return home / "bin"
