"""Checks before the first write whether a release can succeed: reads in parallel, judged in one module."""
