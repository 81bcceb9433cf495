"""Reduce and the merge steps: on the merged tree, with `${map.*}`."""

from __future__ import annotations

from prodigy_action.environment import PhaseEnv
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Phase
from prodigy_action.phases.setup import execute_phase_commands
from prodigy_action.runtime import Effect


def execute_reduce_commands(phase: Phase) -> Effect[dict[str, JsonValue], PhaseEnv]:
    """Reduce; it runs with zero items too."""
    return execute_phase_commands("reduce", phase)


def execute_merge_commands(phase: Phase) -> Effect[dict[str, JsonValue], PhaseEnv]:
    """The workflow's `merge:` steps, which check or finish the merged result."""
    return execute_phase_commands("merge", phase)
