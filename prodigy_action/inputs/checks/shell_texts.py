"""The shell texts of a workflow, and what of them is parsed before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodigy_action.dataclass import dataclass
from prodigy_action.inputs.checks.located_steps import exported_names, named_values, result_shapes, workflow_steps
from prodigy_action.inputs.checks.step_texts import texts_of_shells
from prodigy_action.inputs.documents.located import Path

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Interpreter, Step, Workflow

COMPARED_STEPS = 200
"""Each step is compared with each other step: for a longer phase, the advice would take too long."""
_CHECKED_LENGTH = 20_000
"""What a text says beyond these characters is checked when its step runs, and not here as well."""
_ALONE = re.compile(r"\s*\$(?:\{[^{}]*\}|\w+)\s*")
"""A value where a list belongs, which no shell reads."""
_SYNTAX = re.compile(
    r"[^\w \t./,:=@%+-]|\A[ \t]*(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|function|select)\b"
)
"""What a text has that is more than one command of plain words."""


@dataclass(frozen=True, slots=True)
class ShellText:
    """A text that a shell reads: its path, the first names of the values that may be in it, and those names that the
    shell sees as variables.

    `trusted` are the first names of values that the workflow decides, and no item, capture or parameter.
    """

    path: Path
    text: str
    roots: frozenset[str]
    names: frozenset[str]
    trusted: frozenset[str]
    interpreter: Interpreter


def shell_texts(workflow: Workflow, *, own: frozenset[str]) -> Iterator[tuple[ShellText, Step]]:
    """Every shell text that mentions a value; `own` are the names that captures and parameters define."""
    from prodigy_action.pure.templates.captured_names import mentioned_names, named_in
    from prodigy_action.pure.templates.interpolation import mentioned_roots
    from prodigy_action.pure.templates.origins import foreign_variables

    exported, results = exported_names(workflow), frozenset(result_shapes(workflow))
    for placed in workflow_steps(workflow):
        roots = frozenset(placed.shapes) | own | exported | results
        given = foreign_variables(placed.env, roots, exported) if placed.env else frozenset[str]()
        variables = frozenset(placed.env)
        trusted = (exported | variables) - given
        for field, text in texts_of(placed.step):
            if ("$" not in text and not given) or len(text) > _CHECKED_LENGTH:
                continue
            known = mentioned_roots(text) & (roots | variables)
            names = mentioned_names(text, known) & own - exported - variables | named_in(text, given)
            interpreter = placed.step.interpreter or workflow.defaults.interpreter
            if known or names:
                yield ShellText((*placed.path, *field), text, known, names, trusted, interpreter), placed.step


def read_texts(workflow: Workflow) -> Iterator[tuple[Path, str, frozenset[str]]]:
    """Every text that a shell must be able to read, with its path and the first names of the values in it."""
    for name, value in workflow.env.items():
        if value.command is not None and _is_read(value.command):
            yield ("env", name, "command"), value.command, frozenset()
    own, exported = named_values(workflow) | frozenset(result_shapes(workflow)), exported_names(workflow)
    for placed in workflow_steps(workflow):
        raw = placed.step.interpolation == "raw"
        for field, text in texts_of(placed.step):
            if _is_read(text) and not (raw and "$" in text):
                yield (*placed.path, *field), text, frozenset(placed.shapes) | own | exported


def texts_of(step: Step) -> Iterator[tuple[Path, str]]:
    """The texts of a step that a shell reads, each with its path below the step; a value alone may be a list."""
    for path, text in texts_of_shells(step):
        if path[0] != "foreach" or not _ALONE.fullmatch(text):
            yield path, text


def texts_to_parse(workflow: Workflow) -> list[str]:
    """What is parsed when a workflow is loaded, in one call: texts with values, and steps that may run side by side."""
    from prodigy_action.pure.shell.syntax.standing import standing_text

    texts = [standing_text(text, roots).text for _, text, roots in read_texts(workflow)]
    texts += [
        standing_text(shell.text, shell.roots).text
        for shell, step in shell_texts(workflow, own=named_values(workflow))
        if step.interpolation != "raw"
    ]
    for phase in (workflow.setup, workflow.reduce, workflow.merge):
        if 2 <= len(phase.steps) <= COMPARED_STEPS:
            from prodigy_action.pure.dependency_analysis.value_mentions import mark_values

            texts += [mark_values(step.shell).text for step in phase.steps if step.shell is not None]
    if workflow.map is not None and workflow.map.isolation == "none":
        from prodigy_action.pure.dependency_analysis.value_mentions import mark_values

        inner = [placed.step for placed in workflow_steps(workflow) if placed.path[0] == "map"]
        texts += [mark_values(step.shell).text for step in inner if step.shell and len(step.shell) <= _CHECKED_LENGTH]
    if workflow.map is not None and "$" in (workflow.map.input or ""):
        from prodigy_action.pure.dependency_analysis.value_mentions import mark_values

        texts.append(mark_values(workflow.map.input or "").text)
    return texts


def _is_read(text: str) -> bool:
    return len(text) <= _CHECKED_LENGTH and _SYNTAX.search(text) is not None
