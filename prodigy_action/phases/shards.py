"""The parts of a run that jobs of their own do: setup with the plan, and one shard of the map."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.effects.run.parent_branch import bring_carried_effect, commit_setup_effect, prepare_pool_effect
from prodigy_action.effects.run.planning import record_plan_effect, select_work_effect
from prodigy_action.effects.run.resuming import keep_start_effect
from prodigy_action.effects.run.shards import bundle_plan_effect
from prodigy_action.environment import MapRepository, RunEnv
from prodigy_action.model.assignment import Selection
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Workflow
from prodigy_action.phases.items import resume_map, run_shard
from prodigy_action.phases.run import Keep, resume_setup, run_setup
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.runtime import Effect, pure, within


def plan_shards(workflow: Workflow, phase: MapPhase) -> Effect[None, RunEnv]:
    """Setup and the plan: what the jobs of the map start from. No item is executed, and nothing is published."""

    def planned(variables: Mapping[str, JsonValue]) -> Effect[None, RunEnv]:
        selected = select_work_effect(phase, variables).and_then(lambda selection: keep_plan(phase, selection))
        return commit_setup_effect().and_then(lambda _: selected.provide(lambda env: env.with_map_resolved(variables)))

    setup = bring_carried_effect(phase).and_then(lambda _: run_setup(workflow.setup))
    return setup.and_then(planned).and_then(lambda _: bundle_plan_effect())


def run_one_shard(workflow: Workflow, plan: ResumePlan) -> Effect[None, RunEnv]:
    """The items of one shard, on top of the result of setup that came with the plan; nothing lands here."""

    def mapped(
        variables: Mapping[str, JsonValue], prepare: Effect[frozenset[str], RunEnv], keep: Keep
    ) -> Effect[None, RunEnv]:
        if workflow.map is None:
            return within(RunEnv, pure(None))
        shard = resume_map(workflow.map, variables, plan, keep, run_shard)
        resolved: Effect[str, RunEnv] = shard.provide(lambda env: env.with_map_resolved(variables))
        return prepare.and_then(lambda _: resolved).map(lambda _: None)

    return resume_setup(workflow, plan, mapped, travelled=True)


def keep_plan(phase: MapPhase, selection: Selection) -> Effect[None, RunEnv]:
    """Put the result of setup and the plan on disk and on record."""

    def keep(repository: MapRepository) -> Effect[None, RunEnv]:
        kept = keep_start_effect(repository, travels=True)
        return kept.and_then(lambda start: record_plan_effect(selection, start)).map(lambda _: None)

    return prepare_pool_effect(phase, len(selection.assignments)).and_then(keep)
