"""From an agent's commits to the parent branch, in item order."""

from __future__ import annotations

from typing import TypeVar

from prodigy_action.effects.commands import CommandResult
from prodigy_action.effects.items.agent_result import AgentResult
from prodigy_action.effects.items.failure import forget_patch, keep_patch, record_end, warn_of_refs
from prodigy_action.environment import MapEnv
from prodigy_action.errors import ProdigyError, StepFailed
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.git import CommitRequest, Submission, Worktree
from prodigy_action.pure.items.outcome import as_step_failure, ended_well
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import Effect, effect

T = TypeVar("T")


@effect
async def merge_to_parent_effect(env: MapEnv, assignment: WorkAssignment, result: CommandResult) -> AgentResult:
    """Collect the agent's commits, record its end on disk, and submit them to the merge queue.

    The merge queue lands items in item order: the landing may happen now, or when an earlier item is resolved, and has
    a record of its own. Raises `AgentFailed` when commits were required and there are none, and when its worktree or
    its commits are unusable.
    """
    worktree = result.worktree
    try:
        submission = await _collect(env, assignment, worktree)
    except (ProdigyError, OSError) as error:
        raise await result.evidence.failure(env, as_step_failure(error, step="commit")) from error
    _warn_of_what_is_lost(env, assignment, submission)
    dropped = submission.uncommitted or submission.in_submodules
    patch = await keep_patch(env, assignment, worktree) if dropped else None
    if patch is None:
        await forget_patch(env, assignment, result.evidence.attempt)
    executed = result.evidence.executed(env, patch)
    await record_end(env, ended_well(executed, submission, captures=result.captures, printed=result.printed))
    submitted = submission if submission.commits else None
    await env.merge_queue.resolve(assignment.id, submitted, executed.number)
    return AgentResult(id=assignment.id, submission=submitted)


def _warn_of_what_is_lost(env: MapEnv, assignment: WorkAssignment, submission: Submission) -> None:
    left, inside, links = submission.uncommitted, submission.in_submodules, submission.links
    if left:
        env.log.warning(
            "uncommitted_changes_dropped",
            item_id=assignment.id,
            files=list(left[:PATHS_SHOWN]),
            count=len(left),
            hint="write `commit: auto` in `map`, or commit in a step",
        )
    if inside:
        hint = "commit and push in the submodule, or apply the item's patch"
        env.log.warning(
            "submodule_changes_dropped",
            item_id=assignment.id,
            files=list(inside[:PATHS_SHOWN]),
            count=len(inside),
            hint=hint,
        )
    if links:
        hint = "make relative links, as `ln -sr` does"
        env.log.warning(
            "links_lead_nowhere", item_id=assignment.id, links=list(links[:PATHS_SHOWN]), count=len(links), hint=hint
        )
    warn_of_refs(env, assignment, submission.refs)


async def _collect(env: MapEnv, assignment: WorkAssignment, worktree: Worktree) -> Submission:
    if env.commit == "auto":
        await env.git.commit(worktree.path, CommitRequest(message=env.titles.commit_message(assignment.id)))
    submission = await env.worktree_manager.collect(worktree, assignment.id)
    if env.commit == "required" and not submission.commits:
        message = "map.commit is required and the agent made no commit"
        raise StepFailed(message, step="commit", kind="commit_required")
    return submission


def landing_beside(work: Effect[T, MapEnv]) -> Effect[T, MapEnv]:
    """`work`; its items land beside it, and have landed when it ends. Raises what landing raised."""

    async def run(env: MapEnv) -> T:
        async with env.merge_queue.landing():
            return await work.run(env)

    return Effect(run)


@effect
async def drain_merge_queue_effect(env: MapEnv) -> tuple[tuple[int, int], ...]:
    """Land everything that was recorded; unresolved items count as items without commits.

    Returns the conflicting items that are to be executed again, each with the number of that execution.
    """
    return await env.merge_queue.drain()
