"""The base of all typed answers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of everything in a plan: frozen, and left out of the JSON where nothing is stated."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
