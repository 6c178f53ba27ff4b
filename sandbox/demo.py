"""The main job, start to end: the infrastructure by the real engine, a release by the real command, a request through
the load balancer."""

from __future__ import annotations

import itertools
import json
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import boto3

from sandbox.control import Control
from sandbox.errors import AlreadyThere, SandboxError
from sandbox.home import PROJECT

STACK = "organization/axonflow/staging"
ENVIRONMENT = "staging"
SERVICES = ("agent", "orchestrator", "customer-portal")
"""The first one answers at the load balancer's own address."""
DATABASE_SECRET = f"axonflow-{ENVIRONMENT}/database"
ANSWER_SECONDS = 10.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """What a task answered through the load balancer."""

    body: str
    version: str
    task: str


def run(environment: dict[str, str], control: Control, say: Say) -> None:
    """Do the main job and say what was done, how long each tier took, and what to try next.

    Raises SandboxError if a step fails; its output has been shown.
    """
    say(f"\n== infrastructure tier: pulumi up ({ENVIRONMENT})")
    infrastructure = _timed(["pulumi", "up", "--yes", "--non-interactive", "--stack", STACK], environment)
    _create_database_user(environment)
    version = _push_next_version(control)
    say(f"\n== application tier: appdeploy deploy --environment {ENVIRONMENT} --version {version}")
    release = _timed(["appdeploy", "deploy", "--environment", ENVIRONMENT, "--version", version], environment)
    address = _address(environment)
    answer = _ask(f"{address}/health", environment["SSL_CERT_FILE"])
    if answer.version != version or json.loads(answer.body) != {"status": "healthy"}:
        raise SandboxError(f"{address}/health answers {answer.body} from version {answer.version}, not {version}")
    say(_summary(infrastructure, release, version, address, answer))


def _timed(command: list[str], environment: dict[str, str]) -> float:
    """Run a command on this terminal; the result is how many seconds it took."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=PROJECT, env=environment)
    try:
        exit_code = process.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached the command too. Both tools end in order when they are given the time; killed, they leave a lock.
        process.wait()
        raise
    if exit_code != 0:
        afresh = "`sandbox down` and another try start afresh"
        raise SandboxError(f"`{' '.join(command[:2])}` ended with exit code {exit_code}; {afresh}")
    return time.monotonic() - started


def _create_database_user(environment: dict[str, str]) -> None:
    """Give the services' secret its first value, as a person does for a new environment: no task starts without it."""
    session = boto3.Session("sandbox", "sandbox", region_name=environment["AWS_REGION"])
    secrets = session.client("secretsmanager", endpoint_url=environment["AWS_ENDPOINT_URL"])
    if not secrets.describe_secret(SecretId=DATABASE_SECRET).get("VersionIdsToStages"):
        user = json.dumps({"username": "axonflow", "password": "sandbox"})
        secrets.put_secret_value(SecretId=DATABASE_SECRET, SecretString=user)


def _push_next_version(control: Control) -> str:
    """Push healthy images under the first version that no service has in the registry: its tags never change."""
    for number in itertools.count():
        version = f"v1.0.{number}"
        try:
            for service in SERVICES:
                control.push_image(f"axonflow-{ENVIRONMENT}-{service}", version, "healthy")
        except AlreadyThere:
            continue
        return version
    raise AssertionError  # count() does not end


def _address(environment: dict[str, str]) -> str:
    """Where the stack says that it answers."""
    command = ["pulumi", "stack", "output", "url", "--stack", STACK]
    shown = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    if shown.returncode != 0:
        raise SandboxError(f"`pulumi stack output url`: {shown.stderr.strip()}")
    return shown.stdout.strip()


def _ask(url: str, trusted: str) -> Answer:
    """What answers; `trusted` is the file of certificate authorities."""
    encryption = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=trusted))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), encryption)
    try:
        with direct.open(url, timeout=ANSWER_SECONDS) as reply:
            headers = reply.headers
            return Answer(reply.read().decode(), headers["X-Axonflow-Version"], headers["X-Axonflow-Task"])
    except OSError as error:
        raise SandboxError(f"{url} does not answer: {error}") from None


def _summary(infrastructure: float, release: float, version: str, address: str, answer: Answer) -> str:
    return f"""
infrastructure tier   {infrastructure:6.1f} s   pulumi up of {ENVIRONMENT}
application tier      {release:6.1f} s   appdeploy deploy of {len(SERVICES)} services, {version}
load balancer         {address}
GET /health           {answer.body} from {SERVICES[0]} {answer.version}, task {answer.task[:8]}

next, in this shell:
  eval "$(.venv/bin/sandbox env)"
  curl -i {address}/health
  appdeploy status --environment {ENVIRONMENT}
  sandbox image push agent v1.1.0 && appdeploy deploy -e {ENVIRONMENT} --service agent --version v1.1.0
  sandbox image push agent v1.2.0 --behaviour crash && appdeploy deploy -e {ENVIRONMENT} --service agent --version v1.2.0
  pulumi preview --expect-no-changes
  sandbox calls | tail
  sandbox down"""
