"""Which names of a workflow are secret, and the values for them that are known without running anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodigy_action.model.json_value import JsonValue, parse_json
from prodigy_action.model.workflow import Workflow
from prodigy_action.pure.steps.nested_steps import all_steps, steps_inside
from prodigy_action.pure.templates.interpolation import render_value


def secret_names(workflow: Workflow) -> frozenset[str]:
    """The names under `secrets`, and those of `env` with `secret: true`: each of their values is masked, wherever it
    comes from.
    """
    return frozenset({*workflow.secrets, *(name for name, value in workflow.env.items() if value.secret)})


def written_secrets(workflow: Workflow, given: Mapping[str, str]) -> Iterator[str]:
    """Values for secret names in the workflow file (`env`, also that of a step, every profile, defaults of parameters),
    and in `given`, the parameters of the run; of lists and objects, also each text inside.
    """
    steps = [step for outer in all_steps(workflow) for each in outer for step in (each, *steps_inside(each))]
    for name in secret_names(workflow):
        source, parameter = workflow.env.get(name), workflow.parameters.get(name)
        if source is not None:
            yield from (text for text in (source.value, source.when_true, source.when_false) if text is not None)
        yield from (step.env[name] for step in steps if name in step.env)
        yield from (profile[name] for profile in workflow.profiles.values() if name in profile)
        if parameter is not None and parameter.default is not None:
            yield from _texts(parameter.default)
        if name in given:
            yield from _texts(given[name])


def _texts(written: str) -> Iterator[str]:
    yield written
    try:
        value: JsonValue = parse_json(written)
    except (ValueError, RecursionError):
        return
    yield render_value(value)
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            left += each.values()
        elif isinstance(each, list):
            left += each
