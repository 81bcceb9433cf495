"""The place in the workflow file of the setting that leaves a map without items."""

from __future__ import annotations

from dataclasses import replace

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.located import SourceMap
from prodigy_action.pure.items.nothing_selected import NothingSelected


def locate_nothing_selected(reason: NothingSelected, positions: SourceMap) -> Diagnostic:
    """The warning, at the setting in the workflow file, or for the input `only`."""
    if reason.field == "only":
        return Diagnostic(reason.message, source="input only", hint=reason.hint, severity="warning", code="no-items")
    found = positions.diagnostic(("map", reason.field), reason.message, hint=reason.hint, code="no-items")
    return replace(found, severity="warning")
