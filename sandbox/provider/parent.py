"""A plugin ends with the engine that started it, also when the engine was killed and could not end its plugins."""

from __future__ import annotations

import os
import threading
import time

_LOOK_SECONDS = 1.0


def end_with_parent() -> None:
    """Watch the parent process from a thread, and leave as soon as another one has taken its place."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)  # nobody is left who could be told; a gRPC server would wait for its calls to end
