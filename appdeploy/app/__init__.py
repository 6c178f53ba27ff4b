"""Composition root: makes clients, clock and subscribers, and runs one operation. It knows no command line."""
