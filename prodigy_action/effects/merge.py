"""From an agent's commits to the parent branch, in item order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

import anyio

from prodigy_action.effects.commands import AgentFailed, CommandResult, item_file_name, keep_patch
from prodigy_action.environment import EventLog, Journal, MapEnv, ParentBranch, ResultFiles
from prodigy_action.errors import GitFailed, StepFailed
from prodigy_action.model.events import (
    AgentFinished,
    ErrorRecord,
    ItemConflicted,
    ItemLanded,
    ItemLandingFailed,
    LandedHow,
)
from prodigy_action.model.git import CommitRequest, Conflicted, Submission
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.plan import WorkAssignment
from prodigy_action.pure.merge_order import MergeOrder
from prodigy_action.runtime import effect


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """An agent that ended well: its commits are recorded and handed to the merge lane (None: it made none)."""

    id: int
    submission: Submission | None
    variables: dict[str, JsonValue]


@effect
async def merge_to_parent_effect(
    env: MapEnv, assignment: WorkAssignment, result: CommandResult, number: int = 1
) -> AgentResult:
    """Collect the agent's commits, record its end on disk, and hand them to the merge lane.

    The lane lands items in item order: the landing itself may happen now or when an earlier item is decided, and is
    told by its own record. Raises `AgentFailed` when commits were required and there are none.
    """
    worktree = result.worktree
    if env.commit == "auto":
        await env.git.commit(worktree.path, CommitRequest(message=f"Item {assignment.id}"))
    submission = await env.worktree_manager.collect(worktree, assignment.id)
    changed = bool(submission.commits)
    if env.commit == "required" and not changed:
        missing = StepFailed(
            "map.commit is required and the agent made no commit", step="commit", kind="commit_required"
        )
        patch = await keep_patch(env, assignment, worktree)
        seconds = env.clock.monotonic() - result.started
        raise AgentFailed(
            missing, records=result.records, log=result.log, patch=patch, seconds=seconds, slot=worktree.slot
        )
    if submission.uncommitted:
        env.log.warning(
            "uncommitted_changes_dropped",
            item_id=assignment.id,
            files=list(submission.uncommitted[:10]),
            count=len(submission.uncommitted),
        )
    patch = await keep_patch(env, assignment, worktree) if submission.uncommitted else None
    await env.storage.append(
        AgentFinished(
            item_id=assignment.id,
            number=number,
            state="succeeded" if changed else "unchanged",
            seconds=round(env.clock.monotonic() - result.started, 3),
            slot=worktree.slot,
            head=submission.head,
            commits=list(submission.commits),
            files_changed=list(submission.files_changed),
            uncommitted=list(submission.uncommitted),
            steps=result.records,
            captures=dict(result.captures),
            output=result.output[-4096:],
            log=result.log,
            patch=patch,
        )
    )
    handed_in = submission if changed else None
    await env.lane.settle(assignment.id, handed_in, number)
    return AgentResult(id=assignment.id, submission=handed_in, variables=result.variables)


@effect
async def drain_lane_effect(env: MapEnv) -> tuple[tuple[int, int], ...]:
    """Land everything that was recorded, as if the undecided items had made nothing.

    Returns the conflicting items that are to be executed again, each with the number of that execution.
    """
    return await env.lane.drain()


@final
class OrderedLane:
    """Lands submissions strictly in item order; one at a time, by whichever agent completes the order.

    `on_conflict` says what becomes of an item that does not merge, `how` how the others are recorded to have landed.
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
        on_conflict: Literal["dlq", "rebase", "rerun"] = "dlq",
        how: LandedHow = "merge",
    ) -> None:
        self._order = MergeOrder[tuple[Submission, int]](item_ids)
        self._on_conflict = on_conflict
        self._how = how
        self._deferred: list[tuple[int, int]] = []
        self._parent = parent
        self._storage = storage
        self._results = results
        self._log = log
        self._total = total
        self._lock = anyio.Lock()

    async def settle(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Decide one item, by its execution `number`, and land what is next in order."""
        self._order.settle(item_id, None if submission is None else (submission, number))
        await self._advance()

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """Decide what nobody decided, so that everything recorded lands.

        Returns the items that are to be executed again, in item order, each with its next execution's number.
        """
        for item_id in self._order.undecided():
            self._order.settle(item_id, None)
        await self._advance()
        return tuple(self._deferred)

    async def _advance(self) -> None:
        # A landing that has begun is finished and recorded, whoever is cancelled meanwhile.
        async with self._lock:
            while (ready := self._order.take_next()) is not None:
                item_id, (submission, number) = ready
                with anyio.CancelScope(shield=True):
                    await self._land(item_id, submission, number)

    async def _land(self, item_id: int, submission: Submission, number: int) -> None:
        message = f"Merge item {item_id}"
        how = self._how
        try:
            outcome = await self._parent.land(item_id, submission, message)
            if isinstance(outcome, Conflicted) and self._on_conflict == "rebase":
                outcome = await self._parent.rebase(item_id, submission, message) or outcome
                how = "rebase"
        except GitFailed as error:
            problem = ErrorRecord(kind="landing_failed", message=error.message, output_tail=error.stderr)
            await self._storage.append(ItemLandingFailed(item_id=item_id, error=problem))
            self._log.error("landing_failed", item_id=item_id, problem=error.message)
            return
        if isinstance(outcome, Conflicted):
            await self._record_conflict(item_id, submission, outcome, number)
        else:
            await self._storage.append(ItemLanded(item_id=item_id, commit=outcome.commit, how=how))

    async def _record_conflict(self, item_id: int, submission: Submission, outcome: Conflicted, number: int) -> None:
        files, with_items, rerun = list(outcome.files), list(outcome.with_items), self._on_conflict == "rerun"
        patch = await self._parent.patch_of(submission)
        # The next execution may leave a patch of its own.
        name = item_file_name(item_id, self._total) + ("-conflict" if rerun else "")
        path = await self._results.write_patch(name, patch) if patch else None
        await self._storage.append(
            ItemConflicted(item_id=item_id, files=files, with_items=with_items, patch=path, rerun=rerun)
        )
        if rerun:
            self._deferred.append((item_id, number + 1))
        self._log.warning("item_conflicted", item_id=item_id, files=files, with_items=with_items, rerun=rerun)
