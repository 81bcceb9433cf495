"""The parent branch between the phases."""

from __future__ import annotations

from prodigy_action.environment import MapRepository, RunEnv
from prodigy_action.errors import WorktreeChanged
from prodigy_action.model.workflow import MapPhase
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import effect


@effect
async def bring_carried_effect(env: RunEnv, phase: MapPhase | None) -> None:
    """Copy the files that `map.carry` selects from the checkout to the parent worktree, before setup."""
    if phase is None or not phase.carry:
        return
    paths = await env.repository.bring_carried(phase.carry)
    env.log.info("files_carried", count=len(paths))


@effect
async def commit_setup_effect(env: RunEnv, *, writes_nothing: bool = False) -> frozenset[str]:
    """Commit the tracked files that setup modified, so that agents start from them; returns the untracked files.

    Where setup `writes_nothing`, there are neither, and nothing is looked for.
    """
    if writes_nothing:
        return frozenset()
    commit = await env.repository.commit_setup_changes()
    if commit is not None:
        env.log.info("setup_changes_committed", commit=commit)
    path = env.repository.parent_worktree.path
    return frozenset((await env.git.changes(path, await env.git.head(path))).files_changed)


@effect
async def prepare_pool_effect(env: RunEnv, phase: MapPhase, agents: int, *, spare: bool = False) -> MapRepository:
    """Ready the worktrees of the map, at most one per agent; without isolation there is one for all. With `spare`
    nothing ran in the parent worktree.
    """
    size, isolated = max(1, min(env.max_parallel, agents)), phase.isolation == "worktree"
    repository = await env.repository.prepare_pool(size, phase.carry, isolated=isolated, spare=spare)
    files = repository.naming_other_places
    if files:
        env.log.warning("carried_files_name_other_places", files=list(files[:PATHS_SHOWN]), count=len(files))
    return repository


@effect
async def refuse_changes_effect(_: RunEnv, repository: MapRepository) -> None:
    """Raise `WorktreeChanged` when items changed the worktree that they share."""
    changed = await repository.changed_by_items()
    if changed:
        shown = ", ".join(changed[:PATHS_SHOWN])
        more = f" and {len(changed) - PATHS_SHOWN} more" if len(changed) > PATHS_SHOWN else ""
        raise WorktreeChanged(
            f"`isolation: none`: the items changed the worktree that they share: {shown}{more} "
            "(write outside of it, such as in $TMPDIR, or remove `isolation: none`)",
            phase="map",
        )


@effect
async def log_looks_effect(env: RunEnv, repository: MapRepository) -> None:
    """Log how often the worktrees of items were searched for changes."""
    looks = repository.looks
    env.log.debug("worktrees_inspected", scans=looks.scans, without_scan=looks.without_scan, reason=looks.doubt)


@effect
async def start_from_landed_effect(_: RunEnv, repository: MapRepository) -> None:
    """Let the next agent start from what has landed."""
    await repository.start_from_landed()


@effect
async def advance_parent_effect(env: RunEnv, repository: MapRepository) -> str:
    """Move the parent worktree to the merged head; returns that commit."""
    return await repository.advance(needed=bool(env.workflow.reduce.steps or env.workflow.merge.steps))
