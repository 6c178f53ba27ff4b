"""Resource plugins `aws` and `awsx` for the real Pulumi engine, working on the emulator.

They prove the program's graph and differences, and that what it declares can be created; not how AWS behaves.
"""
