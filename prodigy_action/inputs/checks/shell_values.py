"""Whether every value of a workflow stands where a shell may read one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from prodigy_action.inputs.checks.shell_texts import shell_texts
from prodigy_action.inputs.documents.located import Path

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells

_CHECKED_PLACEHOLDERS = 200
"""A text with more values is checked when its step runs, and not here as well."""


def check_quoting(
    workflow: Workflow,
    own: frozenset[str],
    parsed: ParsedShells,
    parse: Callable[[Path, str, Callable[[str], object]], None],
) -> None:
    """Whether each value stands where a shell may read one.

    `parse` gets the path of each text, the text, and what to try it with; `parsed` has the trees.
    """
    for shell, step in shell_texts(workflow, own=own):
        if step.interpolation == "raw":
            continue
        from prodigy_action.pure.templates.interpolation import parse_template

        placeholders = parse_template(shell.text, shell.roots).placeholders
        if not (placeholders or shell.names) or len(placeholders) > _CHECKED_PLACEHOLDERS:
            continue
        from prodigy_action.pure.shell.safety.compile import compile_shell

        compiled = partial(
            compile_shell,
            roots=shell.roots,
            interpreter=shell.interpreter,
            parsed=parsed,
            names=shell.names,
            trusted=shell.trusted,
        )
        parse(shell.path, shell.text, compiled)
