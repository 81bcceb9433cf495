"""The environments of the phases, made from the environment of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from prodigy_action.dataclass import dataclass
from prodigy_action.effects.items.admission import PolicyGate
from prodigy_action.effects.items.failure_reporting import FailureReporter
from prodigy_action.effects.landing.queue import HeldBack, OrderedMergeQueue
from prodigy_action.environment import MapEnv, MapRepository, PhaseEnv, RunEnv
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Phase, Retry
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.journal.resume_plan import ResumePlan
from prodigy_action.pure.policies.error_policy import may_stop


def phase_env(env: RunEnv, phase: Phase, variables: Mapping[str, JsonValue]) -> PhaseEnv:
    """The environment of setup, reduce or the merge steps."""
    return PhaseEnv(
        config=phase,
        worktree=env.repository.parent_worktree,
        **env.common(variables),
        retry_defaults=env.workflow.retry_defaults,
    )


@dataclass(frozen=True, slots=True)
class MapWork:
    """The work of one map: the assignments to run out of `planned` items, and the records of an earlier attempt."""

    repository: MapRepository
    assignments: Sequence[WorkAssignment]
    planned: int
    plan: ResumePlan | None = None

    @property
    def total(self) -> int:
        """How many items the whole run has, of which a shard executes a part."""
        whole = None if self.plan is None else self.plan.earlier.planned.whole
        return self.planned if whole is None else whole

    @property
    def known(self) -> Mapping[int, WorkAssignment]:
        """The assignments by id, with those whose conflict an earlier attempt recorded."""
        recorded = self.plan.assignments if self.plan is not None else ()
        return {each.id: each for each in (*recorded, *self.assignments)}


def map_env(env: RunEnv, phase: MapPhase, variables: Mapping[str, JsonValue], work: MapWork) -> MapEnv:
    """The environment that the agents share: a merge queue and a gate of this map, and the ports of the run."""
    policy, total = env.workflow.error_policy, work.total
    gate = PolicyGate(policy, planned=work.planned, clock=env.clock, log=env.log)
    titles = item_titles(env, work)
    failures = FailureReporter(policy, env.log, env.results_dir)
    merge_queue = OrderedMergeQueue(
        [assignment.id for assignment in work.assignments] if work.plan is None else work.plan.decided_now,
        parent=work.repository.parent,
        storage=env.storage,
        results=env.results,
        log=env.log,
        total=total,
        on_conflict=phase.on_conflict,
        gate=gate,
        failures=failures,
        titles=titles,
        waits=may_stop(policy),
    )
    return MapEnv(
        titles=titles,
        worktree_manager=work.repository.worktrees,
        merge_queue=merge_queue,
        gate=gate,
        failures=failures,
        activity=env.activity,
        agent_template=phase.agent_template,
        **env.common(variables),
        total=total,
        max_parallel=env.max_parallel,
        limits=env.limits,
        retry_defaults=env.workflow.retry_defaults,
        commit=phase.commit,
        on_item_failure=policy.on_item_failure,
        item_retry=(policy.retry_config or Retry()) if policy.on_item_failure == "retry" else policy.retry_config,
        failure_handler=env.workflow.handlers[policy.custom_handler] if policy.custom_handler is not None else (),
    )


def held_back(agents: MapEnv) -> MapEnv:
    """The environment of a shard: what its items commit lands in another job."""
    return replace(agents, merge_queue=HeldBack())


def item_titles(env: RunEnv, work: MapWork) -> ItemTitles:
    """How commits and the log call the items of a map."""
    keys = {id: assignment.key for id, assignment in work.known.items()}
    return ItemTitles(env.workflow.name, keys, env.masked)


def rerun_env(agents: MapEnv, repository: MapRepository, item_ids: Iterable[int]) -> MapEnv:
    """The environment for executing conflicting items again: that of the other agents, with a separate merge queue."""
    merge_queue = OrderedMergeQueue(
        item_ids,
        parent=repository.parent,
        storage=agents.storage,
        results=agents.results,
        log=agents.log,
        total=agents.total,
        gate=agents.gate,
        failures=agents.failures,
        how="rerun",
        titles=agents.titles,
    )
    return replace(agents, merge_queue=merge_queue)
