"""Getting the Pulumi engine: from PATH, by the official installer, or built from Go modules."""

from sandbox.engine.locate import Engine, EngineMissing, ensure

__all__ = ["Engine", "EngineMissing", "ensure"]
