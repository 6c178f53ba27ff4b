"""Measurements, each with its floor in the same run. Nothing here decides whether a test passes."""
