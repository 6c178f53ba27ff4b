"""The real commands as subprocesses, in the environment that `sandbox env` gives to a shell."""

from __future__ import annotations

import copy
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.support.forked import COMMANDS, start

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LONGEST_COMMAND_SECONDS = 240
STACK = "organization/axonflow/staging"
RELEASE_ROLE = "axonflow-staging-release"
INFRASTRUCTURE_ROLE, PREVIEW_ROLE = "axonflow-infrastructure-staging", "axonflow-preview-staging"
PROJECT = "organization/axonflow"
FROM_SCRATCH = ("up", "down")
"""Commands of the sandbox that are started as a shell does it: what they start is to outlive them."""
STATE_AT_THE_END = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""Variables with which the engine writes its state once and not after each of 400 resources, a third of an update's time.
For an update that nothing interrupts (github.com/pulumi/pulumi/issues/10668)."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        return self.err.strip().splitlines()

    def expect(self, exit_code: int) -> Ran:
        assert self.exit_code == exit_code, (
            f"exit code {self.exit_code}, not {exit_code}\n{self.out[-4000:]}\n{self.err[-4000:]}"
        )
        return self


def run(command: list[str], environment: Mapping[str, str]) -> Ran:
    """Run a command to its end, without a terminal and without standard input."""
    if command[0] in COMMANDS and command[1] not in FROM_SCRATCH:
        started = start(command, environment)
        out, err = started.communicate(LONGEST_COMMAND_SECONDS)
        return Ran(started.wait(), out, err)
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_COMMAND_SECONDS,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)


