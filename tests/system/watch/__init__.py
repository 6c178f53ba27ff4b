"""Alarms as the infrastructure program declares them, in an emulator that measures."""
