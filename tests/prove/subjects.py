"""The subjects. To add one: a module with a function `(seed, scale) -> Report`, and its row here."""

from __future__ import annotations

from tests.prove import kill, mutants
from tests.prove.report import Subject

SUBJECTS = (
    Subject("mutants", "Each named mutant of the scheduler is caught by the emulator's scenarios.", 15, mutants.prove),
    Subject("kill", "A command killed before or after any of its calls and then resumed comes to a right end.", 30, kill.prove),
)
