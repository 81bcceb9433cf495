"""Steps inside steps, and the names they capture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Step


def inner_steps(step: Step) -> Iterator[Step]:
    """The steps that a step holds directly: of its loop, its checks, its handlers."""
    if step.foreach is not None:
        yield from step.foreach.steps
    if step.validation is not None:
        yield from step.validation.steps
        if step.validation.on_incomplete is not None:
            yield from step.validation.on_incomplete.steps
    if step.on_failure is not None:
        yield from step.on_failure.steps
    for steps in step.on_exit_code.values():
        yield from steps
    yield from step.on_success
    if step.retry is not None and step.retry.fallback is not None:
        yield step.retry.fallback


def captured_names(steps: Sequence[Step]) -> Iterator[str]:
    """Every name that steps, and the steps inside them, give to what they print."""
    for step in steps:
        if step.capture is not None:
            yield step.capture
        if isinstance(step.capture_output, str):
            yield step.capture_output
        yield from captured_names(tuple(inner_steps(step)))


def nested_captures(steps: Sequence[Step], variables: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What steps inside a step captured, with the facts that belong to each (`name.exit_code`), for those after it."""
    names = set(captured_names(steps))
    return {name: value for name, value in variables.items() if name in names or name.rpartition(".")[0] in names}
