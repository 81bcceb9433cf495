"""One item of an ended run, executed once more, from the same commit and with the same values."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.effects.commands import execute_commands_effect
from prodigy_action.effects.items.reproduction import Again, reproducing_env, start_from_recorded_effect
from prodigy_action.effects.run.environments import MapWork, map_env
from prodigy_action.effects.run.parent_branch import bring_carried_effect, commit_setup_effect, prepare_pool_effect
from prodigy_action.effects.run.resuming import (
    begin_resumed_map_effect,
    restore_start_effect,
    why_setup_repeats_effect,
)
from prodigy_action.effects.worktree import create_worktree_effect, release_worktree_effect
from prodigy_action.environment import MapEnv, MapRepository, RunEnv
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.git import Worktree
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Workflow
from prodigy_action.phases.map import RELEASE_SECONDS, execute_agent
from prodigy_action.phases.run import run_setup
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import Effect, asks, bracket


def reproduce_item(workflow: Workflow, phase: MapPhase, plan: ResumePlan, again: Again) -> Effect[object, RunEnv]:
    """Execute the one item that the plan runs again; raises its failure.

    Setup is repeated only when its recorded result cannot be used, as when a run is resumed.
    """

    def reach(why: str | None) -> Effect[Mapping[str, JsonValue], RunEnv]:
        reached = restore_start_effect(plan) if why is None else run_setup(workflow.setup)
        return reached.and_then(
            lambda captured: commit_setup_effect().and_then(lambda _: start_from_recorded_effect(plan, again, captured))
        )

    return (
        bring_carried_effect(phase)
        .and_then(lambda _: why_setup_repeats_effect(plan))
        .and_then(reach)
        .and_then(lambda variables: execute_from_start(phase, variables, plan, again))
    )


def execute_from_start(
    phase: MapPhase, variables: Mapping[str, JsonValue], plan: ResumePlan, again: Again
) -> Effect[object, RunEnv]:
    """The item, from where the parent worktree is."""

    def begin(repository: MapRepository) -> Effect[MapWork, RunEnv]:
        planned = len(plan.earlier.planned.items)
        found = begin_resumed_map_effect(repository, phase, variables, plan)
        return found.map(lambda assignments: MapWork(repository, assignments, planned, plan))

    def execute(work: MapWork) -> Effect[object, RunEnv]:
        def environment(env: RunEnv) -> MapEnv:
            return reproducing_env(map_env(env, phase, variables, work), again)

        (assignment,) = work.assignments
        item = execute_agent(assignment) if again.steps.whole else execute_steps(assignment)
        return asks(environment).and_then(lambda agents: item.provide(lambda _: agents))

    return (
        prepare_pool_effect(phase, 1)
        .and_then(begin)
        .and_then(execute)
        .provide(lambda env: env.with_map_resolved(variables))
    )


def execute_steps(assignment: WorkAssignment) -> Effect[object, MapEnv]:
    """Some steps of an item: what they committed is not checked and not collected."""

    def work(worktree: Worktree) -> Effect[object, MapEnv]:
        return execute_commands_effect(assignment, worktree)

    return bracket(
        create_worktree_effect(assignment.worktree_name), work, release_worktree_effect, grace_seconds=RELEASE_SECONDS
    )
