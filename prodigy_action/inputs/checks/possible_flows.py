"""Warnings about values that may become code after they were placed safely, in place, with where the value stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.shell_texts import shell_texts
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.inputs.documents.located_tree import ScalarNode

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells

_HINT = (
    "pass the value as an argument; if it is meant to run, write `# prodigy: trusted` at the end of this line, "
    "or on a line of its own above"
)


def possible_flows(
    workflow: Workflow, own: frozenset[str], positions: SourceMap, parsed: ParsedShells, skipped: Collection[Path]
) -> Iterator[Diagnostic]:
    """A warning for each place that may run a value; the texts at the paths `skipped` have other problems."""
    for shell, step in shell_texts(workflow, own=own):
        if step.interpolation == "raw" or shell.path in skipped or _is_trusted(shell.path, positions):
            continue
        from prodigy_action.pure.shell.flows.find import find_flows

        flows = find_flows(
            shell.text,
            shell.roots,
            parsed,
            interpreter=shell.interpreter,
            names=shell.names,
            trusted=shell.trusted,
        )
        for flow in flows:
            source = positions.diagnostic(shell.path, "", span=flow.source)
            place = (
                "" if source.position is None else f" (line {source.position.line}, column {source.position.column})"
            )
            message = f"the value of {flow.value!r}{place} may run as code: {flow.what}"
            found = positions.diagnostic(shell.path, message, hint=_HINT, code=flow.code, span=flow.sink)
            yield replace(found, severity="warning")


def _is_trusted(path: Path, positions: SourceMap) -> bool:
    """Whether a comment of YAML behind a text on one line, or on a line of its own above it, says so."""
    node, text = positions.node(path), positions.source.text
    if not isinstance(node, ScalarNode) or "\n" in text[node.start : node.end]:
        return False
    from prodigy_action.pure.shell.flows.trusted import says_trusted

    begins = text.rfind("\n", 0, node.start) + 1
    above = text[text.rfind("\n", 0, max(0, begins - 1)) + 1 : begins].strip()
    behind = text[node.end :].partition("\n")[0].strip()
    return any(comment.startswith("#") and says_trusted(comment) for comment in (behind, above))
