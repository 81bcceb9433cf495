"""The git work of one map: the worktrees of its agents, the branch that they land on, and what is kept of its start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from prodigy_action.adapters.checkpoints.checkpoints import CheckpointStore
from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.landing.merging import MergingBranch
from prodigy_action.adapters.repository.parent_worktree import check_out_merged, parent_head
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.worktrees.pool import WorktreePool
from prodigy_action.adapters.worktrees.shared_worktree import SharedWorktree
from prodigy_action.errors import MalformedCommit
from prodigy_action.model.events import StartKept
from prodigy_action.model.git import Checkout, Looks


@final
class GitMapRepository:
    """The port `MapRepository`. `parent.head` is what has landed."""

    def __init__(
        self,
        repository: PrivateRepository,
        checkout: Checkout,
        worktrees: WorktreePool | SharedWorktree,
        parent: MergingBranch,
        carried: tuple[bytes, ...],
        *,
        run_base: str,
        keeper: CheckpointStore | None,
        naming_other_places: tuple[str, ...] = (),
        untouched: bool = False,
    ) -> None:
        """`carried` are the files that every agent gets, `run_base` is the commit that the run started from.
        `untouched`: nothing ran in the parent worktree before the map.
        """
        self._untouched = untouched
        self.found_unchanged = False
        """Whether a scan found the parent worktree as git checked it out, and nothing runs in it any more."""
        self.worktrees = worktrees
        self._pool = worktrees if isinstance(worktrees, WorktreePool) else None
        self.parent = parent
        self.naming_other_places = naming_other_places
        """The carried files that still name setup's worktree or the checkout."""
        self._repository = repository
        self._checkout = checkout
        self._carried = carried
        self._run_base = run_base
        self._keeper = keeper
        self._advanced = False

    @property
    def start(self) -> str:
        """The commit that agents start from, unless `start_from_landed` changed that."""
        return self.parent.worktree.base

    @property
    def looks(self) -> Looks:
        """How often the worktrees were searched for changes."""
        return Looks() if self._pool is None else self._pool.looks

    async def changed_by_items(self) -> tuple[str, ...]:
        """What agents without isolation changed in the parent worktree, by one scan; empty with isolation."""
        if not isinstance(self.worktrees, SharedWorktree):
            return ()
        changed = await self.worktrees.changed()
        self.found_unchanged = self._untouched and not changed
        return changed

    async def start_from_landed(self) -> None:
        """Let further agents start from what has landed so far; none may be at work. Raises `RuntimeError` without
        isolation, where nothing lands.
        """
        if self._pool is None:
            raise RuntimeError("items that share a worktree land nothing")
        await self._pool.start_from(self.parent.start_from_landed())

    async def land_on(self, head: str, landed: Mapping[int, str]) -> None:
        """Land on top of a head that an earlier attempt published, which holds the `landed` items."""
        await in_thread(self.parent.continue_from, head, landed)

    async def keep_start(self, *, travels: bool = False) -> StartKept:
        """Keep what setup came to: its commits, and the files that only it can have made; for other checkouts
        (`travels`) every untracked file that agents get.
        """
        if self._keeper is None:
            return StartKept(start_sha=self.start, worktree=self._repository.parent)
        kept = await self._keeper.keep(self.start, [self._run_base])
        archived = await in_thread(self._keeper.keep_files, None if travels else self._checkout, self._carried)
        return StartKept(start_sha=self.start, kept=kept, carried=archived, worktree=self._repository.parent)

    async def advance(self, *, needed: bool = True) -> str:
        """At the end of the map: check out what landed in the parent worktree; returns its commit.

        Where an agent got that worktree, it is made again only when it is `needed`.
        """
        head = self.parent.head
        self.found_unchanged = self.found_unchanged and not needed and head == self.start
        if self.found_unchanged:
            self._advanced = True
            return head
        if needed:
            await in_thread(self._repository.place.make_again, head)
        await in_thread(check_out_merged, self._repository, head)
        self._advanced = True
        return head

    async def reached(self) -> str:
        """The result of the run so far: what landed, until the parent worktree has it; then that worktree's HEAD."""
        if not self._advanced:
            return self.parent.head
        try:
            return await in_thread(parent_head, self._repository)
        except MalformedCommit:  # has failed the phase that made it
            return self.parent.head
