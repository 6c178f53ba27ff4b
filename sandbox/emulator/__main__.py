"""The emulator as a process: `python -m sandbox.emulator --port PORT`.

Prints one line of JSON when it can answer: its endpoint, its boot id and its pid. Ends with exit status 0 on SIGTERM,
SIGINT or POST /_sandbox/shutdown, and with 3 when the port is taken.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import signal
import sys
import threading
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.route53.models import route53_backends
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sandbox.account import PUBLIC_ZONE
from sandbox.emulator.clock import ManualClock
from sandbox.emulator.elb.ports import HOST, address
from sandbox.emulator.emulator import Emulator, Ticker, live
from sandbox.emulator.server import serve
from sandbox.emulator.timings import PROFILES

PORT_TAKEN = 3
_GRACE = 0.1
"""Seconds between the answer to a shutdown request and the end."""


def main() -> int:
    """Run until asked to end; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.emulator", description="The AWS emulator of the sandbox.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 lets the system pick one")
    parser.add_argument("--profile", choices=PROFILES, default="fast", help="how long things take")
    parser.add_argument(
        "--clock", choices=("system", "stepped"), default="system", help="stepped: moved by POST /_sandbox/clock"
    )
    parser.add_argument("--enforce-iam", action="store_true", help="sessions of roles may do what their policies allow")
    arguments = parser.parse_args()
    port, timings = arguments.port, PROFILES[arguments.profile]
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    # It warns of each request that waits for a thread: a matter of course here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    stepped = arguments.clock == "stepped"
    emulator = live(_end_soon, timings, ManualClock() if stepped else None, enforce_iam=arguments.enforce_iam)
    try:
        server = serve(emulator.application, port)
    except OSError as error:
        emulator.close()
        sys.stderr.write(f"cannot listen on {HOST}:{port}: {error.strerror}\n")
        return PORT_TAKEN
    _serve(server, emulator, None if stepped else Ticker(emulator, timings.tick))
    return 0


def _serve(server: Any, emulator: Emulator, ticker: Ticker | None) -> None:
    _warm_up(emulator)
    _furnish()
    _spare_what_stays()
    if ticker is not None:
        ticker.start()
    endpoint = address(server.effective_port)
    identity = emulator.identity
    sys.stdout.write(json.dumps({"endpoint": endpoint, "boot": identity.boot, "pid": identity.pid}) + "\n")
    sys.stdout.flush()
    # The ready line is all that a reader may expect there; moto prints to it.
    sys.stdout = sys.stderr
    # Returns when a signal raises SystemExit.
    server.run()
    if ticker is not None:
        ticker.stop()
    emulator.close()
    server.close()


def _warm_up(emulator: Emulator) -> None:
    """Let moto load what the first ECS request needs, so that whoever reads the ready line need not wait for it."""
    signed = "AWS4-HMAC-SHA256 Credential=sandbox/20240101/eu-central-1/ecs/aws4_request"
    target = "AmazonEC2ContainerServiceV20141113.ListClusters"
    headers = [("X-Amz-Target", target), ("Authorization", signed)]
    body = EnvironBuilder(method="POST", headers=headers, data="{}", content_type="application/x-amz-json-1.1")
    run_wsgi_app(emulator.application, body.get_environ(), buffered=True)
    emulator.calls.clear()


def _furnish() -> None:
    """Put into the account what is there before the first `pulumi up`."""
    zones = route53_backends[DEFAULT_ACCOUNT_ID]["aws"]
    zones.create_hosted_zone(f"{PUBLIC_ZONE}.", private_zone=False, caller_reference="sandbox", comment=None)


def _spare_what_stays() -> None:
    """To look for garbage among moto's modules and tables, on the way and at the end, costs a third of a short life."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _end(*_: object) -> None:
    raise SystemExit(0)


def _end_soon() -> None:
    timer = threading.Timer(_GRACE, os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    sys.exit(main())
