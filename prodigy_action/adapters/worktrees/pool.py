"""The pool of worktrees for agents: made when needed, scanned once after each agent, then made pristine again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio

from prodigy_action.adapters.checkpoints.checkpoints import CheckpointStore
from prodigy_action.adapters.files.coarse_clock import tick_after
from prodigy_action.adapters.files.placement import Placement
from prodigy_action.adapters.git.absolute_links import links_that_lead_nowhere
from prodigy_action.adapters.git.calls import decode, encode, in_thread, inside
from prodigy_action.adapters.git.made_refs import made_refs
from prodigy_action.adapters.git.nested_repositories import refuse_unknown_submodules
from prodigy_action.adapters.git.odd_files import refuse_odd_repository, refuse_odd_worktree
from prodigy_action.adapters.git.trees import Changes, changes_between
from prodigy_action.adapters.repository.history import commits_since, keep_commits, linear_commits, pulled_commits
from prodigy_action.adapters.repository.kept_refs import keep_refs
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.worktrees.scan import Differences
from prodigy_action.adapters.worktrees.slot import WorktreeSlot
from prodigy_action.adapters.worktrees.slot_allocator import SlotAllocator
from prodigy_action.adapters.worktrees.slot_template import make_template
from prodigy_action.adapters.worktrees.submodule_edits import (
    patch_of_submodules,
    paths_in_submodules,
    touched_submodules,
)
from prodigy_action.adapters.worktrees.tracked_files import holds
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed, WorktreeUnusable
from prodigy_action.model.events import KeptRef
from prodigy_action.model.git import Looks, Submission, Worktree

_PATCHES_AT_ONCE = 2
"""A whole patch is held in memory, and failed agents may leave large files."""


@dataclass(slots=True)
class _Handed:
    slot: WorktreeSlot
    differences: Differences | None = None
    head: str = ""
    pristine: bool | None = None
    """Whether it was made pristine; None before. Then `head` is the commit that the agent left."""


class WorktreePool:
    """The port `Worktrees`: at most `size` worktrees exist, each on a branch of its own at `base`.

    Nothing may run in a worktree between `collect` and `release`: one scan serves both. An item that certainly changed
    nothing takes no thread, no process and no scan.
    """

    def __init__(
        self,
        repository: PrivateRepository,
        base: str,
        size: int,
        carried: tuple[bytes, ...],
        limiter: anyio.CapacityLimiter,
        keeper: CheckpointStore | None = None,
        *,
        spare: bool = False,
    ) -> None:
        """Blocks. With `spare` the only slot may have the parent worktree, which is as git checked it out.

        Raises `GitFailed` when the base cannot be listed, `ValueError` for a size below 1."""
        self._budget = WatchBudget(repository.root)
        for name in ("worktrees", "slots"):
            Path(repository.root, name).mkdir(exist_ok=True)
        self._allocator = SlotAllocator(size, self._budget, Placement(f"{repository.root}/worktrees"))
        self._repository = repository
        self._base = base
        self._base_tree = repository.objects.commit(base).tree
        self._limiter = limiter
        self._patching = anyio.CapacityLimiter(_PATCHES_AT_ONCE)
        self._keeper = keeper
        self._start = base
        self.submitted: dict[int, str] = {}
        """The last commit of each item whose commits are kept, by item id."""
        self._free = anyio.Semaphore(size)
        self._carried = carried
        self._slots = size
        self._template = make_template(repository, base, carried, size)
        # With accounts, the parent worktree has another user; what submodules and carried files hold is read in it.
        if spare and size == 1 and not carried and repository.accounts is None and not self._template.submodules:
            repository.place.offer(repository.base)
            self._slots, self._template = 0, replace(self._template, stock=None)
        if self._template.stock is not None:
            self._template.stock.start()
        self._handed: dict[str, _Handed] = {}

    @property
    def looks(self) -> Looks:
        """How often the worktrees were searched for changes, so far."""
        return self._budget.looks

    async def create_worktree(self, name: str) -> Worktree:
        """A pristine worktree; waits while all are in use. Raises `WorktreeUnusable` when none can be made."""
        await self._free.acquire()
        try:
            slot = await self._allocator.take(self._template)
            branch = f"{self._repository.branch}-item-{name.rpartition('-')[2]}"
            try:
                slot.enter_branch(branch)  # here, since a thread would cost five times as much
                await tick_after(slot.written_at)
            except BaseException:
                self._allocator.put_back(slot)
                raise
        except BaseException:
            self._free.release()
            raise
        self._handed[slot.path] = _Handed(slot)
        return Worktree(name, slot.path, self._base, slot.number, branch)

    async def start_from(self, base: str) -> None:
        """Use another commit as the base of all worktrees from now on. Raises `RuntimeError` while any is in use."""
        if self._handed:
            raise RuntimeError(f"{len(self._handed)} worktrees are in use")
        self._template = await in_thread(
            make_template, self._repository, base, self._carried, self._slots, limiter=self._limiter
        )
        self._base, self._base_tree = base, self._repository.objects.commit(base).tree

    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        """Find what the agent did, keep its commits under the item's ref, and save them on disk beyond this run.

        Raises `WorktreeUnusable` when HEAD is lost or its history no longer contains the base, `MalformedCommit` for
        commits that git would refuse, `ResultsUnwritable`.
        """
        handed = self._handed[worktree.path]
        if handed.slot.is_untouched():  # here, since a thread would cost more than all of this
            self._budget.without_scan += 1
            return Submission(self._base)
        found = await in_thread(self._collect, handed, item_id, limiter=self._limiter)
        if self._keeper is None:
            return found
        if found.refs:
            found = replace(found, refs=await self._keeper.keep_refs(found.refs, [self._start, *found.commits]))
        if not found.commits:
            return found
        self.submitted[item_id] = found.head
        if found.kept is not None:
            return found
        # After another start, no other file keeps the commits that landed in the meantime.
        based_on = None if self._base == self._start else self._base
        return replace(found, kept=await self._keeper.keep(found.head, [self._start]), based_on=based_on)

    async def keep_refs(self, worktree: Worktree, item_id: int) -> tuple[KeptRef, ...]:
        """Keep the branches, tags and stashes that an agent without a result made, under refs of the item, and on disk.

        What HEAD is at is in the patch. Raises `GitFailed`, `ResultsUnwritable`.
        """
        refs = await in_thread(self._keep_refs, self._handed[worktree.path].slot, item_id, limiter=self._limiter)
        return refs if self._keeper is None or not refs else await self._keeper.keep_refs(refs, [self._start])

    async def patch(self, worktree: Worktree) -> bytes:
        """Everything in the worktree that differs from the base, committed or not."""
        return await in_thread(self._patch, self._handed[worktree.path], limiter=self._patching)

    async def release(self, worktree: Worktree) -> None:
        """Make the worktree pristine, or drop it, so that the next agent gets a new one."""
        handed = self._handed.pop(worktree.path)
        try:
            if handed.pristine is None and not handed.slot.is_untouched():
                with anyio.CancelScope(shield=True):
                    await in_thread(_make_pristine, handed, limiter=self._limiter)
        except BaseException:
            self._allocator.drop(handed.slot)
            raise
        else:
            if handed.pristine is False:
                self._allocator.drop(handed.slot)
            else:
                self._allocator.put_back(handed.slot)
        finally:
            self._free.release()

    def _collect(self, handed: _Handed, item_id: int) -> Submission:
        slot, repository = handed.slot, self._repository
        slot.end_processes()
        head = slot.head()
        commits: tuple[str, ...] = ()
        pulled: tuple[str, ...] = ()
        changes: Changes = {}
        contents: Sequence[tuple[str, bytes]] | None = None
        if head != self._base:
            keep_commits(repository, slot.git_dir, head)
            linear = linear_commits(repository, self._base, head)
            commits = linear if linear is not None else commits_since(repository, self._base, head)
            contents = repository.check.check(self._base, commits, linear=linear is not None)
            changes = changes_between(repository.objects, self._base_tree, repository.objects.commit(head).tree)
            refuse_unknown_submodules(repository.own, head, changes, self._template.tracked.get)
            pulled = pulled_commits(repository, slot.git_dir, slot.user, commits, linear=linear is not None)
            repository.write_ref(f"refs/prodigy/{repository.run_id}/items/{item_id}", head)
        try:
            handed.differences = slot.scan()
        except (GitFailed, OSError) as error:
            raise WorktreeUnusable(f"the worktree cannot be inspected: {error}") from error
        uncommitted = self._uncommitted(slot, handed.differences, changes)
        made = made_refs(slot.git_dir, self._template.packed_refs, {self._base, head, *commits})
        touched = touched_submodules(self._template, handed.differences)
        kept = None
        if contents is not None and commits and self._keeper is not None and self._base == self._start:
            kept = self._keeper.keep_contents(contents)
        found = Submission(
            head,
            commits,
            tuple(sorted(map(decode, changes))),
            uncommitted,
            kept=kept,
            pulled=pulled,
            links=tuple(map(decode, links_that_lead_nowhere(repository.objects, changes, repository.root))),
            in_submodules=paths_in_submodules(slot, self._template, touched, changes) if touched else (),
            refs=keep_refs(repository, slot.git_dir, made, self._base, item_id) if made else (),
        )
        if kept is not None and not (uncommitted or found.in_submodules or found.refs):
            # All that the agent did is on disk, and nobody needs the worktree: a second thread would cost more.
            handed.head = head
            _make_pristine(handed)
        return found

    def _keep_refs(self, slot: WorktreeSlot, item_id: int) -> tuple[KeptRef, ...]:
        slot.end_processes()
        reached = {self._base}
        with suppress(WorktreeUnusable):
            reached.add(slot.head())
        made = made_refs(slot.git_dir, self._template.packed_refs, reached)
        return keep_refs(self._repository, slot.git_dir, made, self._base, item_id) if made else ()

    def _uncommitted(self, slot: WorktreeSlot, differences: Differences, changes: Changes) -> tuple[str, ...]:
        tracked, root = self._template.tracked, encode(slot.path)
        suspects = {*(path for path in differences.changed if path in tracked), *differences.extra, *changes}
        if differences.lost:
            return ()
        for path in suspects:
            entry = changes[path] if path in changes else tracked.get(path)
            if not holds(inside(root, path), entry):
                break
        else:
            return ()
        refuse_odd_repository(slot.git_dir)
        refuse_odd_worktree(slot.path)
        options = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
        answer = slot.agents_view.attempt(*options)
        if answer.status != 0:
            return tuple(sorted(map(decode, suspects)))
        return tuple(sorted(decode(entry[3:]) for entry in answer.stdout.split(b"\0") if entry))

    def _patch(self, handed: _Handed) -> bytes:
        options = ("--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-renames")
        slot = handed.slot
        if handed.pristine is not None:
            return self._repository.own.run("diff", *options, self._base, handed.head)
        slot.end_processes()
        if not Path(slot.path).is_dir():
            return slot.agents_view.run("diff", *options, self._base, slot.head())
        index = slot.pristine_index_copy()
        environ = {"GIT_INDEX_FILE": index}
        try:
            refuse_odd_worktree(slot.path)
            slot.trusted.attempt("add", "--all", "--ignore-errors", ".", environ=environ)
            compared = ("diff", "--cached", *options, "--ignore-submodules=dirty", self._base)
            patch = slot.trusted.run(*compared, environ=environ)
            return patch + patch_of_submodules(slot, self._template) if self._template.submodules else patch
        finally:
            with suppress(OSError):
                Path(index).unlink()


def _make_pristine(handed: _Handed) -> None:
    """Restore the worktree, or else remove it, and say which."""
    handed.slot.end_processes()
    try:
        differences = handed.differences if handed.differences is not None else handed.slot.scan()
        if not differences.lost:
            handed.slot.restore(differences)
            handed.pristine = True
            return
    except (GitFailed, OSError):
        pass  # a worktree that cannot be restored is made anew
    handed.pristine = False
    with suppress(OSError):
        handed.slot.destroy()
