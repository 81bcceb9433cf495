"""The published JSON Schemas."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal


def read_schema(name: Literal["workflow", "results"]) -> str:
    """The text of a committed schema. Raises `FileNotFoundError` when no schema has this name."""
    return files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
