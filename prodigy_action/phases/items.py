"""From the map's input to the merged head: planned, run and landed, or gone on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prodigy_action.effects.run.environments import MapWork, map_env, rerun_env
from prodigy_action.effects.run.parent_branch import (
    advance_parent_effect,
    prepare_pool_effect,
    start_from_landed_effect,
)
from prodigy_action.effects.run.planning import record_plan_effect, select_work_effect
from prodigy_action.effects.run.records import recorded_phase
from prodigy_action.effects.run.resuming import (
    begin_resumed_map_effect,
    keep_start_effect,
    submit_recorded_effect,
    transplant_effect,
)
from prodigy_action.environment import MapEnv, RunEnv
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import Selection, WorkAssignment
from prodigy_action.model.workflow import MapPhase
from prodigy_action.phases.map import distribute_work, land_all, rerun_item
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import Effect, asks, sequence


def run_new_map(phase: MapPhase, variables: Mapping[str, JsonValue]) -> Effect[str, RunEnv]:
    """The map over the items that its input has; the merged head."""

    def run(selection: Selection) -> Effect[str, RunEnv]:
        planned = len(selection.assignments)
        return (
            prepare_pool_effect(phase, planned)
            .and_then(lambda _: keep_start_effect())
            .and_then(lambda start: record_plan_effect(selection, start))
            .and_then(lambda assignments: run_map(phase, variables, MapWork(assignments, planned)))
        )

    return select_work_effect(phase, variables).and_then(run)


def resume_map(
    phase: MapPhase, variables: Mapping[str, JsonValue], plan: ResumePlan, keep: Effect[str, RunEnv]
) -> Effect[str, RunEnv]:
    """The map over what an earlier attempt left to do; what it recorded lands with it. The merged head.

    `keep` puts on disk what setup came to, where it is not there already.
    """
    planned = len(plan.earlier.planned.items)
    return (
        prepare_pool_effect(phase, len(plan.rerun))
        .and_then(lambda _: keep)
        .and_then(lambda _: begin_resumed_map_effect(phase, variables, plan))
        .and_then(lambda assignments: run_map(phase, variables, MapWork(assignments, planned, plan)))
    )


def run_map(phase: MapPhase, variables: Mapping[str, JsonValue], work: MapWork) -> Effect[str, RunEnv]:
    """Run the agents and land what they commit; the merged head."""

    def share(env: RunEnv) -> MapEnv:
        return map_env(env, phase, variables, work)

    return asks(share).and_then(lambda shared: run_and_land(work, shared))


def run_and_land(work: MapWork, shared: MapEnv) -> Effect[str, RunEnv]:
    """As `run_map`, with the environment that all agents share."""

    def rerun(conflicting: tuple[tuple[int, int], ...]) -> Effect[object, RunEnv]:
        transplanted = sequence([transplant_effect(record) for record in work.plan.to_transplant] if work.plan else [])
        return transplanted.and_then(lambda _: rerun_on_landed(work.known, conflicting, shared))

    agents = submit_recorded_effect(work.plan).and_then(lambda _: distribute_work(work.assignments))
    landed = land_all().provide(given(shared)).and_then(rerun).and_then(lambda _: advance_parent_effect())
    return recorded_phase("map", agents.provide(given(shared))).and_then(lambda _: recorded_phase("land", landed))


def rerun_on_landed(
    known: Mapping[int, WorkAssignment], conflicting: Sequence[tuple[int, int]], shared: MapEnv
) -> Effect[object, RunEnv]:
    """With `on_conflict: rerun`: the conflicting items again, one by one, each on top of what has landed."""

    def alone(env: RunEnv) -> MapEnv:
        return rerun_env(env, shared, [item_id for item_id, _ in conflicting])

    def again(item_id: int, number: int, env: MapEnv) -> Effect[object, RunEnv]:
        return start_from_landed_effect().and_then(lambda _: rerun_item(known[item_id], number).provide(given(env)))

    return asks(alone).and_then(lambda env: sequence([again(item_id, number, env) for item_id, number in conflicting]))


def given(shared: MapEnv) -> Callable[[RunEnv], MapEnv]:
    """For `provide`: this environment, whatever the outer one is."""
    return lambda _: shared
