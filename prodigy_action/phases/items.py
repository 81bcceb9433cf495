"""From the map's input to the merged head: items are planned or resumed, run and landed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from prodigy_action.effects.merge import landing_beside
from prodigy_action.effects.run.environments import MapWork, held_back, map_env, rerun_env
from prodigy_action.effects.run.parent_branch import (
    advance_parent_effect,
    log_looks_effect,
    prepare_pool_effect,
    refuse_changes_effect,
    start_from_landed_effect,
)
from prodigy_action.effects.run.planning import record_plan_effect, select_work_effect
from prodigy_action.effects.run.program_preflight import check_programs_effect
from prodigy_action.effects.run.records import recorded_phase
from prodigy_action.effects.run.resuming import (
    begin_resumed_map_effect,
    keep_start_effect,
    submit_recorded_effect,
    transplant_effect,
)
from prodigy_action.effects.run.shards import bundle_shard_effect
from prodigy_action.environment import MapEnv, MapRepository, RunEnv
from prodigy_action.model.assignment import Selection
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase
from prodigy_action.phases.map import distribute_work, land_all, reporting_failures, rerun_item
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import Effect, asks, sequence

Variables: TypeAlias = Mapping[str, JsonValue]


def run_new_map(phase: MapPhase, variables: Variables, *, untouched: bool = False) -> Effect[str, RunEnv]:
    """The map over the items of its input; returns the merged head. `untouched`: nothing ran in the parent worktree."""

    def run(selection: Selection) -> Effect[str, RunEnv]:
        planned = len(selection.assignments)

        def begin(repository: MapRepository) -> Effect[MapWork, RunEnv]:
            return (
                keep_start_effect(repository)
                .and_then(lambda start: record_plan_effect(selection, start))
                .map(lambda assignments: MapWork(repository, assignments, planned))
            )

        spare = untouched and not selection.by_command
        prepared = prepare_pool_effect(phase, planned, spare=spare).and_then(begin)
        return prepared.and_then(lambda work: run_map(phase, variables, work))

    return select_work_effect(phase, variables).and_then(run)


def resume_map(
    phase: MapPhase,
    variables: Variables,
    plan: ResumePlan,
    keep: Callable[[MapRepository], Effect[str, RunEnv]],
    run: Callable[[MapPhase, Variables, MapWork], Effect[str, RunEnv]] | None = None,
) -> Effect[str, RunEnv]:
    """The map over the items that an earlier attempt left; its recorded items land too. Returns the merged head.

    `keep` puts the result of setup on disk, unless it is there already. `run` takes the place of `run_map`.
    """
    planned = len(plan.earlier.planned.items)

    def begin(repository: MapRepository) -> Effect[MapWork, RunEnv]:
        return (
            keep(repository)
            .and_then(lambda _: begin_resumed_map_effect(repository, phase, variables, plan))
            .map(lambda assignments: MapWork(repository, assignments, planned, plan))
        )

    prepared = prepare_pool_effect(phase, len(plan.rerun)).and_then(begin)
    return prepared.and_then(lambda work: (run or run_map)(phase, variables, work))


def run_map(phase: MapPhase, variables: Variables, work: MapWork) -> Effect[str, RunEnv]:
    """Run the agents and land their commits; returns the merged head."""

    def environment(env: RunEnv) -> MapEnv:
        return map_env(env, phase, variables, work)

    return asks(environment).and_then(lambda agents: run_and_land(agents, work))


def run_and_land(agents: MapEnv, work: MapWork) -> Effect[str, RunEnv]:
    """The agents of a map with the environment that they share, then the landing of their commits; the merged head."""

    def shared(_: RunEnv) -> MapEnv:
        return agents

    def rerun(conflicting: tuple[tuple[int, int], ...]) -> Effect[object, RunEnv]:
        to_transplant = work.plan.to_transplant if work.plan else []
        transplanted = sequence([transplant_effect(work.repository, record, agents.titles) for record in to_transplant])
        return transplanted.and_then(lambda _: rerun_on_landed(agents, work, conflicting))

    checked = check_programs_effect(len(work.assignments)).and_then(lambda _: distribute_work(work.assignments))
    beside = landing_beside(submit_recorded_effect(work.plan).and_then(lambda _: checked))
    items = reporting_failures(beside).provide(shared)  # items that land late may conflict
    seen = items.and_then(lambda _: log_looks_effect(work.repository))
    ran = seen.and_then(lambda _: refuse_changes_effect(work.repository))
    landed = land_all().provide(shared).and_then(rerun).and_then(lambda _: advance_parent_effect(work.repository))
    return recorded_phase("map", ran).and_then(lambda _: recorded_phase("land", landed))


def run_shard(phase: MapPhase, variables: Variables, work: MapWork) -> Effect[str, RunEnv]:
    """Run the agents of one shard: their commits are kept and do not land. The commit that they started from."""

    def environment(env: RunEnv) -> MapEnv:
        return held_back(map_env(env, phase, variables, work))

    checked = check_programs_effect(len(work.assignments)).and_then(lambda _: distribute_work(work.assignments))
    seen = checked.provide(environment).and_then(lambda _: log_looks_effect(work.repository))
    ran = recorded_phase("map", seen)
    return ran.and_then(lambda _: bundle_shard_effect(work.repository.start)).map(lambda _: work.repository.start)


def rerun_on_landed(agents: MapEnv, work: MapWork, conflicting: Sequence[tuple[int, int]]) -> Effect[object, RunEnv]:
    """With `on_conflict: rerun`: execute the conflicting items again, one by one, each on top of what has landed."""
    alone = rerun_env(agents, work.repository, [item_id for item_id, _ in conflicting])

    def again(item_id: int, number: int) -> Effect[object, RunEnv]:
        rerun: Effect[object, RunEnv] = rerun_item(work.known[item_id], number).provide(lambda _: alone)
        return start_from_landed_effect(work.repository).and_then(lambda _: rerun)

    return sequence([again(item_id, number) for item_id, number in conflicting])
