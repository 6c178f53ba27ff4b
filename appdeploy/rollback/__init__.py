"""Rollback: lists the task definitions that a service ran successfully, chooses the target, and plans the return to it."""
