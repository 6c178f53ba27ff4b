"""The other side of `forked`: `python -m tests.support.forking SOCKET_FD COMMAND...` forks a process each time it is asked to.

It ends when the socket is closed, and ends then what still runs.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any, NoReturn

import botocore.session

from tests.support.forked import EMULATOR

# A session reads botocore's files anew.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

SERVICES = (
    *("ecs", "ecr", "dynamodb", "elbv2", "ssm", "sts", "cloudwatch", "iam", "secretsmanager", "application-autoscaling"),
    *("logs", "events"),
)


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    # Ctrl-C reaches all processes of a terminal; this one is there for as long as the tests are.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mains = {command: _WARM[command]() for command in sys.argv[2:]}
    gc.collect()
    gc.freeze()
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not channel:
                    os.read(woken, 1024)
                    _tell_of_ends(channel, running)
                elif not _answer(channel, running, mains):
                    for pid in running:
                        os.kill(pid, signal.SIGTERM)
                    return


def _appdeploy() -> Callable[[], Any]:
    import appdeploy.cli
    from appdeploy.aws import clients

    _with_modules(appdeploy)
    core = clients._core()
    loader = core.get_component("data_loader")
    clients._Loader = lambda **_: loader  # type: ignore[misc, assignment]
    for service in SERVICES:
        core.create_client(service, "eu-central-1", aws_access_key_id="warm", aws_secret_access_key="up")
    return appdeploy.cli.main


def _sandbox() -> Callable[[], Any]:
    import sandbox.cli

    _with_modules(sandbox.cli)
    return sandbox.cli.main


def _with_modules(package: ModuleType) -> None:
    """A command imports most of them when it begins."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def _emulator() -> Callable[[], Any]:
    import moto.backends
    import moto.core.utils

    import sandbox.emulator.__main__ as emulator

    for service in (*SERVICES, "ec2", "s3", "sns", "sqs"):
        moto.backends.get_backend(_MOTO_NAMES.get(service, service))
        with suppress(Exception):  # Only of services whose answers moto writes by their models.
            moto.core.utils.get_service_model(service)

    def main() -> NoReturn:
        os.environ.update(ours)
        sys.exit(emulator.main())

    ours = {name: value for name, value in os.environ.items() if name.startswith("MOTO_")}
    return main


_MOTO_NAMES = {"application-autoscaling": "applicationautoscaling"}
_WARM: dict[str, Callable[[], Callable[[], Any]]] = {"appdeploy": _appdeploy, "sandbox": _sandbox, EMULATOR: _emulator}
"""What makes a command ready; the result is its main function."""


def _answer(channel: socket.socket, running: dict[int, int], mains: Mapping[str, Callable[[], Any]]) -> bool:
    """Start what is asked for. False when no one asks any more."""
    size, streams, _, _ = socket.recv_fds(channel, 4, 2)
    if not size:
        return False
    request = json.loads(_exactly(channel, int.from_bytes(size, "big")))
    pid = os.fork()
    if not pid:
        channel.close()
        _become(request, streams, mains[request["words"][0]])
    for stream in streams:
        os.close(stream)
    running[pid] = request["number"]
    _tell(channel, {"number": request["number"], "pid": pid})
    return True


def _exactly(channel: socket.socket, size: int) -> bytes:
    body = b""
    while len(body) < size:
        body += channel.recv(size - len(body))
    return body


def _tell_of_ends(channel: socket.socket, running: dict[int, int]) -> None:
    while running:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        _tell(
            channel,
            {"number": running.pop(pid), "code": os.waitstatus_to_exitcode(status), "spent": usage.ru_utime + usage.ru_stime},
        )


def _tell(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def _become(request: dict[str, Any], streams: list[int], main: Callable[[], Any]) -> None:
    """Be that command from now on."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["words"]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    # As Python itself does it at its end.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
