"""Follows rollouts to their end: what is read each tick, what it means, and what is done about it."""
