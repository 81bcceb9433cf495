"""Shell texts of a workflow: whether every value stands where a shell may read one, and what is worth a warning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.documents.located import Path

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Interpreter, Step, Workflow

_CHECKED_LENGTH = 20_000
_CHECKED_PLACEHOLDERS = 200
"""What a text says beyond these is checked when its step runs, and not here as well."""


@dataclass(frozen=True, slots=True)
class ShellText:
    """A text that a shell reads: where it is written, the first names of the values that may stand in it, and which
    of them the shell finds set as variables.
    """

    path: Path
    text: str
    roots: frozenset[str]
    names: frozenset[str]
    interpreter: Interpreter


def shell_texts(workflow: Workflow, *, own: frozenset[str]) -> Iterator[tuple[ShellText, Step]]:
    """Every shell text that mentions a value of ours; `own` are the names that captures and parameters define."""
    from prodigy_action.pure.templates.captured_names import mentioned_names
    from prodigy_action.pure.templates.interpolation import mentioned_roots

    exported = {*workflow.env, *workflow.secrets, *(name for names in workflow.profiles.values() for name in names)}
    for placed in workflow_steps(workflow):
        roots = frozenset(placed.shapes) | own | exported
        for field, text in texts_of(placed.step):
            if "$" not in text or len(text) > _CHECKED_LENGTH:
                continue
            known = mentioned_roots(text) & roots
            names = mentioned_names(text, known) & own - exported - placed.step.env.keys()
            interpreter = placed.step.interpreter or workflow.defaults.interpreter
            yield ShellText((*placed.path, *field), text, known, names, interpreter), placed.step


def texts_of(step: Step) -> Iterator[tuple[Path, str]]:
    """The texts of a step that a shell reads, each with its path below the step."""
    if step.shell is not None:
        yield ("shell",), step.shell
    if step.foreach is not None and step.foreach.command is not None:
        yield ("foreach", "command"), step.foreach.command
    for index, check in enumerate(step.step_validate.commands if step.step_validate is not None else ()):
        if not check.agent:
            yield ("step_validate", "commands", index, "command"), check.command


def check_quoting(
    workflow: Workflow, own: frozenset[str], parse: Callable[[Path, str, Callable[[str], object]], None]
) -> None:
    """Whether each value stands where a shell may read one; the shell's grammar is loaded only for such texts.

    `parse` is told the path of each text, the text, and what to try it with.
    """
    for shell, step in shell_texts(workflow, own=own):
        if step.interpolation == "raw":
            continue
        from prodigy_action.pure.templates.interpolation import parse_template

        placeholders = parse_template(shell.text, shell.roots).placeholders
        if not (placeholders or shell.names) or len(placeholders) > _CHECKED_PLACEHOLDERS:
            continue
        from prodigy_action.pure.shell.safety.compile import compile_shell

        compiled = partial(compile_shell, roots=shell.roots, interpreter=shell.interpreter, names=shell.names)
        parse(shell.path, shell.text, compiled)
