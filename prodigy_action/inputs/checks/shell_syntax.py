"""Shell commands that cannot be parsed: found before anything runs, also when a comment of YAML cut them short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.checks.shell_texts import read_texts
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.located_tree import ScalarNode

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells

_REFERENCE = re.compile(r"[ \t]+(#\w+)")
_COMMENT = re.compile(r"[ \t]+#")


def check_syntax(workflow: Workflow, positions: SourceMap, parsed: ParsedShells) -> Iterator[tuple[Path, Diagnostic]]:
    """The commands that cannot be read, with their paths: errors when every shell refuses them, else warnings.

    `parsed` has the trees of the texts (`texts_to_parse`).
    """
    for path, text, roots in read_texts(workflow):
        from prodigy_action.pure.shell.safety.syntax_problems import find_syntax_problem

        problem = find_syntax_problem(text, roots, parsed)
        if problem is None:
            continue
        says = "the shell cannot read this command" if problem.certain else "a shell may not read this command"
        message = f"{says}: {problem.reason}"
        span = (problem.position, problem.position + 1)
        found = positions.diagnostic(path, message, hint=_hint(positions, path), code="shell-syntax", span=span)
        yield path, found if problem.certain else replace(found, severity="warning")


def cut_prompts(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    """A warning for each agent command from which YAML removed text such as `#12` as a comment."""
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


def _hint(positions: SourceMap, path: Path) -> str | None:
    """What to write when a comment of YAML ended the text."""
    node = positions.node(path)
    if not isinstance(node, ScalarNode) or node.style or not node.plain:
        return None
    if _COMMENT.match(positions.source.text, node.end):
        return "in YAML ` #` begins a comment, which ended the command here: write it on the line after `shell: |`"
    return None
