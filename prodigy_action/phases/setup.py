"""Setup: independent steps side by side, in the parent worktree, before the map."""

from __future__ import annotations

from prodigy_action.effects.run.phase_steps import run_phase_effect
from prodigy_action.environment import PhaseEnv
from prodigy_action.model.events import PhaseName
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import Phase
from prodigy_action.runtime import Effect, pure, within


def execute_phase_commands(name: PhaseName, phase: Phase) -> Effect[dict[str, JsonValue], PhaseEnv]:
    """The steps of a phase in batches: steps that are proved or declared independent run side by side."""
    if not phase.steps:
        return within(PhaseEnv, pure({}))
    return run_phase_effect(name)


def execute_setup_commands(phase: Phase) -> Effect[dict[str, JsonValue], PhaseEnv]:
    """Setup; returns the variables that it captured."""
    return execute_phase_commands("setup", phase)
