"""The failure of an agent: the error, and the patch that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field

import anyio

from prodigy_action.dataclass import dataclass
from prodigy_action.environment import MapEnv, RunLog
from prodigy_action.errors import ExpressionError, GitFailed, ResultsUnwritable, StepFailed
from prodigy_action.model.agent_usage import AgentUsage
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.events import AgentFinished, KeptRef, StepRecord
from prodigy_action.model.git import Worktree
from prodigy_action.pure.items.outcome import AgentFailed, AgentStopped, Executed, ended_by_the_run, retried_failure
from prodigy_action.pure.policies.retry import GivenUp, ItemAttempt, next_attempt
from prodigy_action.pure.steps.agent_program import total_usage

PATCH_SECONDS = 10.0
"""Time for the patch of one item: what it left may be as large as the disk."""
PATCH_SECONDS_WHEN_CANCELLED = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """One execution of an item that is still running. `started` is in monotonic seconds."""

    assignment: WorkAssignment
    worktree: Worktree
    attempt: ItemAttempt
    records: list[StepRecord]
    log: RunLog
    started: float
    usages: list[AgentUsage] = field(default_factory=list)

    def executed(self, env: MapEnv, patch: str | None, refs: Sequence[KeptRef] = ()) -> Executed:
        """The execution, over now; `patch` is the file of what it left uncommitted or could not submit, `refs` are the
        branches, tags and stashes that it made without a result.
        """
        return Executed(
            item_id=self.assignment.id,
            number=self.attempt.number,
            seconds=env.clock.monotonic() - self.started,
            slot=self.worktree.slot,
            steps=self.records,
            log=self.log.path,
            patch=patch,
            refs=list(refs),
            agent=total_usage(self.usages),
        )

    async def failure(self, env: MapEnv, error: StepFailed) -> AgentFailed:
        """The failure of this execution; its patch, and the branches, tags and stashes that it made, are kept."""
        _keep_log(self)
        patch = await keep_patch(env, self.assignment, self.worktree)
        refs = await keep_refs(env, self.assignment, self.worktree)
        return AgentFailed(error, self.executed(env, patch, refs), tail=self.log.tail)


async def record_end(env: MapEnv, record: AgentFinished) -> None:
    """Put on disk how an execution ended, before anything builds on it."""
    await env.storage.append(record)


def attempt_after(
    env: MapEnv, assignment: WorkAssignment, attempt: ItemAttempt, error: Exception, seconds: float = 0.0
) -> tuple[float, ItemAttempt] | None:
    """Seconds to wait and the next execution of the item; None when it has failed for good."""
    if env.gate.stop_reason is not None or isinstance(error, AgentStopped):
        return None
    try:
        following = next_attempt(env.item_retry, attempt, retried_failure(error, seconds), seed=assignment.key)
    except ExpressionError as wrong:
        env.log.warning("item_not_retried", item_id=assignment.id, problem=wrong.message)
        return None
    return None if isinstance(following, GivenUp) else following


async def record_cut_off(env: MapEnv, evidence: Evidence, step: str) -> None:
    """Record an agent that ends because the run ends; what it made is kept if that takes no time."""
    _keep_log(evidence)
    patch: str | None = None
    refs: tuple[KeptRef, ...] = ()
    with anyio.move_on_after(PATCH_SECONDS_WHEN_CANCELLED, shield=True):
        patch = await keep_patch(env, evidence.assignment, evidence.worktree)
        refs = await keep_refs(env, evidence.assignment, evidence.worktree)
    deadline = env.limits.run_deadline
    late = deadline is not None and env.clock.monotonic() >= deadline
    await record_end(
        env, ended_by_the_run(evidence.executed(env, patch, refs), step, late=late, tail=evidence.log.tail)
    )


def _keep_log(evidence: Evidence) -> None:
    """Make the log of an item that did not succeed, which says what ran. A log that cannot be made must not replace the
    failure of the item.
    """
    with suppress(ResultsUnwritable):
        evidence.log.keep()


async def keep_patch(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> str | None:
    """Write the differences from the base to the item's patch file; its path, or None without differences.

    A patch that cannot be made or written is logged: that error must not replace the failure of the item.
    """
    name = item_file_name(assignment.id, env.total)
    try:
        with anyio.move_on_after(PATCH_SECONDS):
            patch = await env.worktree_manager.patch(worktree)
            if patch:
                return await env.results.write_patch(name, patch)
            await env.results.remove_patch(name)
            return None
        env.log.warning("patch_not_kept", item_id=assignment.id, problem=f"it takes more than {PATCH_SECONDS:g} s")
    except (GitFailed, ResultsUnwritable, OSError) as error:
        env.log.warning("patch_not_kept", item_id=assignment.id, problem=str(error))
    return None


async def keep_refs(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> tuple[KeptRef, ...]:
    """Keep the branches, tags and stashes that an agent without a result made, and name them in the log.

    Those that cannot be kept are logged: that error must not replace the failure of the item.
    """
    try:
        with anyio.move_on_after(PATCH_SECONDS):
            refs = await env.worktree_manager.keep_refs(worktree, assignment.id)
            warn_of_refs(env, assignment, refs)
            return refs
        env.log.warning("refs_not_kept", item_id=assignment.id, problem=f"it takes more than {PATCH_SECONDS:g} s")
    except (GitFailed, ResultsUnwritable, OSError) as error:
        env.log.warning("refs_not_kept", item_id=assignment.id, problem=str(error))
    return ()


def warn_of_refs(env: MapEnv, assignment: WorkAssignment, refs: Sequence[KeptRef]) -> None:
    """Name what an item made that does not land, and where it is."""
    for ref in refs:
        env.log.warning("ref_not_landed", item_id=assignment.id, **ref.shown().model_dump(exclude_none=True))


async def forget_patch(env: MapEnv, assignment: WorkAssignment, attempt: ItemAttempt) -> None:
    """Remove the patch of an earlier execution, after an item has succeeded."""
    if attempt.number == 1:
        return
    try:
        await env.results.remove_patch(item_file_name(assignment.id, env.total))
    except ResultsUnwritable as error:
        env.log.warning("patch_not_removed", item_id=assignment.id, problem=str(error))


def item_file_name(item_id: int, total: int) -> str:
    """The stem of the names of an item's files, with enough digits that names sort in item order."""
    return f"item-{item_id:0{max(4, len(str(max(total - 1, 0))))}d}"
