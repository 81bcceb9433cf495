"""Commands that no shell can read: found before anything runs, with the YAML that cut them short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.checks.shell_values import texts_of
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.located_tree import ScalarNode

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_CHECKED_LENGTH = 20_000
_QUOTES_OR_PARENTHESES = re.compile(r"['\"`()]")
_REFERENCE = re.compile(r"[ \t]+(#\w+)")
_COMMENT = re.compile(r"[ \t]+#")


def check_syntax(workflow: Workflow, own: frozenset[str], positions: SourceMap) -> Iterator[tuple[Path, Diagnostic]]:
    """The commands that cannot be read, with their paths: errors when every shell refuses them, else warnings.

    `own` are the names that captures and parameters define. The shell's grammar is loaded only for what looks wrong.
    """
    for path, text, roots in _texts(workflow, own):
        if not _QUOTES_OR_PARENTHESES.search(text) or len(text) > _CHECKED_LENGTH:
            continue
        from prodigy_action.pure.shell.safety.syntax_problems import find_syntax_problem

        problem = find_syntax_problem(text, roots)
        if problem is None:
            continue
        says = "the shell cannot read this command" if problem.certain else "a shell may not read this command"
        message = f"{says}: {problem.reason}"
        span = (problem.position, problem.position + 1)
        found = positions.diagnostic(path, message, hint=_hint(positions, path), code="shell-syntax", span=span)
        yield path, found if problem.certain else replace(found, severity="warning")


def cut_prompts(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    """A warning for each agent command from which YAML has taken something like `#12` for a comment."""
    for placed in workflow_steps(workflow):
        path = (*placed.path, "claude")
        node = positions.node(path) if placed.step.claude is not None else None
        if not isinstance(node, ScalarNode) or node.style or not node.plain:
            continue
        cut = _REFERENCE.match(positions.source.text, node.end)
        if cut is not None:
            message = f"YAML takes what begins with {cut.group(1)!r} for a comment: the agent does not see it"
            found = positions.diagnostic(path, message, hint="put the command in quotes", code="yaml-comment")
            yield replace(found, severity="warning")


def _texts(workflow: Workflow, own: frozenset[str]) -> Iterator[tuple[Path, str, frozenset[str]]]:
    for name, value in workflow.env.items():
        if value.command is not None:
            yield ("env", name, "command"), value.command, frozenset()
    for placed in workflow_steps(workflow):
        raw = placed.step.interpolation == "raw"
        for field, text in texts_of(placed.step):
            if not (raw and "$" in text):
                yield (*placed.path, *field), text, frozenset(placed.shapes) | own


def _hint(positions: SourceMap, path: Path) -> str | None:
    """What to write when a comment of YAML has ended the text."""
    node = positions.node(path)
    if not isinstance(node, ScalarNode) or node.style or not node.plain:
        return None
    if _COMMENT.match(positions.source.text, node.end):
        return "in YAML ` #` begins a comment, which ended the command here: write it on the line after `shell: |`"
    return None
