"""The base of all settings models."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """A part of a stack file: immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
