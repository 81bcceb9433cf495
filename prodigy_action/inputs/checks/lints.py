"""Warnings of `validate` for valid workflows: values that other programs read as code, steps that run alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import named_values, workflow_steps
from prodigy_action.inputs.checks.shell_texts import COMPARED_STEPS, shell_texts
from prodigy_action.inputs.documents.located import SourceMap
from prodigy_action.model.workflow import Step, Workflow
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.templates.captured_names import BUILT_IN_ROOTS


def lint_workflow(workflow: Workflow, positions: SourceMap, parsed: ParsedShells) -> list[Diagnostic]:
    """The warnings, each with its place; `parsed` has the trees of the shell texts (`texts_to_parse`)."""
    found = [
        *_lint_values(workflow, positions, parsed),
        *_lint_raw(workflow, positions),
        *_lint_ids(workflow, positions),
    ]
    for phase in ("setup", "reduce", "merge"):
        found.extend(_lint_order(phase, getattr(workflow, phase).steps, workflow, positions, parsed))
    return [replace(each, severity="warning") for each in found]


def _lint_values(workflow: Workflow, positions: SourceMap, parsed: ParsedShells) -> Iterator[Diagnostic]:
    for shell, step in shell_texts(workflow, own=named_values(workflow)):
        if step.interpolation == "raw":
            continue
        from prodigy_action.pure.shell.safety.lints import lint_shell

        for finding in lint_shell(shell.text, shell.roots, parsed, shell.trusted, interpreter=shell.interpreter):
            span = (finding.start, finding.end)
            yield positions.diagnostic(shell.path, finding.message, hint=finding.hint, code=finding.code, span=span)


def _lint_raw(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    for placed in workflow_steps(workflow):
        if placed.step.interpolation == "raw":
            yield positions.diagnostic(
                (*placed.path, "interpolation"),
                "values are pasted into the command as shell code: whoever writes a value decides what runs",
                hint="remove `interpolation: raw` unless the values are meant as code",
                code="raw-interpolation",
            )


def _lint_ids(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    for placed in workflow_steps(workflow):
        id = placed.step.id
        if id in BUILT_IN_ROOTS:
            message = f"the result of this step has no name: `${{{id}.…}}` means something else"
            hint = "choose another `id`"
            yield positions.diagnostic((*placed.path, "id"), message, hint=hint, code="reserved-id")


def _lint_order(
    phase: str, steps: Sequence[Step], workflow: Workflow, positions: SourceMap, parsed: ParsedShells
) -> Iterator[Diagnostic]:
    if not 2 <= len(steps) <= COMPARED_STEPS:
        return
    from prodigy_action.pure.dependency_analysis.batches import commands_of, could_run_beside

    for index, program in could_run_beside(commands_of(steps, workflow.retry_defaults), parsed):
        yield positions.diagnostic(
            (phase, "steps", index, "shell"),
            f"the step runs alone: {program}",
            hint="say what it `reads` and `writes` (files, or `[]` for none), and it may run beside other steps",
            code="undeclared-footprint",
        )
