"""Client of the emulator's control endpoint (`/_sandbox/`)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from sandbox.errors import AlreadyThere, SandboxError

ANSWER_SECONDS = 10.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never asked through a proxy, whatever the environment says."""


class Unreachable(SandboxError):
    """Nobody answers at the endpoint, or somebody who is not the emulator."""


class Control:
    """Calls of the control endpoint. Every method raises SandboxError with the emulator's own one-line reason."""

    def __init__(self, endpoint: str) -> None:
        self._base = f"{endpoint}/_sandbox"

    def status(self) -> dict[str, Any]:
        """Boot id, load balancers with their addresses, services."""
        return self._call("GET", "status")

    def push_image(self, repository: str, tag: str, behaviour: str) -> dict[str, Any]:
        """Put an image into the registry; the reply names its digest."""
        return self._call("POST", "images", {"repository": repository, "tag": tag, "behaviour": behaviour})

    def set_behaviour(self, glob: str, behaviour: str) -> list[str]:
        """Change what images do that are in the registry, by a glob over `repository:tag`; returns their names."""
        changed: list[str] = self._call("POST", "behaviours", {"glob": glob, "behaviour": behaviour})["images"]
        return changed

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The recorded calls with a number greater than `since`, oldest first."""
        found: list[dict[str, Any]] = self._call("GET", f"calls?since={since}")["calls"]
        return found

    def reset_calls(self) -> None:
        """Empty the record of calls."""
        self._call("DELETE", "calls")

    def add_fault(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Let calls go wrong; the reply has the fault's `id`. What a fault may say is sandbox.emulator.faults.Fault's."""
        return self._call("POST", "faults", fault)

    def faults(self) -> list[dict[str, Any]]:
        """The active faults, oldest first."""
        found: list[dict[str, Any]] = self._call("GET", "faults")["faults"]
        return found

    def clear_faults(self, number: int | None = None) -> int:
        """End one fault, or all; returns how many ended."""
        ended: int = self._call("DELETE", "faults" if number is None else f"faults?id={number}")["ended"]
        return ended

    def shut_down(self) -> None:
        """Ask the emulator to end."""
        self._call("POST", "shutdown")

    def _call(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._base}/{what}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with _DIRECT.open(request, timeout=ANSWER_SECONDS) as reply:
                return dict(json.loads(reply.read() or b"{}"))
        except urllib.error.HTTPError as error:
            kind = AlreadyThere if error.code == HTTPStatus.CONFLICT else SandboxError
            raise kind(_reason(error)) from None
        except (OSError, ValueError) as error:
            raise Unreachable(f"the emulator does not answer at {self._base}: {error}") from None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return f"the emulator answered {error.code} {error.reason}"
