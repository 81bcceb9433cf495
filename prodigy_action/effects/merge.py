"""From an agent's commits to the parent branch, in item order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, final

import anyio

from prodigy_action.effects.commands import CommandResult
from prodigy_action.effects.items.agent_result import AgentResult
from prodigy_action.effects.items.failure import (
    forget_patch,
    item_file_name,
    keep_patch,
    record_end,
    warn_of_refs,
)
from prodigy_action.environment import AdmissionGate, EventLog, Failures, Journal, MapEnv, ParentBranch, ResultFiles
from prodigy_action.errors import GitFailed, MalformedCommit, ProdigyError, ResultsUnwritable, StepFailed
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.events import ErrorRecord, ItemConflicted, ItemLanded, ItemLandingFailed, LandedHow
from prodigy_action.model.git import CommitRequest, Conflicted, Submission, Worktree
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.items.outcome import as_step_failure, ended_well
from prodigy_action.pure.policies.merge_order import MergeOrder
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import effect


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


@effect
async def drain_merge_queue_effect(env: MapEnv) -> tuple[tuple[int, int], ...]:
    """Land everything that was recorded; unresolved items count as items without commits.

    Returns the conflicting items that are to be executed again, each with the number of that execution.
    """
    return await env.merge_queue.drain()


@final
class HeldBack:
    """The merge queue of a shard: nothing lands here, and the records of the items say what is to land."""

    async def resolve(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Do nothing: the end of the item is on record."""

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """No item is executed again."""
        return ()


@final
class OrderedMergeQueue:
    """Lands submissions strictly in item order, one at a time; the agent that completes the order lands them.

    `on_conflict` decides what happens to an item that does not merge; `how` is recorded for the items that land.
    """

    def __init__(
        self,
        item_ids: Iterable[int],
        *,
        parent: ParentBranch,
        storage: Journal,
        results: ResultFiles,
        log: EventLog,
        total: int,
        gate: AdmissionGate,
        failures: Failures,
        on_conflict: Literal["dlq", "rebase", "rerun"] = "dlq",
        how: LandedHow = "merge",
        titles: ItemTitles | None = None,
    ) -> None:
        """`titles` are those of the items, for the messages of commits; `gate` and `failures` are informed of each item
        that does not land.
        """
        self._order = MergeOrder[tuple[Submission, int]](item_ids)
        self._on_conflict = on_conflict
        self._how = how
        self._titles = titles or ItemTitles()
        self._deferred: list[tuple[int, int]] = []
        self._parent = parent
        self._storage = storage
        self._results = results
        self._log = log
        self._total = total
        self._gate = gate
        self._failures = failures
        self._lock = anyio.Lock(fast_acquire=True)

    async def resolve(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Resolve one item, by its execution `number`, and land the items whose turn it is."""
        self._order.resolve(item_id, None if submission is None else (submission, number))
        await self._advance()

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """Resolve the remaining items, so that every recorded item lands.

        Returns the items that are to be executed again, in item order, each with its next execution's number.
        """
        for item_id in self._order.undecided():
            self._order.resolve(item_id, None)
        await self._advance()
        return tuple(self._deferred)

    async def _advance(self) -> None:
        # A landing that has started is finished and recorded, even when the agent is cancelled meanwhile.
        async with self._lock:
            while (ready := self._order.take_next()) is not None:
                item_id, (submission, number) = ready
                with anyio.CancelScope(shield=True):
                    await self._land(item_id, submission, number)

    async def _land(self, item_id: int, submission: Submission, number: int) -> None:
        message = self._titles.merge_message(item_id)
        how = self._how
        try:
            outcome = await self._parent.land(item_id, submission, message)
            if isinstance(outcome, Conflicted) and self._on_conflict == "rebase":
                outcome = await self._parent.rebase(item_id, submission, message) or outcome
                how = "rebase"
        except (GitFailed, OSError) as error:
            failure = as_step_failure(error, step="landing")
            kind = failure.kind if isinstance(error, MalformedCommit) else "landing_failed"
            problem = ErrorRecord(kind=kind, message=failure.message, output_tail=failure.output_tail)
            path = await self._keep_patch(item_file_name(item_id, self._total), submission)
            await self._storage.append(ItemLandingFailed(item_id=item_id, error=problem, patch=path))
            self._note_unlanded(item_id, "failed", failure.message)
            return
        if isinstance(outcome, Conflicted):
            await self._record_conflict(item_id, submission, outcome, number)
        else:
            await self._storage.append(ItemLanded(item_id=item_id, commit=outcome.commit, how=how))

    async def _record_conflict(self, item_id: int, submission: Submission, outcome: Conflicted, number: int) -> None:
        files, with_items, rerun = list(outcome.files), list(outcome.with_items), self._on_conflict == "rerun"
        # The next execution may write a patch of its own.
        path = await self._keep_patch(item_file_name(item_id, self._total) + ("-conflict" if rerun else ""), submission)
        await self._storage.append(
            ItemConflicted(item_id=item_id, files=files, with_items=with_items, patch=path, rerun=rerun)
        )
        if rerun:
            self._deferred.append((item_id, number + 1))
            self._log.info("item_conflicted", item_id=item_id, files=files, with_items=with_items, rerun=rerun)
        else:
            self._note_unlanded(item_id, "conflicted", _conflict(self._titles, files, with_items))

    async def _keep_patch(self, name: str, submission: Submission) -> str | None:
        try:
            patch = await self._parent.patch_of(submission)
            return await self._results.write_patch(name, patch) if patch else None
        except (GitFailed, ResultsUnwritable, OSError) as error:
            self._log.warning("patch_not_kept", name=name, problem=str(error))
            return None

    def _note_unlanded(self, item_id: int, state: str, problem: str) -> None:
        self._gate.record_unlanded()
        self._failures.report(item_id, state, problem)


def _conflict(titles: ItemTitles, files: Sequence[str], with_items: Sequence[int]) -> str:
    """`conflict in a.txt with packages/b.py`."""
    others = [titles.key(other) or f"item {other}" for other in with_items[:PATHS_SHOWN]]
    more = f" and {len(with_items) - len(others)} more" if len(with_items) > len(others) else ""
    with_others = f" with {', '.join(others)}{more}" if others else ""
    more_files = f" and {len(files) - PATHS_SHOWN} more" if len(files) > PATHS_SHOWN else ""
    return f"conflict in {', '.join(files[:PATHS_SHOWN])}{more_files}{with_others}"
