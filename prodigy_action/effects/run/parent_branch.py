"""The parent branch between the phases."""

from __future__ import annotations

from prodigy_action.environment import RunEnv
from prodigy_action.model.workflow import MapPhase
from prodigy_action.runtime import effect


@effect
async def bring_carried_effect(env: RunEnv, phase: MapPhase | None) -> None:
    """Copy what `map.carry` names from the checkout to the parent worktree, before setup."""
    if phase is None or not phase.carry:
        return
    paths = await env.repository.bring_carried(phase.carry)
    env.log.info("files_carried", count=len(paths))


@effect
async def commit_setup_effect(env: RunEnv) -> frozenset[str]:
    """Commit the tracked files that setup modified, so that agents start from them; what it left untracked."""
    commit = await env.repository.commit_setup_changes()
    if commit is not None:
        env.log.info("setup_changes_committed", commit=commit)
    path = env.repository.parent_worktree.path
    return frozenset((await env.git.changes(path, await env.git.head(path))).files_changed)


@effect
async def prepare_pool_effect(env: RunEnv, phase: MapPhase, agents: int) -> str:
    """Ready the worktrees of the map; the commit that every agent starts from."""
    return (await env.repository.prepare_pool(max(1, min(env.max_parallel, agents)), phase.carry)).base


@effect
async def start_from_landed_effect(env: RunEnv) -> str:
    """Let the next agent start from what has landed; that commit."""
    return (await env.repository.start_from_landed()).base


@effect
async def advance_parent_effect(env: RunEnv) -> str:
    """Bring the parent worktree to the merged head; that commit."""
    return await env.repository.advance()
