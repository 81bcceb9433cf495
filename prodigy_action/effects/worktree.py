"""Worktrees of agents."""

from __future__ import annotations

from prodigy_action.environment import MapEnv
from prodigy_action.model.git import Worktree
from prodigy_action.runtime import Effect, from_async_fn


def create_worktree_effect(name: str) -> Effect[Worktree, MapEnv]:
    """A clean worktree at the commit where the map starts. Raises `WorktreeUnusable`."""

    async def create(env: MapEnv) -> Worktree:
        return await env.worktree_manager.create_worktree(name)

    return from_async_fn(create).context(f"creating worktree {name}")


def release_worktree_effect(worktree: Worktree) -> Effect[None, MapEnv]:
    """Make the worktree pristine again, for the next agent."""

    async def release(env: MapEnv) -> None:
        await env.worktree_manager.release(worktree)

    return from_async_fn(release).context(f"releasing worktree {worktree.name}")
