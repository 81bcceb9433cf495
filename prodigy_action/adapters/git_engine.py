"""The git work of one run, composed: open it, use its ports, publish; at the end its temporary files are removed."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import anyio

from prodigy_action.adapters.checkpoints.carried_archive import digest_files
from prodigy_action.adapters.checkpoints.checkpoints import CheckpointStore
from prodigy_action.adapters.checkpoints.restore import restore, restore_start, write_bundle
from prodigy_action.adapters.git.calls import decode, encode, in_thread
from prodigy_action.adapters.git.state import WorktreeState
from prodigy_action.adapters.git.user_settings import keep_user_settings
from prodigy_action.adapters.landing.merging import Commits, MergingBranch, Shape
from prodigy_action.adapters.map_repository import GitMapRepository
from prodigy_action.adapters.processes.accounts import Accounts
from prodigy_action.adapters.repository.bringing import said_by
from prodigy_action.adapters.repository.disk_room import check_room, files_bytes
from prodigy_action.adapters.repository.kept_refs import refs_of_phases
from prodigy_action.adapters.repository.moved_files import files_that_name
from prodigy_action.adapters.repository.parent_worktree import (
    adopt_commit,
    check_out_merged,
    check_parent,
    commit_tracked_changes,
    parent_head,
)
from prodigy_action.adapters.repository.private_repository import PrivateRepository, private_repository
from prodigy_action.adapters.repository.publishing import publish
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.adapters.worktrees.carried_files import bring_from_checkout, carried_paths
from prodigy_action.adapters.worktrees.pool import WorktreePool
from prodigy_action.adapters.worktrees.shared_worktree import SharedWorktree
from prodigy_action.errors import GitFailed, MalformedCommit, ResultsUnwritable
from prodigy_action.model.events import KeptObjects, MadeRef, StartKept
from prodigy_action.model.git import Checkout, Identity, Publication, Worktree
from prodigy_action.pure.text.masking import Masker

_SETUP_MESSAGE = "prodigy: changes made by setup"


class GitEngine:
    """The port `RunRepository`: the git work of one run, but for that of its map."""

    def __init__(
        self,
        checkout: Checkout,
        repository: PrivateRepository,
        *,
        shape: Shape,
        commits: Commits,
        now: Callable[[], int],
        limiter: anyio.CapacityLimiter,
        base: str,
        store: StateStore | None,
        masker: Masker | None = None,
    ) -> None:
        self.checkout = checkout
        self.state = WorktreeState(
            repository.identity,
            limiter,
            repository.accounts,
            check=partial(check_parent, repository),
            environ={
                **(repository.fixed.environ if repository.deterministic else {}),
                **(checkout.settings_environ if repository.accounts is None else {}),
            },
        )
        self.base = base
        self._store = store
        self._keeper = None if store is None else CheckpointStore(repository, store, limiter, masker)
        self.brought_digest = ""
        """A digest of the files that `bring_carried` copied; empty when it copied none."""
        self._earlier: frozenset[str] = frozenset()
        self._items: dict[int, str] = {}
        self._made_earlier: tuple[MadeRef, ...] = ()
        self._results: Path | None = None
        self._repository = repository
        self._shape = shape
        self._commits = commits
        self._now = now
        self._limiter = limiter
        self._submitted: Mapping[int, str] = {}
        """The items of this attempt whose commits are kept, with their last one."""
        self._reached: Callable[[], Awaitable[str]] = self._parent_head
        self._mapped: GitMapRepository | None = None

    @property
    def parent_worktree(self) -> Worktree:
        """The worktree of setup, reduce and merge steps; its base is the commit that the run started from."""
        return Worktree("parent", self._repository.parent, self.base, branch=self._repository.branch)

    @property
    def is_parent_unused(self) -> bool:
        """Whether no step ran in the parent worktree: an agent has it instead, or agents that shared it were found to
        have changed nothing.
        """
        return self._repository.place.is_given or (self._mapped is not None and self._mapped.found_unchanged)

    @property
    def commit_environ(self) -> dict[str, str]:
        """What dates the commits of steps, when commits are a function of the input."""
        return self._repository.fixed.environ if self._repository.deterministic else {}

    @property
    def git_dir(self) -> str:
        """The run's private repository."""
        return self._repository.git_dir

    async def bring_carried(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Before setup: copy what `map.carry` selects in the checkout to the parent worktree; returns the paths."""
        paths = await in_thread(bring_from_checkout, self._repository, self.checkout, tuple(patterns))
        # In the copies, paths name the parent worktree, which has another place in every attempt.
        self.brought_digest = await in_thread(digest_files, encode(self.checkout.path), paths) if paths else ""
        return tuple(path.decode("utf-8", "surrogateescape") for path in paths)

    async def commit_setup_changes(self, message: str = _SETUP_MESSAGE) -> str | None:
        """Commit the tracked files that setup modified; None when it modified none. Raises `GitFailed`."""
        return await in_thread(commit_tracked_changes, self._repository, message)

    async def prepare_pool(
        self,
        size: int,
        carry: Sequence[str] = (),
        *,
        isolated: bool = True,
        spare: bool = False,
    ) -> GitMapRepository:
        """Fix the commit that all agents start from, HEAD of the parent worktree, and make ready for the map.

        `size` is the number of worktrees that may exist at once; none is made before it is asked for. Raises
        `InvalidInput` when so many do not fit the disk. Without isolation
        all agents share the parent worktree. With `spare` nothing ran in it yet: the only agent may have it.
        """
        base = await in_thread(parent_head, self._repository)
        carried = await in_thread(
            partial(carried_paths, self._repository, self.checkout, tuple(carry), untouched=spare)
        )
        pool = await self._pool(base, size, carried, spare) if isolated else None
        worktrees = pool or SharedWorktree(self._repository, base, self._limiter)
        merging = MergingBranch(
            self._repository, base, shape=self._shape, commits=self._commits, now=self._now, limiter=self._limiter
        )
        other = await in_thread(
            files_that_name, encode(self._repository.parent), carried, (self._repository.parent, self.checkout.path)
        )
        mapped = GitMapRepository(
            self._repository, self.checkout, worktrees, merging, carried, run_base=self.base, keeper=self._keeper,
            naming_other_places=tuple(map(decode, other)), untouched=spare,
        )  # fmt: skip
        self._submitted, self._reached = {} if pool is None else pool.submitted, mapped.reached
        self._mapped = mapped
        if isinstance(worktrees, SharedWorktree):
            await worktrees.note()
        return mapped

    async def _pool(self, base: str, size: int, carried: tuple[bytes, ...], spare: bool) -> WorktreePool:
        besides = await in_thread(files_bytes, encode(self._repository.parent), carried)
        check_room(self._repository.root, self._repository.worktree_bytes + besides, size)
        make = partial(WorktreePool, spare=spare)
        return await in_thread(make, self._repository, base, size, carried, self._limiter, self._keeper)

    async def result_head(self) -> str:
        """The result of the run so far: what landed, until the parent worktree has it; then that worktree's HEAD."""
        return await self._reached()

    async def _parent_head(self) -> str:
        try:
            return await in_thread(parent_head, self._repository)
        except MalformedCommit:  # has failed the phase that made it
            return self.base

    async def made_refs(self) -> tuple[MadeRef, ...]:
        """What the steps of setup, reduce and merge made besides, in this attempt and in earlier ones."""
        now = await in_thread(refs_of_phases, self._repository)
        names = {ref.name for ref in now}
        return (*now, *(ref for ref in self._made_earlier if ref.name not in names))

    async def publish(self, head: str, *, made: Sequence[MadeRef] = (), move_checkout: bool = True) -> Publication:
        """Bring `head`, and what steps `made` besides, into the user's repository, and fast-forward the checkout when
        no change can be lost.

        With `move_checkout=False` the checkout is not moved. A failure is part of the publication.
        """

        def blocking() -> Publication:
            return publish(
                self._repository,
                self.checkout,
                head,
                move_checkout=move_checkout,
                made=made,
                base=self.base,
                earlier=self._earlier,
            )

        return await in_thread(blocking)

    async def keep_head(self, head: str, made: Sequence[MadeRef] = ()) -> KeptObjects | None:
        """Keep the result of the run so far, and what steps `made`, besides the commits that are kept for its items."""
        if self._keeper is None:
            return None
        heads = [head, *(ref.object_id for ref in made if ref.kept_as is not None)]
        return await self._keeper.keep_all(heads, [self.base, *self._submitted.values(), *self._items.values()])

    async def restore(
        self,
        results: Path,
        kept: Sequence[KeptObjects],
        *,
        items: Mapping[int, str],
        refs: Mapping[str, str],
        heads: Sequence[str],
        start: str,
        made: Sequence[MadeRef] = (),
        published: Collection[str] = (),
        checked: bool = False,
    ) -> None:
        """Restore what an earlier attempt kept in `results`. Raises `JournalCorrupt` when that is damaged.

        `made` are the references that steps of phases made, `published` the objects of those that earlier attempts
        published; `checked`: this process has checked all commits.
        """
        self._items, self._earlier, self._results = dict(items), frozenset((*heads, *published)), results
        self._made_earlier = tuple(made)
        named = {**refs, **{ref.kept_as: ref.object_id for ref in made if ref.kept_as is not None}}

        def blocking() -> None:
            restore(
                self._repository, results, kept, base=self.base, items=items, refs=named, others=(start, *heads),
                checked=checked,
            )  # fmt: skip

        await in_thread(blocking)

    async def restore_start(self, start: StartKept) -> None:
        """After `restore`: bring the parent worktree to the state in which setup left it in an earlier attempt."""
        if self._results is None:
            raise RuntimeError("nothing can be restored before restore")
        await in_thread(restore_start, self._repository, self._results, start)

    async def adopt_start(self, start: str) -> bool:
        """After setup was repeated: use the earlier attempt's commit, when its files are equal."""
        return await in_thread(adopt_commit, self._repository, start)

    async def check_out(self, head: str) -> None:
        """Bring the parent worktree to a commit of an earlier attempt."""
        await in_thread(check_out_merged, self._repository, head)

    async def write_bundle(self, since: str | None = None) -> str | None:
        """Write the commits of all items and of the run as a bundle on top of `since`, or of the base of the run; why
        that failed, or None.

        There is no bundle without commits, and none without a store.
        """
        if self._store is None:
            return None
        try:
            head = await self.result_head()
            await in_thread(write_bundle, self._repository, self._store.results, since or self.base, head)
        except GitFailed as error:
            return said_by(error)
        except (ResultsUnwritable, OSError) as error:
            return str(error)
        return None


@asynccontextmanager
async def git_engine(
    checkout: Checkout,
    run_id: str,
    identity: Identity,
    *,
    shape: Shape = "merge",
    commits: Commits = "as-made",
    temporary_directory: str | None = None,
    accounts: Accounts | None = None,
    now: Callable[[], int] | None = None,
    base: str | None = None,
    store: StateStore | None = None,
    masker: Masker | None = None,
    secrets_in_commits: bool = False,
    keep: bool = False,
) -> AsyncIterator[GitEngine]:
    """The git work of a run on `checkout`, removed from the disk at the end, unless it is to be kept. With `accounts`,
    each worktree has a user.

    The run starts from `base`, the checkout's HEAD by default. Commits that a resume needs are kept in `store`.
    Commits with a secret that `masker` knows are refused, unless `secrets_in_commits`; files with one are not kept.

    Raises `GitFailed` when the private repository cannot be made.
    """
    limiter = anyio.CapacityLimiter(max(4, 2 * (os.cpu_count() or 1)))
    clock = now or (lambda: int(time.time()))
    with ExitStack() as stack:
        try:
            with anyio.CancelScope(shield=True):
                start = base or checkout.head
                refused = None if secrets_in_commits else masker
                opened = private_repository(
                    checkout,
                    run_id,
                    identity,
                    temporary_directory,
                    accounts,
                    base=start,
                    deterministic=commits == "deterministic",
                    secrets=refused,
                    keep=keep,
                )
                repository = await in_thread(stack.enter_context, opened)
                checkout = await in_thread(keep_user_settings, checkout, repository.root)
            yield GitEngine(
                checkout,
                repository,
                shape=shape,
                commits=commits,
                now=clock,
                limiter=limiter,
                base=start,
                store=store,
                masker=masker,
            )
        finally:
            with anyio.CancelScope(shield=True):
                await in_thread(stack.close)
