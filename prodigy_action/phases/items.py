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
from prodigy_action.runtime import Effect, sequence


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
    shared: list[MapEnv] = []

    def environment(env: RunEnv) -> MapEnv:
        if not shared:
            shared.append(map_env(env, phase, variables, work))
        return shared[0]

    def rerun(conflicting: tuple[tuple[int, int], ...]) -> Effect[object, RunEnv]:
        transplanted = sequence([transplant_effect(record) for record in work.plan.to_transplant] if work.plan else [])
        return transplanted.and_then(lambda _: rerun_on_landed(work.known, conflicting, environment))

    agents = submit_recorded_effect(work.plan).and_then(lambda _: distribute_work(work.assignments))
    landed = land_all().provide(environment).and_then(rerun).and_then(lambda _: advance_parent_effect())
    return recorded_phase("map", agents.provide(environment)).and_then(lambda _: recorded_phase("land", landed))


def rerun_on_landed(
    known: Mapping[int, WorkAssignment],
    conflicting: Sequence[tuple[int, int]],
    environment: Callable[[RunEnv], MapEnv],
) -> Effect[object, RunEnv]:
    """With `on_conflict: rerun`: the conflicting items again, one by one, each on top of what has landed."""
    ids = [item_id for item_id, _ in conflicting]
    shared: list[MapEnv] = []

    def alone(env: RunEnv) -> MapEnv:
        if not shared:
            shared.append(rerun_env(env, environment(env), ids))
        return shared[0]

    def again(item_id: int, number: int) -> Effect[object, RunEnv]:
        return start_from_landed_effect().and_then(lambda _: rerun_item(known[item_id], number).provide(alone))

    return sequence([again(item_id, number) for item_id, number in conflicting])
