"""Publishing the result to the user's repository."""

from __future__ import annotations

from prodigy_action.environment import RunEnv
from prodigy_action.model.events import HeadKept, Published
from prodigy_action.model.git import Publication
from prodigy_action.runtime import effect

FILES_SHOWN = 10


@effect
async def report_uncommitted_effect(env: RunEnv, left_by_setup: frozenset[str]) -> None:
    """Warn about uncommitted changes in the parent worktree: they are not published, but kept as a patch."""
    worktree = env.repository.parent_worktree
    head = await env.git.head(worktree.path)
    left = [path for path in (await env.git.changes(worktree.path, head)).files_changed if path not in left_by_setup]
    if not left:
        return
    patch = await env.git.patch(worktree.path, head)
    path = await env.results.write_patch("parent", patch) if patch else None
    env.log.warning("uncommitted_changes_not_published", files=left[:FILES_SHOWN], count=len(left), patch=path)


@effect
async def publish_effect(env: RunEnv, *, move_checkout: bool = True, reason: str | None = None) -> Publication:
    """Write the branch `prodigy/<run_id>` and, when no change can be lost, fast-forward the checkout.

    With `move_checkout` false only the branch is written, and `reason` says why. Nothing is written when the result is
    the commit that the run started from.
    """
    head = await env.repository.result_head()
    await env.storage.append(HeadKept(head_sha=head, kept=await env.repository.keep_head(head)))
    publication = await env.repository.publish(head, move_checkout=move_checkout)
    why = publication.reason if move_checkout or publication.branch is None else reason
    await env.storage.append(
        Published(head_sha=head, branch=publication.branch, checkout=publication.checkout, reason=why)
    )
    if publication.branch is None:
        env.log.info("nothing_to_publish")
    elif publication.checkout:
        env.log.info("checkout_fast_forwarded", head=head, branch=publication.branch)
    else:
        env.log.warning("checkout_left_alone", head=head, branch=publication.branch, reason=why)
    return publication
