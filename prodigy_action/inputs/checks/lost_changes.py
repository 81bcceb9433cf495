"""A map whose steps change files although nothing commits: what they change is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import LocatedStep, workflow_steps
from prodigy_action.inputs.documents.located import Path, SourceMap
from prodigy_action.pure.text.cutting import cut

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Workflow

_LENGTH = 20_000
"""Longer texts are not looked at."""
MARKERS = (
    *(">", "sed", "perl", "tee", "touch", "cp", "mv", "patch", "git", "ruff", "black", "isort", "prettier", "eslint"),
    *("go", "fmt", "clang", "py", "terraform", "cargo"),
)
"""A text that changes files has one of them: others are not read, which keeps the start of a run fast."""


def find_lost_changes(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """A warning at the first step of the map that changes files, when no step commits and the map does not either.

    There is none with a `claude` step: whether its program commits depends on its prompt, and the run reports what it
    left.
    """
    phase = workflow.map
    if phase is None or phase.isolation == "none" or phase.commit != "as-made":
        return []
    handler = ("handlers", workflow.error_policy.custom_handler)
    placed = [each for each in workflow_steps(workflow) if each.path[0] == "map" or each.path[:2] == handler]
    if any(map(_says_commit, placed)) or not any(map(_may_write, placed)) or any(map(_may_commit, placed)):
        return []
    texts = "\n".join(each.step.shell or "" for each in placed)
    found = next((edit for each in placed for edit in _edits(each, texts)), None)
    if found is None:
        return []
    path, what, span = found
    message = f"the steps change files (`{cut(what, 40)}`), but nothing commits them: the changes do not land"
    hint = "write `commit: auto` in `map`, or commit in a step"
    diagnostic = positions.diagnostic(path, message, hint=hint, code="lost-changes", span=span)
    return [replace(diagnostic, severity="warning")]


def _says_commit(placed: LocatedStep) -> bool:
    step = placed.step
    return step.claude is not None or "commit" in step.model_dump_json(exclude_defaults=True)


def _may_write(placed: LocatedStep) -> bool:
    step = placed.step
    if step.write_file is not None or step.output_file is not None or step.writes:
        return True
    return step.shell is not None and any(marker in step.shell for marker in MARKERS)


def _may_commit(placed: LocatedStep) -> bool:
    from prodigy_action.pure.shell.edits import may_commit

    shell = placed.step.shell
    return shell is not None and (len(shell) > _LENGTH or may_commit(shell))


def _edits(placed: LocatedStep, texts: str) -> Iterator[tuple[Path, str, tuple[int, int] | None]]:
    from prodigy_action.pure.shell.edits import find_edits

    step, path = placed.step, placed.path
    if step.write_file is not None:
        yield (*path, "write_file"), step.write_file.path, None
    if step.output_file is not None:
        yield (*path, "output_file"), step.output_file, None
    declared = [each for each in step.writes or () if not each.startswith("$")]
    if declared:
        yield (*path, "writes"), declared[0], None
    if step.shell is not None and step.writes is None:
        for edit in find_edits(step.shell):
            if not edit.target or not re.search(rf"\brm\b[^\n]*{re.escape(edit.target)}", texts):
                yield (*path, "shell"), edit.what, (edit.start, edit.end)
