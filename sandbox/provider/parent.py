"""A plugin ends with the engine that started it: when it asks, and also when it was killed and could not ask."""

from __future__ import annotations

import os
import signal
import threading
import time

_LOOK_SECONDS = 1.0


def end_with_engine() -> None:
    """End when the engine asks, and as soon as another process has taken its place as the parent.

    To end its plugins the engine calls Cancel, then sends SIGINT and waits, one plugin after the other within five seconds for
    all. The one whose turn for Cancel has not come by then has "exited prematurely", and the update has failed (ReleaseContext
    in pkg/host/host.go and Close in pkg/resource/plugin/plugin.go of pulumi; github.com/pulumi/pulumi/issues/22662). Python's
    own handler unwinds event loops and threads, with errors of its own, which takes seconds on a busy machine: so the system
    ends the process at once. Nothing is lost: the engine is done with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)  # nobody is left who could be told; a gRPC server would wait for its calls to end
