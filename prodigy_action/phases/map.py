"""The map phase: one agent per assignment, a bounded number at once, each in a worktree of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from prodigy_action.effects.commands import CommandResult, execute_commands_effect
from prodigy_action.effects.items.agent_result import AgentResult
from prodigy_action.effects.items.failure_reporting import report_failures_effect
from prodigy_action.effects.items.lifecycle import (
    Ended,
    admit_effect,
    admit_rerun_effect,
    halt_effect,
    record_outcome_effect,
    retry_item_effect,
)
from prodigy_action.effects.merge import drain_merge_queue_effect, merge_to_parent_effect
from prodigy_action.effects.worktree import create_worktree_effect, release_worktree_effect
from prodigy_action.environment import MapEnv
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.git import Worktree
from prodigy_action.pure.policies.retry import FIRST_ATTEMPT, ItemAttempt
from prodigy_action.runtime import Effect, Outcome, asks, bracket, par_all_limit, pure, value_of, within

T = TypeVar("T")

RELEASE_SECONDS = 120.0
OUTSIDE_THE_CIRCUIT = -1
"""The epoch of items that no circuit breaker admitted."""


def execute_agent(assignment: WorkAssignment, attempt: ItemAttempt = FIRST_ATTEMPT) -> Effect[AgentResult, MapEnv]:
    """Execute one agent: worktree → steps → commits recorded and submitted to the merge queue.

    Effects are composed in a linear chain; nothing happens until it is run with a `MapEnv`:

        effect = execute_agent(WorkAssignment(id=0, item={"file": "a.py"}, worktree_name="agent-0"))
        result = await effect.run(env)

    The worktree is always released. A failure is an exception with its context ("executing agent 0"); a caller that
    runs several agents turns it into a value with `attempt`.
    """

    def commit(result: CommandResult) -> Effect[AgentResult, MapEnv]:
        return merge_to_parent_effect(assignment, result)

    def work(worktree: Worktree) -> Effect[AgentResult, MapEnv]:
        return execute_commands_effect(assignment, worktree, attempt).and_then(commit)

    return bracket(
        create_worktree_effect(assignment.worktree_name),
        work,
        release_worktree_effect,
        grace_seconds=RELEASE_SECONDS,
    ).context(f"executing agent {assignment.id}")


def run_item(assignment: WorkAssignment) -> Effect[None, MapEnv]:
    """One item, accounted for: admitted and executed, a failure recorded; or recorded as not run."""

    def execute(epoch: int | None) -> Effect[None, MapEnv]:
        return within(MapEnv, pure(None)) if epoch is None else run_attempt(assignment, epoch, FIRST_ATTEMPT)

    return admit_effect(assignment).and_then(execute).tap_error(halt_effect)


def run_attempt(assignment: WorkAssignment, epoch: int, attempt: ItemAttempt) -> Effect[None, MapEnv]:
    """One execution of an item, and the further ones that its retry allows."""

    def record(outcome: Outcome[AgentResult]) -> Effect[None, MapEnv]:
        def go_on(then: ItemAttempt | Ended) -> Effect[None, MapEnv]:
            if isinstance(then, ItemAttempt):
                return run_attempt(assignment, epoch, then)
            return record_outcome_effect(assignment, outcome, attempt, epoch, then)

        return retry_item_effect(assignment, outcome, attempt).and_then(go_on)

    return execute_agent(assignment, attempt).attempt().and_then(record)


def distribute_work(assignments: Sequence[WorkAssignment]) -> Effect[None, MapEnv]:
    """All assignments, at most `max_parallel` at once; the journal says how each ended.

    One agent's failure stops no other, unless the error policy says so. An outcome that could not be recorded (the
    journal cannot be written, a bug) fails the whole map after the others have ended. Failures are reported in
    the log, at the end at the latest.
    """

    def spread(max_parallel: int) -> Effect[list[Outcome[None]], MapEnv]:
        # The effects of an item are composed when it starts: those of many items take more memory than the items.
        deferred = [Effect(partial(_run_item, assignment)) for assignment in assignments]
        return par_all_limit(deferred, max_parallel)

    return reporting_failures(asks(_max_parallel).and_then(spread).map(_check_recorded))


def reporting_failures(work: Effect[T, MapEnv]) -> Effect[T, MapEnv]:
    """`work`, then every failed item is in the log, also when `work` fails or is cancelled."""
    return bracket(within(MapEnv, pure(None)), lambda _: work, lambda _: report_failures_effect())


def land_all() -> Effect[tuple[tuple[int, int], ...], MapEnv]:
    """Land the recorded items that an unresolved earlier item held back.

    Returns the conflicting items that are to be executed again, each with the number of that execution.
    """
    return reporting_failures(drain_merge_queue_effect())


def rerun_item(assignment: WorkAssignment, number: int) -> Effect[None, MapEnv]:
    """One more execution of a conflicting item, without others beside it, accounted for like any other."""

    def execute(admitted: bool) -> Effect[None, MapEnv]:
        if not admitted:
            return within(MapEnv, pure(None))
        attempt = ItemAttempt(number)
        again = execute_agent(assignment, attempt).attempt()
        return again.and_then(
            lambda outcome: record_outcome_effect(assignment, outcome, attempt, OUTSIDE_THE_CIRCUIT, Ended())
        )

    return reporting_failures(admit_rerun_effect(assignment, number).and_then(execute))


async def _run_item(assignment: WorkAssignment, env: MapEnv) -> None:
    await run_item(assignment).run(env)


def _max_parallel(env: MapEnv) -> int:
    return env.max_parallel


def _check_recorded(outcomes: list[Outcome[None]]) -> None:
    for outcome in outcomes:
        value_of(outcome)
