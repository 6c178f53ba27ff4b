"""The ledger: one item per release, written before each step that changes AWS and updated after it."""
