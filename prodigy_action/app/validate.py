"""`validate`: checks the files alone, without environment, items or repository."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.adapters.shell_parser.parser import ShfmtParser
from prodigy_action.app.input_bytes import read_file
from prodigy_action.app.loading import learn_secrets
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.app.workflow_files import files_of
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.checks.lints import lint_workflow
from prodigy_action.inputs.workflow_file import in_order, load_workflow


def validate_files(files: Sequence[str], world: ProcessContext) -> list[Diagnostic]:
    """Every problem and warning of every file, file by file and by position; those of a file that several others name
    come once.
    """
    diagnostics: list[Diagnostic] = []
    shell = ShfmtParser()
    for name in files:
        try:
            path = world.directory / name
            loaded = load_workflow(read_file(path, name), name, shell, files_of(path, name))
            learn_secrets(loaded.workflow, world, {})
            lints = lint_workflow(loaded.workflow, loaded.positions, loaded.parsed)
            diagnostics.extend(in_order([*loaded.warnings, *lints], first=name))
        except InvalidInput as error:
            diagnostics.extend(error.diagnostics)
    return list(dict.fromkeys(diagnostics))
