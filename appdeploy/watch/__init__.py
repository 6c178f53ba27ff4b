"""Watches rollouts to their outcome: what each tick reads, what it means, and what is sent."""
