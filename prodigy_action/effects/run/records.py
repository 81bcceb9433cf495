"""Records of the phases that are not lists of steps: map and land."""

from __future__ import annotations

from typing import TypeVar

from prodigy_action.environment import RunEnv
from prodigy_action.model.events import ErrorRecord, PhaseFinished, PhaseName, PhaseStarted, PhaseState
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.steps.git_context import merge_variables
from prodigy_action.runtime import Effect, Failed, effect, value_of

T = TypeVar("T")


def recorded_phase(name: PhaseName, work: Effect[T, RunEnv]) -> Effect[T, RunEnv]:
    """`work` with a record of its start and of its end."""

    async def run(env: RunEnv) -> T:
        await env.storage.append(PhaseStarted(phase=name))
        env.log.info("phase_started", phase=name)
        started = env.clock.monotonic()
        outcome = await work.attempt().run(env)
        state: PhaseState = "succeeded"
        problem = None
        if isinstance(outcome, Failed):
            state = "failed"
            problem = ErrorRecord(kind=type(outcome.error).__name__, message=str(outcome.error))
        seconds = round(env.clock.monotonic() - started, 3)
        await env.storage.append(PhaseFinished(phase=name, state=state, seconds=seconds, error=problem))
        env.log.info("phase_finished", phase=name, state=state, seconds=seconds)
        return value_of(outcome)

    return Effect(run)


@effect
async def map_variables_effect(env: RunEnv) -> dict[str, JsonValue]:
    """`${map.*}` of everything that is recorded so far; nothing when no step follows that could use it."""
    return env.map_summary() if env.workflow.reduce.steps or env.workflow.merge.steps else {}


@effect
async def merge_variables_effect(env: RunEnv) -> dict[str, JsonValue]:
    """`${merge.*}`: the result of the run so far, before the merge steps."""
    worktree = env.repository.parent_worktree
    changes = await env.git.changes(worktree.path, worktree.base)
    commits = await env.git.commits(worktree.path, worktree.base)
    return merge_variables(changes, commits, run_id=env.run_id, target_branch=env.target_branch, worktree=worktree)
