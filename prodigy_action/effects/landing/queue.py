"""The merge queue: submissions land in item order, whatever the order in which the items end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Literal, final

import anyio
from anyio.abc import TaskGroup

from prodigy_action.effects.landing.unlanded import UnlandedItems
from prodigy_action.environment import AdmissionGate, EventLog, Failures, Journal, ParentBranch, ResultFiles
from prodigy_action.errors import GitFailed, JournalUnwritable
from prodigy_action.model.events import ItemLanded, LandedHow
from prodigy_action.model.git import Conflicted, Landed, Submission
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.policies.merge_order import MergeOrder
from prodigy_action.runtime.timeout import run_to_end

_LANDED_AT_ONCE = 100
_GATHERED_SECONDS = 0.1
"""Items that end within this time after a landing land together, with one thread and one write of the journal."""
LANDING_SECONDS_WHEN_CANCELLED = 1.0
"""How long items land after the map was cancelled; what has not landed then, a resumed run lands."""


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
        self._rebases = on_conflict == "rebase"
        self._how = how
        self._titles = titles or ItemTitles()
        self._parent = parent
        self._storage = storage
        self._gate = gate
        self._log = log
        self._unlanded = UnlandedItems(
            parent=parent,
            storage=storage,
            results=results,
            log=log,
            total=total,
            gate=gate,
            failures=failures,
            titles=self._titles,
            rerun=on_conflict == "rerun",
        )
        self._lock = anyio.Lock(fast_acquire=True)
        self._waits = waits
        self._beside: TaskGroup | None = None
        self._at_work = False  # one task lands; after its failure it stays so, and nothing lands any more
        self._problem: Exception | None = None
        self._last = anyio.Event()
        """No item ends any more while others land: there is nothing to wait for."""
        self._last.set()
        self._ready: deque[tuple[int, Submission, int]] = deque()

    @asynccontextmanager
    async def landing(self) -> AsyncIterator[None]:
        """While the context lasts, items land beside it, unless agents have to wait for that."""
        failed: Exception | None = None
        try:
            async with anyio.create_task_group() as group:
                if not self._waits:
                    self._beside, self._last = group, anyio.Event()
                try:
                    yield
                except Exception as error:  # noqa: BLE001 - a group would wrap it; raised again below
                    failed = error
                finally:
                    self._last.set()
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
        return tuple(self._unlanded.deferred)

    async def _advance_beside(self) -> None:
        try:
            await self._advance()
            self._at_work = False
        except Exception as error:  # noqa: BLE001 - raised again at the end of `landing`
            if isinstance(error, JournalUnwritable):
                self._gate.halt(str(error))

    async def _advance(self) -> None:
        async with self._lock:
            if not self._take_ready():
                return
            try:
                await run_to_end(self._land_ready, seconds_when_cancelled=LANDING_SECONDS_WHEN_CANCELLED)
            except Exception as error:
                self._note_problem(error)
                raise

    def _note_problem(self, error: Exception) -> None:
        """Log a fault at once: when the map is cancelled as well, it is not raised any more."""
        if self._problem is None and not isinstance(error, JournalUnwritable):
            self._log.error("landing_stopped", error=repr(error), notes=getattr(error, "__notes__", []))
        self._problem = self._problem or error

    async def _land_ready(self) -> None:
        while self._take_ready():
            await self._land()
            if not self._take_ready() and not self._last.is_set():
                with anyio.move_on_after(_GATHERED_SECONDS):
                    await self._last.wait()

    def _take_ready(self) -> bool:
        while len(self._ready) < _LANDED_AT_ONCE and (following := self._order.take_next()) is not None:
            item_id, (submission, number) = following
            self._ready.append((item_id, submission, number))
        return bool(self._ready)

    async def _land(self) -> None:
        """Land the items that are ready, up to the first one that does not land; they are recorded, and not ready any
        more. What has landed is recorded also when landing was cancelled, or ended with an error, which is raised.
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
            with anyio.CancelScope(shield=True):
                await self._storage.append_all(landed)
        if len(landed) < len(outcomes):
            await self._record_unlanded(*self._ready[0], outcomes[-1])
            self._ready.popleft()

    async def _record_unlanded(
        self, item_id: int, submission: Submission, number: int, outcome: Landed | Conflicted | Exception
    ) -> None:
        match outcome:
            case Conflicted():
                await self._resolve_conflict(item_id, submission, outcome, number)
            case GitFailed() | OSError():
                await self._unlanded.record_problem(item_id, submission, outcome)
            case Exception():
                raise outcome

    async def _resolve_conflict(self, item_id: int, submission: Submission, outcome: Conflicted, number: int) -> None:
        landed: Landed | None = None
        if self._rebases:
            try:
                landed = await self._parent.rebase(item_id, submission, self._titles.merge_message(item_id))
            except (GitFailed, OSError) as error:
                await self._unlanded.record_problem(item_id, submission, error)
                return
        if landed is None:
            await self._unlanded.record_conflict(item_id, submission, outcome, number)
        else:
            with anyio.CancelScope(shield=True):
                await self._storage.append(ItemLanded(item_id=item_id, commit=landed.commit, how="rebase"))
