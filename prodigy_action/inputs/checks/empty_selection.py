"""The place in the workflow file of the setting that leaves a map without items."""

from __future__ import annotations

from dataclasses import replace

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.documents.located import SourceMap
from prodigy_action.pure.items.nothing_selected import SelectionWarning


def locate_selection_warning(reason: SelectionWarning, positions: SourceMap) -> Diagnostic:
    """The warning, at the setting in the workflow file, or for the input `only`."""
    if reason.field == "only":
        return Diagnostic(reason.message, source="input only", hint=reason.hint, severity="warning", code=reason.code)
    found = positions.diagnostic(("map", reason.field), reason.message, hint=reason.hint, code=reason.code)
    return replace(found, severity="warning")
