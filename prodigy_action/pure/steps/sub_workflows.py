"""The values that go into a sub-workflow, and those that come out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import SubWorkflow
from prodigy_action.pure.templates.interpolation import render_text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def input_value(value: JsonValue, variables: Mapping[str, JsonValue]) -> JsonValue:
    """A value as a sub-workflow sees it: a text with its placeholders replaced; the name of a variable is its value.

    Raises `ExpressionError` for a placeholder without a value.
    """
    if not isinstance(value, str):
        return value
    if _NAME.fullmatch(value) and value in variables:
        return variables[value]
    return render_text(value, variables)


def output_values(
    sub: SubWorkflow, variables: Mapping[str, JsonValue], *, succeeded: bool, output: str
) -> dict[str, JsonValue]:
    """The variables that later steps see: `NAME.success`, `NAME.output`, and the captures that `outputs` names."""
    updates: dict[str, JsonValue] = {f"{sub.name}.success": succeeded, f"{sub.name}.output": output}
    for name in sub.outputs:
        if name in variables:
            updates[f"{sub.name}.{name}"] = variables[name]
    return updates
