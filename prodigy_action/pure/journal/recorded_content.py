"""An item as `results.json` has it, made of the text of its record, which is not checked a second time."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import BaseModel

from prodigy_action.model.events import ErrorRecord, FinishedState, JobPhase, MadeRef, PlannedItem, StepRecord, StepTry
from prodigy_action.model.json_value import parse_json
from prodigy_action.pure.journal.item_states import (
    conflict_of,
    executions_of,
    explain_state,
    landed_by,
    patch_of,
    reproduce_of,
    seconds_of,
)
from prodigy_action.pure.journal.packed_end import Execution
from prodigy_action.pure.journal.reducer import ItemHistory
from prodigy_action.pure.steps.agent_program import total_usage

UNCOMMITTED_MOST = 100
"""How many paths an item's result names of those that it did not commit."""


class _End(NamedTuple):
    state: FinishedState
    reason: str | None
    error: dict[str, Any] | None


def recorded_content(
    planned: PlannedItem, facts: ItemHistory, job: JobPhase, last_at: str, results_dir: str | None
) -> dict[str, Any]:
    """The fields of `ItemResult` as JSON values, in their order: what `model_dump` makes of the item.

    The record of its end was checked when it was written or read.
    """
    packed = facts.end
    record: dict[str, Any] = {} if packed is None else parse_json(packed.record.decode())  # type: ignore[assignment]  # a record is an object
    end = None if packed is None else _End(packed.state, record.get("reason"), record.get("error"))
    state, reason, error = explain_state(facts, job, end)
    conflict = conflict_of(facts)
    executions = executions_of(facts, last_at)
    agent = total_usage([each.agent for each in executions])
    return {
        "id": planned.id,
        "key": planned.key,
        "item": planned.item,
        "state": state,
        "reason": reason,
        "seconds": seconds_of(executions),
        "attempts": [_attempt(each) for each in executions],
        "commits": record.get("commits", []),
        "landed_by": landed_by(facts, state),
        "files_changed": record.get("files_changed", []),
        "uncommitted": record.get("uncommitted", [])[:UNCOMMITTED_MOST],
        "steps": [_step(step) for step in record.get("steps", [])],
        "refs": [{name: ref.get(name) for name in MadeRef.model_fields} for ref in record.get("refs", [])],
        "error": {**_ERROR, **error} if isinstance(error, dict) else _dumped(error),
        "conflict": _dumped(conflict),
        "log": record.get("log"),
        "patch": patch_of(facts, state, record.get("patch")),
        "agent": _dumped(agent),
        "reproduce": reproduce_of(results_dir, planned.id, state),
    }


def _attempt(each: Execution) -> dict[str, Any]:
    return {
        "number": each.number,
        "state": each.state,
        "started_at": each.started_at,
        "seconds": each.seconds,
        "slot": each.slot,
        "error": each.error,
        "conflict": _dumped(each.conflict),
        "agent": _dumped(each.agent),
    }


def _step(record: dict[str, Any]) -> dict[str, Any]:
    step = {**_STEP, **record}
    if step["tries"]:
        step["tries"] = [{**_TRY, **each} for each in step["tries"]]
    return step


def _dumped(value: BaseModel | None) -> dict[str, Any] | None:
    return None if value is None else value.model_dump()


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """What the fields hold that a record leaves out; None for those that it never does."""
    return {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
    }


_STEP, _TRY, _ERROR = _defaults(StepRecord), _defaults(StepTry), _defaults(ErrorRecord)
