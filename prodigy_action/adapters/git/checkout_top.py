"""The top of a checkout, found without git."""

from __future__ import annotations

from pathlib import Path


def top_above(directory: Path) -> Path:
    """The top of the checkout that the directory is in; the directory itself when it is in none."""
    return next((path for path in (directory, *directory.parents) if (path / ".git").exists()), directory)