class Sandbox:
    """A sandbox in a folder of its own, and the shell that `eval "$(sandbox env)"` makes."""

    def __init__(self, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "MOTO_"))}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        self.outside = {**kept, "AXONFLOW_SANDBOX_HOME": str(home), "PATH": f"{BIN}:{kept['PATH']}"}
        self.home = home
        self.stack = STACK
        self.builder: str | None = None
        """The role that runs Pulumi; None: the account's root."""
        self._shells: dict[str, dict[str, str]] = {}

    def sandbox(self, *arguments: str) -> Ran:
        if arguments[0] in ("up", "down"):
            self._shells = {}
        return run(["sandbox", *arguments], self.outside)

    def shell(self, **changes: str) -> dict[str, str]:
        """The variables of a shell after the `eval`, with some of them changed."""
        return {**self._evaluated(""), **changes}

    def as_role(self, role: str, **changes: str) -> dict[str, str]:
        """The same for a session of a role: `sandbox env --role`."""
        return {**self._evaluated(f"--role {role}"), **changes}

    def _evaluated(self, options: str) -> dict[str, str]:
        if options not in self._shells:
            shown = subprocess.run(
                ["bash", "-c", f'set -e; text=$(sandbox env {options}); eval "$text"; env -0'],
                cwd=ROOT,
                env=self.outside,
                capture_output=True,
                text=True,
                check=True,
            )
            self._shells[options] = dict(item.split("=", 1) for item in shown.stdout.split("\0") if item)
        return self._shells[options]

    @property
    def encryption(self) -> ssl.SSLContext:
        """Trusts what that shell trusts."""
        return ssl.create_default_context(cafile=self.shell()["SSL_CERT_FILE"])

    def at(self, stack: str) -> Sandbox:
        """The same sandbox, whose `pulumi` is about another stack."""
        other = copy.copy(self)
        other.stack = f"{PROJECT}/{stack}"
        return other

    def pulumi(self, *arguments: str, **changes: str) -> Ran:
        return self._pulumi(self.builder, *arguments, **changes)

    def pulumi_as(self, role: str | None, *arguments: str) -> Ran:
        """By another role, or by root."""
        return self._pulumi(role, *arguments)

    def _pulumi(self, role: str | None, *arguments: str, **changes: str) -> Ran:
        shell = self.as_role(role, **changes) if role else self.shell(**changes)
        return run(["pulumi", *arguments, "--stack", self.stack, "--non-interactive"], shell)

    def bootstrap(self, *arguments: str) -> Ran:
        """Pulumi on the account's own program, as root."""
        stack = ("--stack", f"{PROJECT}-bootstrap/account", "--non-interactive")
        return run(["pulumi", "--cwd", str(ROOT / "bootstrap"), *arguments, *stack], self.shell())

    def make_account(self) -> None:
        """What an account has before its first platform: state, keys, and the roles that run Pulumi."""
        self.bootstrap("stack", "init").expect(0)
        self.bootstrap("up", "--yes", "--skip-preview").expect(0)

    def appdeploy(self, *arguments: str, **changes: str) -> Ran:
        """Every release and look of the story is made by the role for releases, as the program declares it."""
        return run(["appdeploy", *arguments], self.as_role(RELEASE_ROLE, **changes))

    def deploy(self, version: str, *arguments: str) -> Ran:
        return self.appdeploy("deploy", "--environment", "staging", "--service", "agent", "--version", version, *arguments)

    def begin(self, version: str) -> subprocess.Popen[str]:
        """Start a release and come back when ECS has its deployment."""
        release = subprocess.Popen(
            ["appdeploy", "deploy", "-e", "staging", "--service", "agent", "--version", version],
            cwd=ROOT,
            env=self.as_role(RELEASE_ROLE),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert release.stdout is not None
        for line in release.stdout:
            if line.rstrip().endswith("started"):
                return release
        raise AssertionError(f"the release ended before it began: {release.communicate()}")

    def client(self, service: str) -> Any:
        """A boto3 client of the sandbox's AWS, as root."""
        shell = self.shell()
        session = boto3.Session("sandbox", "sandbox", region_name=shell["AWS_REGION"])
        return session.client(service, endpoint_url=shell["AWS_ENDPOINT_URL"])

    def create_database_user(self) -> None:
        """Give the services' secret its value, as a person does for a new environment: no task starts without it."""
        name = f"axonflow-{self.stack.rsplit('/', 1)[1]}/database"
        user = json.dumps({"username": "axonflow", "password": "x"})
        self.client("secretsmanager").put_secret_value(SecretId=name, SecretString=user)

    def push(self, version: str, behaviour: str = "healthy", service: str = "agent") -> str:
        """Push an image; the result is the version, for use in a call."""
        self.sandbox("image", "push", service, version, "--behaviour", behaviour).expect(0)
        return version

    def status(self, name: str = "agent") -> dict[str, Any]:
        """What `appdeploy status` knows of a service."""
        shown = self.appdeploy("status", "-e", "staging", "--json").expect(0)
        return next(dict(service) for service in json.loads(shown.out)["services"] if service["name"] == name)

    def calls(self) -> list[dict[str, Any]]:
        """The recorded calls; the record is empty afterwards."""
        shown = self.sandbox("calls", "--json", "--reset").expect(0)
        return [json.loads(line) for line in shown.out.splitlines()]

    @contextmanager
    def no_write(self) -> Iterator[None]:
        """Fails if a call that may change something is recorded meanwhile, or none at all."""
        self.calls()
        yield
        writes = [f"{call['service']}:{call['action']}" for call in self.calls() if call["mutates"]]
        assert writes == []


@contextmanager
def staging_without_a_release(folder: Path) -> Iterator[Sandbox]:
    """A sandbox in which the real engine has brought staging up, under the role that is made for it and with IAM enforced.

    It is taken down whatever happens.
    """
    sandbox = Sandbox(folder)
    try:
        sandbox.sandbox("up", "--enforce-iam").expect(0)
        sandbox.make_account()
        sandbox.builder = INFRASTRUCTURE_ROLE
        sandbox.pulumi("up", "--yes", "--skip-preview", **STATE_AT_THE_END).expect(0)
        sandbox.create_database_user()
        yield sandbox
    finally:
        sandbox.sandbox("down")
