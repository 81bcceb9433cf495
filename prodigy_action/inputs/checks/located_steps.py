"""Every step of a workflow, at any depth, with its path and the variables that may be known there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from prodigy_action.dataclass import dataclass
from prodigy_action.inputs.documents.located import Path
from prodigy_action.pure.templates.captured_names import BUILT_IN_ROOTS

if TYPE_CHECKING:
    from prodigy_action.model.workflow import Step, Workflow
    from prodigy_action.pure.templates.interpolation import Shape


def _names(*names: str) -> Mapping[str, Shape]:
    return {name: {} for name in names}


_GIT: Mapping[str, Shape] = {
    **dict.fromkeys(("files_added", "files_modified", "files_deleted", "files_changed", "commits")),
    **_names("commit_count", "insertions", "deletions"),
}
_OUTPUT = _names("output", "stderr", "exit_code", "success", "duration")
_COMMON: Mapping[str, Shape] = {
    "shell": _OUTPUT,
    "claude": _OUTPUT,
    "last": _OUTPUT,
    "step": {**_GIT, **_names("name", "index")},
    "workflow": {**_GIT, **_names("name", "id", "iteration")},
    "env": None,
    "validation": None,  # a check may report fields of its own
}
_ITEM: Mapping[str, Shape] = {
    "item": None,
    **_names("item_json", "item_id", "item_index", "item_total", "item_key"),
    "agent": _names("id", "worktree", "branch"),
    "worker": _names("id"),
}
_MAP: Mapping[str, Shape] = {
    "map": {
        **_names("successful", "failed", "total", "success_count", "failure_count", "success_rate"),
        **_names("average_duration_secs", "total_duration_secs", "results_json"),
        **dict.fromkeys(("results", "results_array")),
    }
}
_MERGE: Mapping[str, Shape] = {
    "merge": {
        **_names("source_branch", "target_branch", "worktree", "session_id", "commit_count", "file_count"),
        **dict.fromkeys(("commits", "commit_ids", "modified_files", "file_list")),
    }
}
_ERROR: Mapping[str, Shape] = {"error": _names("message", "exit_code", "step")}
_LOOP: Mapping[str, Shape] = {"item": None, "index": {}, "total": {}}


@dataclass(frozen=True, slots=True)
class LocatedStep:
    """A step, its path, and the names that may follow each root that is known there; `None` allows any name.

    `env` has the texts of the step's own variables and of those around it.
    """

    path: Path
    step: Step
    shapes: Mapping[str, Shape]
    env: Mapping[str, str] = field(default_factory=dict)


def named_values(workflow: Workflow) -> frozenset[str]:
    """Names that captures and parameters define; they may hide a root of the product."""
    names = set(workflow.parameters)
    for phase in (workflow.setup, workflow.reduce, workflow.merge):
        names.update(phase.capture_outputs)
    for placed in workflow_steps(workflow):
        if placed.step.capture is not None:
            names.add(placed.step.capture)
        if isinstance(placed.step.capture_output, str):
            names.add(placed.step.capture_output)
        if placed.step.workflow is not None:
            names.add(placed.step.workflow.name)
    return frozenset(name.partition(".")[0] for name in names)


def result_shapes(workflow: Workflow) -> Mapping[str, Shape]:
    """What may follow the id of a step, for ids that no capture or parameter has as its name; each with a dot."""
    own = named_values(workflow)
    ids = {placed.step.id for placed in workflow_steps(workflow)}
    return {f"{id}.": _OUTPUT for id in ids if id is not None and id not in own | BUILT_IN_ROOTS}


def workflow_steps(workflow: Workflow) -> Iterator[LocatedStep]:
    """All steps in the order of the phases, each before the steps inside it."""
    yield from _each(("setup", "steps"), workflow.setup.steps, _COMMON)
    if workflow.map is not None:
        yield from _each(("map", "agent_template"), workflow.map.agent_template, {**_COMMON, **_ITEM})
    for name, handler in workflow.handlers.items():
        yield from _each(("handlers", name), handler, {**_COMMON, **_ITEM, **_ERROR})
    yield from _each(("reduce", "steps"), workflow.reduce.steps, {**_COMMON, **_MAP})
    yield from _each(("merge", "steps"), workflow.merge.steps, {**_COMMON, **_MAP, **_MERGE})


def exported_names(workflow: Workflow) -> frozenset[str]:
    """The variables that the workflow itself gives to every command, and no parameter of it changes."""
    return workflow.variables - frozenset(workflow.parameters)


def _each(
    path: Path, steps: Sequence[Step], shapes: Mapping[str, Shape], around: Mapping[str, str] | None = None
) -> Iterator[LocatedStep]:
    for index, step in enumerate(steps):
        yield from _inside((*path, index), step, shapes, around or {})


def _inside(path: Path, step: Step, shapes: Mapping[str, Shape], around: Mapping[str, str]) -> Iterator[LocatedStep]:
    env = {**around, **step.env} if step.env else around
    yield LocatedStep(path, step, shapes, env)
    if step.on_failure is not None:
        yield from _each((*path, "on_failure", "steps"), step.on_failure.steps, {**shapes, **_ERROR}, env)
    yield from _each((*path, "on_success"), step.on_success, shapes, env)
    for code, steps in step.on_exit_code.items():
        yield from _each((*path, "on_exit_code", str(code)), steps, {**shapes, **_ERROR}, env)
    if step.retry is not None and step.retry.fallback is not None:
        yield from _inside((*path, "retry", "fallback"), step.retry.fallback, {**shapes, **_ERROR}, env)
    if step.foreach is not None:
        yield from _each((*path, "foreach", "steps"), step.foreach.steps, {**shapes, **_LOOP}, env)
    if step.workflow is not None:
        own = dict.fromkeys([*step.workflow.values, *step.workflow.env])
        yield from _each(
            (*path, "workflow", "steps"), step.workflow.steps, {**shapes, **own}, {**env, **step.workflow.env}
        )
    if step.validation is not None:
        inner = (*path, "validate")
        yield from _each((*inner, "steps"), step.validation.steps, shapes, env)
        if step.validation.on_incomplete is not None:
            yield from _each((*inner, "on_incomplete", "steps"), step.validation.on_incomplete.steps, shapes, env)
