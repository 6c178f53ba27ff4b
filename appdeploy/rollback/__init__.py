"""The way back: which task definitions a service has run well, which of them is meant, and the plan to return to it."""
