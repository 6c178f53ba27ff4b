"""All commands, and what each does to lock, ledger and AWS: the help page's groups and the table of docs/cli.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Group(Enum):
    """The sections of `appdeploy --help`."""

    RELEASE = "Release"
    INSPECT = "Inspect"
    OPERATE = "Operate"
    MAINTAIN = "Maintain"


class Lock(Enum):
    """What a command does with the environment's lock."""

    NONE = "-"
    READS = "reads"
    TAKES = "takes"
    TAKES_OVER = "takes over"
    FREEZES = "freezes"
    UNFREEZES = "unfreezes"


class Ledger(Enum):
    """What a command does with the releases table beside the lock."""

    NONE = "-"
    READS = "reads"
    SETTLES = "settles open entries, records external deployments"
    WRITES = "writes an entry"


@dataclass(frozen=True)
class Command:
    """One command, or one with a subcommand."""

    name: str
    summary: str
    """For `appdeploy --help`; empty for a subcommand, which its group's page lists."""
    group: Group
    lock: Lock
    ledger: Ledger
    needs_contract: bool
    """Whether it is refused without the environment's contract in SSM."""
    role: str
    """The smallest documented role that suffices (infra/iam/roles.py)."""
    changes: str
    """What it changes on AWS beside the releases table; `-` for nothing."""


COMMANDS = (
    Command("plan", "Show what a release would do.", Group.RELEASE, Lock.READS, Ledger.NONE, True, "viewer", "-"),
    Command(
        "deploy",
        "Release a version, and watch it to its outcome.",
        Group.RELEASE,
        Lock.TAKES,
        Ledger.WRITES,
        True,
        "release",
        "task definitions, services, image tags, first capacity bounds",
    ),
    Command(
        "rollback",
        "Return to a task definition that served before.",
        Group.RELEASE,
        Lock.TAKES_OVER,
        Ledger.WRITES,
        False,
        "release",
        "services, settings",
    ),
    Command(
        "resume",
        "Continue an interrupted release.",
        Group.RELEASE,
        Lock.TAKES,
        Ledger.WRITES,
        True,
        "release",
        "what the release had left to do",
    ),
    Command(
        "sync",
        "Move to the newest template with the version that runs.",
        Group.RELEASE,
        Lock.TAKES,
        Ledger.WRITES,
        True,
        "release",
        "task definitions, services, capacity bounds",
    ),
    Command(
        "restart",
        "Replace all tasks by new ones of the same task definition.",
        Group.RELEASE,
        Lock.TAKES,
        Ledger.WRITES,
        True,
        "release",
        "services",
    ),
    Command("status", "Show what serves, and what changes.", Group.INSPECT, Lock.READS, Ledger.SETTLES, True, "viewer", "-"),
    Command("releases", "List the releases, or show one.", Group.INSPECT, Lock.READS, Ledger.SETTLES, True, "viewer", "-"),
    Command("releases show", "", Group.INSPECT, Lock.READS, Ledger.SETTLES, True, "viewer", "-"),
    Command(
        "report", "Write the record of a release as Markdown.", Group.INSPECT, Lock.READS, Ledger.SETTLES, True, "viewer", "-"
    ),
    Command(
        "scale",
        "Change how many tasks a service runs.",
        Group.OPERATE,
        Lock.TAKES,
        Ledger.WRITES,
        True,
        "operator",
        "desired count, suspension of autoscaling",
    ),
    Command(
        "config",
        "List and change settings that tasks read when they start.",
        Group.OPERATE,
        Lock.NONE,
        Ledger.NONE,
        True,
        "viewer",
        "-",
    ),
    Command("config list", "", Group.OPERATE, Lock.NONE, Ledger.NONE, True, "viewer", "-"),
    Command("config set", "", Group.OPERATE, Lock.TAKES, Ledger.WRITES, True, "release", "parameters, services"),
    Command("config unset", "", Group.OPERATE, Lock.TAKES, Ledger.WRITES, True, "release", "parameters, services"),
    Command("lock", "Freeze an environment.", Group.MAINTAIN, Lock.FREEZES, Ledger.NONE, True, "operator", "-"),
    Command(
        "unlock",
        "Lift a freeze, or evict the holder.",
        Group.MAINTAIN,
        Lock.UNFREEZES,
        Ledger.NONE,
        True,
        "operator",
        "-",
    ),
)

TOP_LEVEL = {command.name: command for command in COMMANDS if " " not in command.name}
