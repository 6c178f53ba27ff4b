"""What `appdeploy --version` prints: what a report of a fault has to name."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path


def version_text() -> str:
    """Tool, commit, and the schemas that it reads and writes."""
    from appdeploy.model import contract, ledger_entry
    from appdeploy.render.json_line import SCHEMA_VERSION

    schemas = {
        "contract": f"{contract.SCHEMA_MAJOR}.{contract.SCHEMA_MINOR}",
        "ledger": f"{ledger_entry.SCHEMA_MAJOR}.0",
        "events": SCHEMA_VERSION,
    }
    shown = ", ".join(f"{name} {number}" for name, number in schemas.items())
    return f"appdeploy {version('axonflow-platform')} ({_commit()}); schemas: {shown}"


def _commit() -> str:
    """The commit of the working copy that it runs from, with `-dirty` if files differ; an installed copy has none."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "not from a working copy"
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return "commit not known"
    return f"commit {found.stdout.strip()}"
