"""Steps inside steps, and the names they capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodigy_action.model.workflow import Step, Workflow


def steps_inside(step: Step) -> Iterator[Step]:
    """The steps of a step's loop, checks and handlers; each comes before the steps inside it."""
    groups = [step.on_success, *step.on_exit_code.values()]
    if step.on_failure is not None:
        groups.append(step.on_failure.steps)
    if step.retry is not None and step.retry.fallback is not None:
        groups.append((step.retry.fallback,))
    if step.foreach is not None:
        groups.append(step.foreach.steps)
    if step.workflow is not None:
        groups.append(step.workflow.steps)
    if step.validation is not None:
        groups.append(step.validation.steps)
        groups.append(step.validation.on_incomplete.steps if step.validation.on_incomplete is not None else ())
    for inner in (each for group in groups for each in group):
        yield inner
        yield from steps_inside(inner)


def all_steps(workflow: Workflow) -> tuple[tuple[Step, ...], ...]:
    """The step lists of a workflow: those of its phases, its agents, its handlers."""
    agent = workflow.map.agent_template if workflow.map is not None else ()
    phases = (workflow.setup.steps, agent, workflow.reduce.steps, workflow.merge.steps)
    return (*phases, *workflow.handlers.values())


def captured_names(steps: Sequence[Step]) -> Iterator[str]:
    """The names of all variables that the steps, and the steps inside them, capture."""
    for step in (each for outer in steps for each in (outer, *steps_inside(outer))):
        if step.capture is not None:
            yield step.capture
        if isinstance(step.capture_output, str):
            yield step.capture_output
        if step.workflow is not None:
            yield step.workflow.name
