"""`map.isolation: none`: what cannot work in a worktree that all items share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import LocatedStep, workflow_steps
from prodigy_action.inputs.documents.located import Path, SourceMap

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Step, Workflow
    from prodigy_action.pure.shell.syntax.tree import ParsedShells

_SHARED = "with `isolation: none` items share one worktree and may change nothing in it"
_KEEP = "remove it, or remove `isolation: none`"


def check_isolation(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """An error for everything that asks for commits of items that share a worktree."""
    if workflow.map is None or workflow.map.isolation == "worktree":
        return []
    places: list[Path] = []
    if workflow.map.commit != "as-made":
        places.append(("map", "commit"))
    if workflow.map.on_conflict != "dlq":
        places.append(("map", "on_conflict"))
    places += [place for placed in _of_items(workflow) for place in _committing(placed)]
    return [_refusal(place, positions) for place in places]


def find_writes(workflow: Workflow, positions: SourceMap, parsed: ParsedShells) -> list[Diagnostic]:
    """A warning for each step of items that share a worktree and that certainly writes in it."""
    if workflow.map is None or workflow.map.isolation == "worktree":
        return []
    found = []
    for placed in _of_items(workflow):
        for field, written in _writes(placed.step, parsed):
            message = f"the step writes {written!r} in the worktree: {_SHARED}"
            hint = "write outside of the worktree, such as in $TMPDIR, or remove `isolation: none`"
            diagnostic = positions.diagnostic((*placed.path, field), message, hint=hint, code="writes-shared")
            found.append(replace(diagnostic, severity="warning"))
    return found


def _of_items(workflow: Workflow) -> Iterator[LocatedStep]:
    handler = ("handlers", workflow.error_policy.custom_handler)
    for placed in workflow_steps(workflow):
        if placed.path[0] == "map" or placed.path[:2] == handler:
            yield placed


def _committing(placed: LocatedStep) -> Iterator[Path]:
    step, path = placed.step, placed.path
    for name in ("commit_required", "auto_commit"):
        if getattr(step, name):
            yield (*path, name)
    if step.commit_config is not None:
        yield (*path, "commit_config")
    if step.on_failure is not None and step.on_failure.commit_required:
        yield (*path, "on_failure", "commit_required")
    again = step.validation.on_incomplete if step.validation is not None else None
    if again is not None and again.commit_required:
        yield (*path, "validate", "on_incomplete", "commit_required")


def _refusal(place: Path, positions: SourceMap) -> Diagnostic:
    return positions.diagnostic(place, f"`{place[-1]}` cannot work: {_SHARED}", hint=_KEEP, code="shared-worktree")


def _writes(step: Step, parsed: ParsedShells) -> Iterator[tuple[str, str]]:
    if step.write_file is not None:
        yield "write_file", step.write_file.path
    if step.output_file is not None:
        yield "output_file", step.output_file
    if step.shell is None and not step.writes:
        return
    from prodigy_action.pure.dependency_analysis.batches import command_of
    from prodigy_action.pure.dependency_analysis.step_footprint import footprint_of

    command = replace(command_of(step), sequential=False, output_file=None)
    footprint = footprint_of(command, parsed)
    if footprint.barrier is None and footprint.path_writes:
        yield "writes" if step.writes else "shell", min(footprint.path_writes)
