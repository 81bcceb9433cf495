"""From an agent's commits to the parent branch, in item order."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Literal, TypeVar, final

import anyio
from anyio.abc import TaskGroup

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
from prodigy_action.errors import (
    GitFailed,
    JournalUnwritable,
    MalformedCommit,
    ProdigyError,
    ResultsUnwritable,
    StepFailed,
)
from prodigy_action.model.assignment import WorkAssignment
from prodigy_action.model.events import ErrorRecord, ItemConflicted, ItemLanded, ItemLandingFailed, LandedHow
from prodigy_action.model.git import CommitRequest, Conflicted, Landed, Submission, Worktree
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.items.outcome import as_step_failure, ended_well
from prodigy_action.pure.policies.merge_order import MergeOrder
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import Effect, effect

T = TypeVar("T")

_LANDED_AT_ONCE = 100


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


@final
class HeldBack:
    """The merge queue of a shard: nothing lands here, and the records of the items say what is to land."""

    def landing(self) -> AbstractAsyncContextManager[None]:
        """Do nothing."""
        return nullcontext()

    async def resolve(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Do nothing: the end of the item is on record."""

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """No item is executed again."""
        return ()


@final
class OrderedMergeQueue:
    """Lands submissions strictly in item order, those that are ready together.

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
        waits: bool = True,
    ) -> None:
        """`titles` are those of the items, for the messages of commits; `gate` and `failures` are informed of each item
        that does not land. `waits`: agents wait for the landing, because the gate may have to close after it.
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
        self._waits = waits
        self._beside: TaskGroup | None = None
        self._at_work = False  # one task lands; after its failure it stays so, and nothing lands any more
        self._problem: Exception | None = None
        self._ready: deque[tuple[int, Submission, int]] = deque()

    @asynccontextmanager
    async def landing(self) -> AsyncIterator[None]:
        """While the context lasts, items land beside it, unless agents have to wait for that."""
        failed: Exception | None = None
        try:
            async with anyio.create_task_group() as group:
                self._beside = None if self._waits else group
                try:
                    yield
                except Exception as error:  # noqa: BLE001 - a group would wrap it; raised again below
                    failed = error
        finally:
            self._beside = None
        problem = failed or self._problem
        if problem is not None:
            raise problem

    async def resolve(self, item_id: int, submission: Submission | None, number: int = 1) -> None:
        """Resolve one item, by its execution `number`, and land the items whose turn it is."""
        self._order.resolve(item_id, None if submission is None else (submission, number))
        if self._beside is None:
            await self._advance()
        elif not self._at_work:  # the task looks for further items before it ends
            self._at_work = True
            self._beside.start_soon(self._advance_beside)

    async def drain(self) -> tuple[tuple[int, int], ...]:
        """Resolve the remaining items, so that every recorded item lands.

        Returns the items that are to be executed again, in item order, each with its next execution's number.
        """
        for item_id in self._order.undecided():
            self._order.resolve(item_id, None)
        await self._advance()
        return tuple(self._deferred)

    async def _advance_beside(self) -> None:
        try:
            with anyio.CancelScope(shield=True):
                await self._advance()
            self._at_work = False
        except Exception as error:  # noqa: BLE001 - raised again at the end of `landing`
            self._problem = self._problem or error
            if isinstance(error, JournalUnwritable):
                self._gate.halt(str(error))

    async def _advance(self) -> None:
        # A landing that has started is finished and recorded, even when the agent is cancelled meanwhile.
        async with self._lock:
            while self._take_ready():
                with anyio.CancelScope(shield=True):
                    await self._land()

    def _take_ready(self) -> bool:
        while len(self._ready) < _LANDED_AT_ONCE and (following := self._order.take_next()) is not None:
            item_id, (submission, number) = following
            self._ready.append((item_id, submission, number))
        return bool(self._ready)

    async def _land(self) -> None:
        """Land the items that are ready, up to the first one that does not land; they are recorded, and not ready any
        more.
        """
        message = self._titles.merge_message
        asked = [(item_id, submission, message(item_id)) for item_id, submission, _ in self._ready]
        outcomes = await self._parent.land_all(asked)
        landed = [
            ItemLanded(item_id=item_id, commit=outcome.commit, how=self._how)
            for (item_id, _, _), outcome in zip(asked, outcomes, strict=False)
            if isinstance(outcome, Landed)
        ]
        for _ in landed:
            self._ready.popleft()
        if landed:
            await self._storage.append_all(landed)
        if not isinstance(outcomes[-1], Landed):
            await self._record_unlanded(*self._ready.popleft(), outcomes[-1])

    async def _record_unlanded(
        self, item_id: int, submission: Submission, number: int, outcome: Conflicted | GitFailed | OSError
    ) -> None:
        if isinstance(outcome, Conflicted):
            await self._resolve_conflict(item_id, submission, outcome, number)
        else:
            await self._record_problem(item_id, submission, outcome)

    async def _resolve_conflict(self, item_id: int, submission: Submission, outcome: Conflicted, number: int) -> None:
        landed: Landed | None = None
        if self._on_conflict == "rebase":
            try:
                landed = await self._parent.rebase(item_id, submission, self._titles.merge_message(item_id))
            except (GitFailed, OSError) as error:
                await self._record_problem(item_id, submission, error)
                return
        if landed is None:
            await self._record_conflict(item_id, submission, outcome, number)
        else:
            await self._storage.append(ItemLanded(item_id=item_id, commit=landed.commit, how="rebase"))

    async def _record_problem(self, item_id: int, submission: Submission, error: GitFailed | OSError) -> None:
        failure = as_step_failure(error, step="landing")
        kind = failure.kind if isinstance(error, MalformedCommit) else "landing_failed"
        problem = ErrorRecord(kind=kind, message=failure.message, output_tail=failure.output_tail)
        path = await self._keep_patch(item_file_name(item_id, self._total), submission)
        await self._storage.append(ItemLandingFailed(item_id=item_id, error=problem, patch=path))
        self._note_unlanded(item_id, "failed", failure.message)

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
