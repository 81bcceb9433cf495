"""The parent branch between the phases."""

from __future__ import annotations

from prodigy_action.environment import RunEnv
from prodigy_action.model.workflow import MapPhase
from prodigy_action.runtime import effect


@effect
async def commit_setup_effect(env: RunEnv) -> None:
    """Commit the tracked files that setup modified, so that agents start from them."""
    commit = await env.repository.commit_setup_changes()
    if commit is not None:
        env.log.info("setup_changes_committed", commit=commit)


@effect
async def prepare_pool_effect(env: RunEnv, phase: MapPhase, agents: int) -> str:
    """Ready the worktrees of the map; the commit that every agent starts from."""
    return await env.repository.prepare_pool(max(1, min(env.max_parallel, agents)), phase.carry)


@effect
async def advance_parent_effect(env: RunEnv) -> str:
    """Bring the parent worktree to the merged head; that commit."""
    return await env.repository.advance()
