"""`${id.output}` and its like: the result of a step under the step's `id`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Step, Workflow
from prodigy_action.pure.steps.nested_steps import all_steps, captured_names, steps_inside
from prodigy_action.pure.templates.captured_names import BUILT_IN_ROOTS

RESULT_FIELDS = ("output", "stderr", "exit_code", "success", "duration")


def result_updates(step: Step, result: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The variables with the result of a step: `id.output`, `id.success` and so on; none without an `id`."""
    if step.id is None or step.id in BUILT_IN_ROOTS:
        return {}
    return {f"{step.id}.{field}": result[field] for field in RESULT_FIELDS}


def step_ids(steps: Sequence[Step]) -> Iterator[str]:
    """The ids, at any depth, that give names to results."""
    for step in (each for outer in steps for each in (outer, *steps_inside(outer))):
        if step.id is not None and step.id not in BUILT_IN_ROOTS:
            yield step.id


def mentioned_ids(workflow: Workflow) -> frozenset[str]:
    """The ids of steps whose results a text of the workflow mentions."""
    ids = {id for steps in all_steps(workflow) for id in step_ids(steps)}
    if not ids:
        return frozenset()
    text = workflow.model_dump_json(exclude_defaults=True)
    names = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
    return frozenset(re.findall(rf"(?<![\w.-])({names})\.(?:{'|'.join(RESULT_FIELDS)})\b", text))


def results_before(ids: Collection[str]) -> dict[str, JsonValue]:
    """The results of steps that have not run: nothing printed, no success."""
    nothing: dict[str, JsonValue] = {"output": "", "stderr": "", "exit_code": None, "success": False, "duration": 0}
    return {f"{id}.{field}": value for id in ids for field, value in nothing.items()}


def kept_results(
    steps: Sequence[Step], variables: Mapping[str, JsonValue], mentioned: Collection[str]
) -> dict[str, JsonValue]:
    """The results of these steps that later phases mention."""
    names = [f"{id}.{field}" for id in step_ids(steps) if id in mentioned for field in RESULT_FIELDS]
    return {name: variables[name] for name in names if name in variables}


def nested_values(steps: Sequence[Step], variables: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What the steps inside a step captured, with the further values of each capture (`name.exit_code`), and their
    results, for later steps.
    """
    names = {*captured_names(steps), *step_ids(steps)}
    return {name: value for name, value in variables.items() if name in names or name.rpartition(".")[0] in names}
