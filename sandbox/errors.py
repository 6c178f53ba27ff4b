"""What can go wrong with the sandbox, as one line each."""

from __future__ import annotations


class SandboxError(Exception):
    """A failure that a person can act on. The message is one line; `exit_code` is the command's."""

    exit_code = 1


class NotRunning(SandboxError):
    """A command needs the emulator and there is none."""

    exit_code = 3


class AlreadyThere(SandboxError):
    """What was to be made exists: a tag of a registry whose tags never change."""

    exit_code = 5


class PortTaken(SandboxError):
    """Somebody else listens on the port that was asked for."""

    exit_code = 4
