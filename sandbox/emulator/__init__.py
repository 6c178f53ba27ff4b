"""The AWS emulator: moto, plus an ECS scheduler, an ALB data plane, a control endpoint and a record of every call.

`python -m sandbox.emulator --port PORT` runs it as a process; `sandbox.emulator.emulator.Emulator` is the same thing in
one's own process, where a test steps it on a clock of its own.
"""
