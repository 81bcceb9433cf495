"""Items that do not land: their patches, their records, and who is informed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import anyio

from prodigy_action.effects.items.failure import item_file_name
from prodigy_action.environment import AdmissionGate, EventLog, Failures, Journal, ParentBranch, ResultFiles
from prodigy_action.errors import GitFailed, MalformedCommit, ResultsUnwritable
from prodigy_action.model.events import ErrorRecord, ItemConflicted, ItemLandingFailed
from prodigy_action.model.git import Conflicted, Submission
from prodigy_action.pure.item_titles import ItemTitles
from prodigy_action.pure.items.outcome import as_step_failure
from prodigy_action.pure.text.cutting import PATHS_SHOWN


@final
class UnlandedItems:
    """Records each item that does not land. Nothing here tries to land it in another way."""

    def __init__(
        self,
        *,
        parent: ParentBranch,
        storage: Journal,
        results: ResultFiles,
        log: EventLog,
        total: int,
        gate: AdmissionGate,
        failures: Failures,
        titles: ItemTitles,
        rerun: bool,
    ) -> None:
        """`gate` and `failures` are informed of each item that does not land; with `rerun`, those that conflict are
        executed again, and count only then.
        """
        self._parent = parent
        self._storage = storage
        self._results = results
        self._log = log
        self._total = total
        self._gate = gate
        self._failures = failures
        self._titles = titles
        self._rerun = rerun
        self.deferred: list[tuple[int, int]] = []
        """The conflicting items that are to be executed again, in item order, each with that execution's number."""

    async def record_problem(self, item_id: int, submission: Submission, error: GitFailed | OSError) -> None:
        """Record that landing failed. Raises `JournalUnwritable`."""
        failure = as_step_failure(error, step="landing")
        kind = failure.kind if isinstance(error, MalformedCommit) else "landing_failed"
        problem = ErrorRecord(kind=kind, message=failure.message, output_tail=failure.output_tail)
        path = await self._keep_patch(item_file_name(item_id, self._total), submission)
        with anyio.CancelScope(shield=True):
            await self._storage.append(ItemLandingFailed(item_id=item_id, error=problem, patch=path))
        self._note(item_id, "failed", failure.message)

    async def record_conflict(self, item_id: int, submission: Submission, outcome: Conflicted, number: int) -> None:
        """Record a conflict of the execution `number`. Raises `JournalUnwritable`."""
        files, with_items = list(outcome.files), list(outcome.with_items)
        # The next execution may write a patch of its own.
        name = item_file_name(item_id, self._total) + ("-conflict" if self._rerun else "")
        path = await self._keep_patch(name, submission)
        with anyio.CancelScope(shield=True):
            await self._storage.append(
                ItemConflicted(item_id=item_id, files=files, with_items=with_items, patch=path, rerun=self._rerun)
            )
        if self._rerun:
            self.deferred.append((item_id, number + 1))
            self._log.info("item_conflicted", item_id=item_id, files=files, with_items=with_items, rerun=True)
        else:
            self._note(item_id, "conflicted", _conflict(self._titles, files, with_items))

    async def _keep_patch(self, name: str, submission: Submission) -> str | None:
        try:
            patch = await self._parent.patch_of(submission)
            return await self._results.write_patch(name, patch) if patch else None
        except (GitFailed, ResultsUnwritable, OSError) as error:
            self._log.warning("patch_not_kept", name=name, problem=str(error))
            return None

    def _note(self, item_id: int, state: str, problem: str) -> None:
        self._gate.record_unlanded()
        self._failures.report(item_id, state, problem)


def _conflict(titles: ItemTitles, files: Sequence[str], with_items: Sequence[int]) -> str:
    """`conflict in a.txt with packages/b.py`."""
    others = [titles.key(other) or f"item {other}" for other in with_items[:PATHS_SHOWN]]
    more = f" and {len(with_items) - len(others)} more" if len(with_items) > len(others) else ""
    with_others = f" with {', '.join(others)}{more}" if others else ""
    more_files = f" and {len(files) - PATHS_SHOWN} more" if len(files) > PATHS_SHOWN else ""
    return f"conflict in {', '.join(files[:PATHS_SHOWN])}{more_files}{with_others}"
