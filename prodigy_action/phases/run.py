"""A whole run: setup → plan → map → land → reduce → merge steps → publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from prodigy_action.effects.run.environments import phase_env
from prodigy_action.effects.run.parent_branch import (
    bring_carried_effect,
    commit_setup_effect,
)
from prodigy_action.effects.run.publishing import (
    publish_branch_effect,
    publish_effect,
    report_uncommitted_effect,
)
from prodigy_action.effects.run.records import map_variables_effect, merge_variables_effect
from prodigy_action.effects.run.resuming import (
    adopt_start_effect,
    check_out_recorded_effect,
    keep_start_effect,
    restore_start_effect,
    why_setup_repeats_effect,
)
from prodigy_action.environment import MapRepository, PhaseEnv, RunEnv
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Phase, Workflow
from prodigy_action.phases.items import resume_map, run_new_map
from prodigy_action.phases.reduce import execute_merge_commands, execute_reduce_commands
from prodigy_action.phases.setup import execute_setup_commands
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.pure.steps.untouched_parent import setup_writes_nothing
from prodigy_action.runtime import Effect, pure, within

Variables: TypeAlias = Mapping[str, JsonValue]
Keep: TypeAlias = Callable[[MapRepository], Effect[str, RunEnv]]
T = TypeVar("T")


def run_workflow(
    workflow: Workflow, plan: ResumePlan | None = None, *, travelled: bool = False
) -> Effect[None, RunEnv]:
    """The run, or with a `plan` the rest of an earlier attempt; `travelled`: of one on another machine.

    What landed is published; when setup, reduce or the merge steps fail, only the branch gets it.
    """
    return (
        (run_phases(workflow) if plan is None else resume_phases(workflow, plan, travelled=travelled))
        .tap_error(lambda error: publish_branch_effect(str(error)))
        .and_then(lambda _: publish_effect())
    )


def run_phases(workflow: Workflow) -> Effect[Variables, RunEnv]:
    """All phases before publishing."""
    untouched = setup_writes_nothing(workflow)
    return (
        bring_carried_effect(workflow.map)
        .and_then(lambda _: run_setup(workflow.setup))
        .and_then(
            lambda variables: run_after_setup(
                workflow,
                variables,
                commit_setup_effect(writes_nothing=untouched),
                lambda phase: run_new_map(phase, variables, untouched=untouched),
            )
        )
    )


def resume_phases(workflow: Workflow, plan: ResumePlan, *, travelled: bool = False) -> Effect[Variables, RunEnv]:
    """The rest of an earlier attempt before publishing; setup is repeated only when its result cannot be used."""
    if plan.publish_only is not None:
        return check_out_recorded_effect(plan.publish_only.head)
    return resume_setup(
        workflow,
        plan,
        lambda variables, prepare, keep: run_after_setup(
            workflow, variables, prepare, lambda phase: resume_map(phase, variables, plan, keep)
        ),
        travelled=travelled,
    )


def resume_setup(
    workflow: Workflow,
    plan: ResumePlan,
    go_on: Callable[[Variables, Effect[frozenset[str], RunEnv], Keep], Effect[T, RunEnv]],
    *,
    travelled: bool,
) -> Effect[T, RunEnv]:
    """Bring the parent worktree to the result of setup, and continue with its variables, with what makes the result
    final and with what puts it on disk.

    The files that `map.carry` selects are those of this checkout, or with `travelled` those that came with the plan;
    when setup is repeated, they are always those of this checkout.
    """
    brought = bring_carried_effect(workflow.map)
    there = within(RunEnv, pure(None))

    def prepare() -> Effect[frozenset[str], RunEnv]:
        return commit_setup_effect().tap(lambda _: adopt_start_effect(plan))

    def reached(why: str | None) -> Effect[T, RunEnv]:
        def keep(repository: MapRepository) -> Effect[str, RunEnv]:
            kept = within(RunEnv, pure(plan.earlier.start.start_sha))
            return keep_start_effect(repository) if why is not None else kept

        repeated = (brought if travelled else there).and_then(lambda _: run_setup(workflow.setup))
        setup = restore_start_effect(plan) if why is None else repeated
        return setup.and_then(lambda variables: go_on(variables, prepare(), keep))

    first = there if travelled else brought
    return first.and_then(lambda _: why_setup_repeats_effect(plan, travelled=travelled)).and_then(reached)


def run_after_setup(
    workflow: Workflow,
    variables: Variables,
    prepare: Effect[frozenset[str], RunEnv],
    mapped: Callable[[MapPhase], Effect[object, RunEnv]],
) -> Effect[Variables, RunEnv]:
    """All phases between setup and publishing; changes that they leave uncommitted are reported.

    `prepare` fixes the result of setup and returns the files that setup left untracked, `mapped` runs and lands the
    items.
    """

    def phases(left_by_setup: frozenset[str]) -> Effect[Variables, RunEnv]:
        return (
            run_map_and_reduce(workflow, variables, mapped)
            .and_then(lambda reached: run_merge_steps(workflow.merge, reached))
            .tap(lambda _: report_uncommitted_effect(left_by_setup))
        )

    return prepare.and_then(phases)


def run_setup(phase: Phase) -> Effect[Variables, RunEnv]:
    """Setup in the parent worktree; returns the variables that it captured."""
    return in_phase(execute_setup_commands(phase), phase, {})


def run_map_and_reduce(
    workflow: Workflow, variables: Variables, mapped: Callable[[MapPhase], Effect[object, RunEnv]]
) -> Effect[Variables, RunEnv]:
    """Map, land and reduce; a standard workflow has none of these phases."""
    if workflow.map is None:
        return within(RunEnv, pure(variables))

    return (
        mapped(workflow.map)
        .and_then(lambda _: map_variables_effect())
        .and_then(lambda summary: run_reduce(workflow.reduce, {**variables, **summary}))
        .provide(lambda env: env.with_map_resolved(variables))
    )


def run_reduce(phase: Phase, variables: Variables) -> Effect[Variables, RunEnv]:
    """Reduce; the variables that it captured are added."""
    return in_phase(execute_reduce_commands(phase), phase, variables).map(lambda captured: {**variables, **captured})


def run_merge_steps(phase: Phase, variables: Variables) -> Effect[Variables, RunEnv]:
    """The workflow's `merge:` steps."""
    if not phase.steps:
        return within(RunEnv, pure(variables))
    return merge_variables_effect().and_then(
        lambda captured: in_phase(execute_merge_commands(phase), phase, {**variables, **captured})
    )


def in_phase(
    work: Effect[dict[str, JsonValue], PhaseEnv], phase: Phase, variables: Variables
) -> Effect[Variables, RunEnv]:
    """`work` with the environment of a phase made from that of the run."""

    def environment(env: RunEnv) -> PhaseEnv:
        return phase_env(env, phase, variables)

    return work.provide(environment)
