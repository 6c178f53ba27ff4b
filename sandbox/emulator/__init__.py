"""The AWS emulator: moto, plus an ECS scheduler, an ALB data plane, a control endpoint and a record of every call.

`python -m sandbox.emulator --port PORT` runs it as a process; `sandbox.emulator.emulator.Emulator` is the same thing in
one's own process, where a test steps it on a clock of its own.
"""

import os

# moto reads these when it is imported, which any module of this package may be the first to do: AWS's managed policies exist,
# and certificates are issued at once instead of after a minute.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")
