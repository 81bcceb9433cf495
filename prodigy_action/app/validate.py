"""`validate`: the files alone, without environment, items or repository."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.app.loading import read_file
from prodigy_action.app.world import World
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.workflow_file import load_workflow


def validate_files(files: Sequence[str], world: World) -> list[Diagnostic]:
    """Every problem and warning of every file, file by file and by position."""
    diagnostics: list[Diagnostic] = []
    for name in files:
        try:
            diagnostics.extend(load_workflow(read_file(world.directory / name, name), name).warnings)
        except InvalidInput as error:
            diagnostics.extend(error.diagnostics)
    return diagnostics
