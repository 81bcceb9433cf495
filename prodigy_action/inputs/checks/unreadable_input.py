"""The place in the workflow file of an input that cannot be read."""

from __future__ import annotations

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.located import SourceMap


def locate_unreadable_input(message: str, hint: str | None, positions: SourceMap) -> Diagnostic:
    """The error, at the `input` of the map."""
    return positions.diagnostic(("map", "input"), message, hint=hint, code="unreadable-input")
