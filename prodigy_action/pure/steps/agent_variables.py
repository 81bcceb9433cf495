"""The variables and the environment of one agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.model.workflow import Step
from prodigy_action.pure.steps.nested_steps import captured_names


def agent_variables(assignment: WorkAssignment, worktree_name: str, branch: str, total: int) -> dict[str, JsonValue]:
    """`${item…}`, `${agent.*}` and `${worker.id}` of one assignment."""
    return {
        "item": assignment.item,
        "item_json": compact_json(assignment.item),
        "item_id": f"item_{assignment.id}",
        "item_index": assignment.id,
        "item_total": total,
        "item_key": assignment.key,
        "agent": {"id": assignment.worktree_name, "worktree": worktree_name, "branch": branch},
        "worker": {"id": worktree_name},
    }


def agent_environ(assignment: WorkAssignment, item_file: str) -> dict[str, str]:
    """The environment variables with which an agent's commands find their item."""
    return {"PRODIGY_ITEM_FILE": item_file, "PRODIGY_ITEM_ID": f"item_{assignment.id}"}


def placed_variables(variables: Mapping[str, JsonValue], placed: Mapping[str, str]) -> dict[str, JsonValue]:
    """The variables of a run, with those that hold paths as they are in the worktree of an item (`placed`)."""
    if not placed:
        return dict(variables)
    environ = variables.get("env")
    inner: dict[str, JsonValue] = {"env": {**environ, **placed}} if isinstance(environ, Mapping) else {}
    return {**variables, **{name: value for name, value in placed.items() if name in variables}, **inner}


def captured_variables(steps: Sequence[Step], variables: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The variables that the `capture` fields of these steps set, at any depth, with their final values."""
    return {name: variables[name] for name in captured_names(steps) if name in variables}
