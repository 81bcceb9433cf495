"""What landed, given to the user's repository."""

from __future__ import annotations

from prodigy_action.environment import RunEnv
from prodigy_action.model.events import Published
from prodigy_action.model.git import Publication
from prodigy_action.runtime import effect

UNCOMMITTED_SHOWN = 10


@effect
async def report_uncommitted_effect(env: RunEnv) -> None:
    """Warn about what reduce and merge steps left uncommitted: it is not published, and kept as a patch."""
    left = await env.repository.uncommitted()
    if not left:
        return
    patch = await env.repository.worktrees.patch(env.repository.parent.worktree)
    path = await env.results.write_patch("parent", patch) if patch else None
    env.log.warning(
        "uncommitted_changes_not_published", files=list(left[:UNCOMMITTED_SHOWN]), count=len(left), patch=path
    )


@effect
async def publish_effect(env: RunEnv, *, move_checkout: bool, reason: str | None = None) -> Publication:
    """Write the branch `prodigy/<run_id>` and, when nothing can be lost, fast-forward the checkout."""
    publication = await env.repository.publish(move_checkout=move_checkout, reason=reason)
    await env.storage.append(
        Published(
            head_sha=publication.head,
            branch=publication.branch,
            checkout=publication.checkout,
            reason=publication.reason,
        )
    )
    if publication.branch is None:
        env.log.info("nothing_to_publish")
    elif publication.checkout:
        env.log.info("checkout_fast_forwarded", head=publication.head, branch=publication.branch)
    else:
        env.log.warning(
            "checkout_left_alone", head=publication.head, branch=publication.branch, reason=publication.reason
        )
    return publication
