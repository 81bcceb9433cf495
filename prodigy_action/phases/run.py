"""A whole run: setup → plan → map → land → reduce → merge steps → publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from prodigy_action.effects.environments import map_env, phase_env, rerun_env
from prodigy_action.effects.parent_branch import (
    advance_parent_effect,
    bring_carried_effect,
    commit_setup_effect,
    prepare_pool_effect,
    start_from_landed_effect,
)
from prodigy_action.effects.planning import record_plan_effect, select_work_effect
from prodigy_action.effects.publishing import publish_effect, report_uncommitted_effect
from prodigy_action.effects.run_records import map_variables_effect, merge_variables_effect, recorded_phase
from prodigy_action.environment import MapEnv, PhaseEnv, RunEnv
from prodigy_action.model.git import Publication
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import Selection, WorkAssignment
from prodigy_action.model.workflow import MapPhase, Phase, Workflow
from prodigy_action.phases.map import distribute_work, land_all, rerun_item
from prodigy_action.phases.reduce import execute_merge_commands, execute_reduce_commands
from prodigy_action.phases.setup import execute_setup_commands
from prodigy_action.runtime import Effect, pure, sequence, within

Variables: TypeAlias = Mapping[str, JsonValue]


def run_workflow(workflow: Workflow) -> Effect[Publication, RunEnv]:
    """The run. What landed is published; when setup, reduce or the merge steps fail, only the branch holds it."""
    return (
        bring_carried_effect(workflow.map)
        .and_then(lambda _: run_setup(workflow.setup))
        .and_then(lambda variables: run_after_setup(workflow, variables))
        .tap_error(lambda error: publish_effect(move_checkout=False, reason=str(error)))
        .and_then(lambda _: publish_effect())
    )


def run_after_setup(workflow: Workflow, variables: Variables) -> Effect[Variables, RunEnv]:
    """Everything between setup and publishing; what it leaves uncommitted is reported."""

    def phases(left_by_setup: frozenset[str]) -> Effect[Variables, RunEnv]:
        return (
            run_map_and_reduce(workflow, variables)
            .and_then(lambda reached: run_merge_steps(workflow.merge, reached))
            .tap(lambda _: report_uncommitted_effect(left_by_setup))
        )

    return commit_setup_effect().and_then(phases)


def run_setup(phase: Phase) -> Effect[Variables, RunEnv]:
    """Setup in the parent worktree; the variables it captured."""
    return in_phase(execute_setup_commands(phase), phase, {})


def run_map_and_reduce(workflow: Workflow, variables: Variables) -> Effect[Variables, RunEnv]:
    """Map, land and reduce; a standard workflow has none of them."""
    phase = workflow.map
    if phase is None:
        return within(RunEnv, pure(variables))

    def settled(env: RunEnv) -> RunEnv:
        return env if env.settle_map is None else env.settle_map(variables)

    return (
        select_work_effect(phase, variables)
        .and_then(lambda selection: run_map(phase, variables, selection))
        .and_then(lambda _: map_variables_effect())
        .and_then(lambda summary: run_reduce(workflow.reduce, {**variables, **summary}))
        .provide(settled)
    )


def run_map(phase: MapPhase, variables: Variables, selection: Selection) -> Effect[str, RunEnv]:
    """The map over the selected items and the landing of their commits; the merged head."""
    planned = len(selection.assignments)

    def agents(assignments: list[WorkAssignment]) -> Effect[str, RunEnv]:
        shared: list[MapEnv] = []

        def environment(env: RunEnv) -> MapEnv:
            if not shared:
                shared.append(map_env(env, phase, variables, assignments, planned))
            return shared[0]

        def rerun(conflicting: tuple[tuple[int, int], ...]) -> Effect[object, RunEnv]:
            return rerun_on_landed(assignments, conflicting, environment)

        mapped = recorded_phase("map", distribute_work(assignments).provide(environment))
        landed = land_all().provide(environment).and_then(rerun).and_then(lambda _: advance_parent_effect())
        return mapped.and_then(lambda _: recorded_phase("land", landed))

    return (
        prepare_pool_effect(phase, planned)
        .and_then(lambda start: record_plan_effect(selection, start))
        .and_then(agents)
    )


def rerun_on_landed(
    assignments: Sequence[WorkAssignment],
    conflicting: Sequence[tuple[int, int]],
    environment: Callable[[RunEnv], MapEnv],
) -> Effect[object, RunEnv]:
    """With `on_conflict: rerun`: the conflicting items again, one by one, each on top of what has landed."""
    by_id = {assignment.id: assignment for assignment in assignments}
    ids = [item_id for item_id, _ in conflicting]
    shared: list[MapEnv] = []

    def alone(env: RunEnv) -> MapEnv:
        if not shared:
            shared.append(rerun_env(env, environment(env), ids))
        return shared[0]

    def again(item_id: int, number: int) -> Effect[object, RunEnv]:
        return start_from_landed_effect().and_then(lambda _: rerun_item(by_id[item_id], number).provide(alone))

    return sequence([again(item_id, number) for item_id, number in conflicting])


def run_reduce(phase: Phase, variables: Variables) -> Effect[Variables, RunEnv]:
    """Reduce; what it captured joins the variables."""
    return in_phase(execute_reduce_commands(phase), phase, variables).map(lambda captured: {**variables, **captured})


def run_merge_steps(phase: Phase, variables: Variables) -> Effect[Variables, RunEnv]:
    """The workflow's `merge:` steps."""
    if not phase.steps:
        return within(RunEnv, pure(variables))
    return merge_variables_effect().and_then(
        lambda told: in_phase(execute_merge_commands(phase), phase, {**variables, **told})
    )


def in_phase(
    work: Effect[dict[str, JsonValue], PhaseEnv], phase: Phase, variables: Variables
) -> Effect[Variables, RunEnv]:
    """`work` with the environment of a phase made from that of the run."""

    def environment(env: RunEnv) -> PhaseEnv:
        return phase_env(env, phase, variables)

    return work.provide(environment)
