"""The subjects. To add one: a module with a function `(seed, scale) -> Report`, and its row here."""

from __future__ import annotations

from tests.prove.report import Subject

SUBJECTS: tuple[Subject, ...] = ()
