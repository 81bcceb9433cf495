"""Engines on real repositories, and agents that are functions."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import anyio

from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.git_engine import GitEngine, git_engine
from prodigy_action.adapters.landing.merging import Commits, MergingBranch, Shape
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.adapters.worktrees import pool
from prodigy_action.adapters.worktrees.pool import WorktreePool
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.model.git import Conflicted, Identity, Landed, Submission
from tests.support.git import commit_all, write

IDENTITY = Identity("Engine", "engine@example.org")
Act = Callable[[Path], None]


class GitWork:
    """The git work of one run: `worktrees` and `parent` are there once `prepare_pool` has run."""

    worktrees: WorktreePool
    parent: MergingBranch

    def __init__(self, engine: GitEngine) -> None:
        self.parent_worktree = engine.parent_worktree
        self.git_dir = engine.git_dir
        self.bring_carried = engine.bring_carried
        self.commit_setup_changes = engine.commit_setup_changes
        self.result_head = engine.result_head
        self.publish = engine.publish
        self.restore = engine.restore
        self.check_parent = engine.state.check_parent
        self._engine = engine

    async def prepare_pool(self, size: int, carry: Sequence[str] = ()) -> None:
        self._map = await self._engine.prepare_pool(size, carry)
        assert isinstance(self._map.worktrees, WorktreePool)
        self.worktrees, self.parent = self._map.worktrees, self._map.parent

    async def advance(self) -> str:
        return await self._map.advance()


@asynccontextmanager
async def engine_on(
    repository: Path | str,
    run_id: str = "run-1",
    *,
    shape: Shape = "merge",
    commits: Commits = "as-made",
    temporary: Path | str | None = None,
    size: int | None = 2,
    carry: tuple[str, ...] = (),
    watches: int | None = None,
    store: StateStore | None = None,
) -> AsyncIterator[GitWork]:
    """An engine whose pool is prepared, unless `size` is None; `watches` is that of `WatchBudget`, and `store` keeps
    what items commit.
    """
    checkout = await open_checkout(str(repository), dict(os.environ))
    directory = None if temporary is None else str(temporary)
    async with git_engine(
        checkout, run_id, IDENTITY, shape=shape, commits=commits, temporary_directory=directory, store=store
    ) as opened:
        engine = GitWork(opened)
        if size is not None:
            await engine.commit_setup_changes()
            with patch.object(pool, "WatchBudget", partial(WatchBudget, watches=watches)):
                await engine.prepare_pool(size, carry)
        yield engine


async def run_agent(engine: GitWork, item_id: int, act: Act) -> Submission:
    """One agent's life: a worktree, `act` in it, collected and released."""
    worktree = await engine.worktrees.create_worktree(f"agent-{item_id}")
    try:
        await anyio.to_thread.run_sync(act, Path(worktree.path))
        return await engine.worktrees.collect(worktree, item_id)
    finally:
        await engine.worktrees.release(worktree)


async def land_one(parent: MergingBranch, item_id: int, submission: Submission, message: str) -> Landed | Conflicted:
    """Land one item. Raises what landing it raised."""
    (outcome,) = await parent.land_all([(item_id, submission, message)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def land(engine: GitWork, item_id: int, act: Act) -> Landed | Conflicted:
    submission = await run_agent(engine, item_id, act)
    return await land_one(engine.parent, item_id, submission, f"Merge item {item_id}")


def committing(files: Mapping[str, str | bytes | None], message: str = "agent") -> Act:
    """An agent that writes (None: removes) files and commits."""

    def act(root: Path) -> None:
        for name, content in files.items():
            if content is None:
                (root / name).unlink()
            else:
                write(root, name, content)
        commit_all(root, message)

    return act


def picture(root: Path) -> dict[bytes, tuple[int, bytes]]:
    """Every path below `root` but the git directory, with its mode and content."""
    top = os.fsencode(root)
    found: dict[bytes, tuple[int, bytes]] = {b"": (os.lstat(top).st_mode, b"")}

    def look(directory: bytes) -> None:
        for entry in os.scandir(directory):
            if directory == top and entry.name == b".git":
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            content = b""
            if stat.S_ISLNK(mode):
                content = os.fsencode(Path(os.fsdecode(entry.path)).readlink())
            elif stat.S_ISREG(mode):
                content = Path(os.fsdecode(entry.path)).read_bytes()
            found[entry.path[len(top) + 1 :]] = (mode, content)
            if stat.S_ISDIR(mode):
                look(entry.path)

    look(top)
    return found
