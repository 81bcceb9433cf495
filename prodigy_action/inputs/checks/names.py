"""Names that must exist elsewhere in the same file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_action.errors import Diagnostic
from prodigy_action.inputs.checks.located_steps import workflow_steps
from prodigy_action.inputs.documents.diagnostics import suggest

if TYPE_CHECKING:
    from prodigy_action.inputs.documents.located import SourceMap
    from prodigy_action.model.workflow import Step, Workflow


OF_SETUP = 3
"""The length of the path of a step of setup that is in no other step."""


def check_names(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """Custom failure handlers, the `needs` of steps, and where `keep_running` stands."""
    problems = [*_check_handler(workflow, positions), *_check_kept(workflow, positions)]
    for phase in ("setup", "reduce", "merge"):
        problems += _check_needs(phase, getattr(workflow, phase).steps, positions)
    return problems


def check_defaults(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """An error for each default value that does not have the type of its parameter."""
    found: list[Diagnostic] = []
    for name, parameter in workflow.parameters.items():
        from prodigy_action.pure.steps.workflow_variables import typed_value

        try:
            typed_value(parameter.default or "", parameter)
        except ValueError:
            if parameter.default is not None:
                message = f"the parameter `{name}` is {parameter.default!r}, which is no {parameter.type}"
                hint = f"write a value of type {parameter.type}"
                found.append(positions.diagnostic(("parameters", name, "default"), message, hint=hint))
    return found


def missing_outputs(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    """A warning for each output of a sub-workflow that none of its steps captures."""
    from prodigy_action.pure.steps.nested_steps import captured_names

    found: list[Diagnostic] = []
    for placed in workflow_steps(workflow):
        sub = placed.step.workflow
        known = set(captured_names(sub.steps)) if sub is not None else set()
        for index, name in enumerate(sub.outputs if sub is not None else ()):
            if name not in known:
                guess = suggest(name, known)
                hint = f"did you mean `{guess}`?" if guess else f"write `capture: {name}` at the step that prints it"
                message = f"no step of the sub-workflow captures `{name}`"
                path = (*placed.path, "workflow", "outputs", index)
                found.append(
                    replace(positions.diagnostic(path, message, hint=hint, code="unknown-name"), severity="warning")
                )
    return found


def _check_handler(workflow: Workflow, positions: SourceMap) -> list[Diagnostic]:
    policy = workflow.error_policy
    if policy.on_item_failure != "custom" or policy.custom_handler in workflow.handlers:
        return []
    if policy.custom_handler is None:
        hint = "write `custom:NAME`, and the steps under `handlers: {NAME: […]}`"
        return [positions.diagnostic(("error_policy", "on_item_failure"), "`custom` names no handler", hint=hint)]
    guess = suggest(policy.custom_handler, workflow.handlers)
    hint = (
        f"did you mean `{guess}`?" if guess else f"write the steps under `handlers: {{{policy.custom_handler}: […]}}`"
    )
    message = f"there is no handler `{policy.custom_handler}`"
    return [positions.diagnostic(("error_policy", "custom_handler"), message, hint=hint, code="unknown-name")]


def _check_kept(workflow: Workflow, positions: SourceMap) -> Iterator[Diagnostic]:
    for placed in workflow_steps(workflow):
        at_setup = placed.path[:2] == ("setup", "steps") and len(placed.path) == OF_SETUP
        if placed.step.keep_running and not (at_setup and placed.step.shell is not None):
            yield positions.diagnostic(
                (*placed.path, "keep_running"),
                "`keep_running` is for `shell` steps of setup, outside of other steps",
                hint="start the service in a step of `setup`",
                code="misplaced",
            )


def _check_needs(phase: str, steps: Sequence[Step], positions: SourceMap) -> list[Diagnostic]:
    if all(step.id is None and not step.needs for step in steps):
        return []
    from prodigy_action.pure.dependency_analysis.command import Command
    from prodigy_action.pure.dependency_analysis.declared import find_declaration_problems

    found: list[Diagnostic] = []
    for problem in find_declaration_problems([Command(None, id=step.id, needs=step.needs) for step in steps]):
        path: tuple[str | int, ...] = (phase, "steps", problem.index, problem.field)
        if problem.field == "needs":
            path = (*path, problem.entry)
        found.append(positions.diagnostic(path, problem.message, hint=problem.hint, code="unknown-name"))
    return found
