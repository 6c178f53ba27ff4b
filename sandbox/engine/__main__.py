"""`python -m sandbox.engine`: get the engine, as a set-up step of its own."""

from __future__ import annotations

import sys

from sandbox.engine import EngineMissing, ensure


def main() -> int:
    """Say which engine is used; exit status 1 if there is none and none can be had."""
    try:
        engine = ensure(lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
    except EngineMissing as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Pulumi engine {engine.version} ({engine.source})", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
