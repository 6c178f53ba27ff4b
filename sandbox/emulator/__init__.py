"""The AWS emulator: moto, plus an ECS scheduler, an ALB data plane, a control endpoint and a record of every call.

`python -m sandbox.emulator --port PORT` runs it as a process; `sandbox.emulator.emulator.Emulator` is the same thing in
one's own process, where a test steps it on a clock of its own.
"""

import functools
import os

import botocore.session

# moto reads these when it is imported, which any module of this package may be the first to do: AWS's managed policies exist,
# certificates are issued at once instead of after a minute, and of thousands of machine images none is made.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

# A session reads botocore's files anew, and moto makes three when it is imported.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)
