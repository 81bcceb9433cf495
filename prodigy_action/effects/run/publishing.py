"""Publishing the result to the user's repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prodigy_action.environment import RunEnv
from prodigy_action.errors import GitFailed, JournalUnwritable, PublishFailed, ResultsUnwritable
from prodigy_action.model.events import HeadKept, MadeRef, Published, PublishedPart
from prodigy_action.model.git import Publication
from prodigy_action.pure.journal.completion import where_the_result_is
from prodigy_action.pure.text.cutting import PATHS_SHOWN
from prodigy_action.runtime import Ok, effect


@effect
async def report_uncommitted_effect(env: RunEnv, left_by_setup: frozenset[str]) -> None:
    """Warn about uncommitted changes in the parent worktree: they are not published, but kept as a patch."""
    if env.repository.is_parent_unused:
        return
    worktree = env.repository.parent_worktree
    head = await env.git.head(worktree.path)
    left = [path for path in (await env.git.changes(worktree.path, head)).files_changed if path not in left_by_setup]
    if not left:
        return
    patch = await env.git.patch(worktree.path, head)
    path = await env.results.write_patch("parent", patch) if patch else None
    env.log.warning("uncommitted_changes_not_published", files=left[:PATHS_SHOWN], count=len(left), patch=path)


@effect
async def publish_effect(env: RunEnv) -> None:
    """Write the branch `prodigy/<run_id>`, the bundle and, when no change can be lost, fast-forward the checkout.

    Nothing but the bundle is written when the result is the commit that the run started from. Raises `PublishFailed`
    when a part could not be written: the run is then unfinished, and the error says where the result is.
    """
    publication = await publish_result_effect().run(env)
    bundled = await env.repository.write_bundle()
    missing = _missing_parts(publication, bundled)
    failure = publication.failure or publication.refs_failure or bundled
    where = where_the_result_is(publication.branch, missing, checkout=publication.checkout)
    record = Published(
        head_sha=publication.head,
        branch=publication.branch,
        checkout=publication.checkout,
        reason=publication.reason,
        refs=list(publication.refs),
        missing=missing,
        failure=failure,
    )
    try:
        await env.storage.append(record)
    except JournalUnwritable as error:
        raise PublishFailed(f"{error}; the result is {where}") from error
    log_publication(env, record)
    if missing:
        lacking = " and ".join(f"the {part}" for part in missing)
        raise PublishFailed(
            f"{lacking} could not be written: {failure}. The result is {where}. "
            "With resume-from it is published, and no item runs again"
        )


@effect
async def publish_branch_effect(env: RunEnv, reason: str) -> None:
    """After phases that did not end well: write the branch alone, so that nothing that landed is lost."""
    publication = await publish_result_effect(move_checkout=False).run(env)
    missing: list[PublishedPart] = [] if publication.failure is None else ["branch"]
    missing += [] if publication.refs_failure is None else ["refs"]
    if missing and await env.repository.write_bundle() is not None:
        missing.insert(0, "bundle")
    record = Published(
        head_sha=publication.head,
        branch=publication.branch,
        checkout=False,
        reason=reason if publication.branch is not None else publication.reason,
        final=False,
        refs=list(publication.refs),
        missing=missing,
        failure=publication.failure or publication.refs_failure,
    )
    await env.storage.append(record)
    log_publication(env, record)


@effect
async def publish_result_effect(env: RunEnv, *, move_checkout: bool = True) -> Publication:
    """Keep the result beyond the run, then bring it into the user's repository.

    When it cannot be kept, the checkout is not moved: the branch is then the one place that holds the result.
    """
    head = await env.repository.result_head()
    made = await env.repository.made_refs()
    kept = await keep_result_effect(head, made).attempt().run(env)
    if isinstance(kept, Ok):
        return await env.repository.publish(head, made=made, move_checkout=move_checkout)
    if isinstance(kept.error, JournalUnwritable) or not isinstance(kept.error, ResultsUnwritable | GitFailed | OSError):
        raise kept.error
    publication = await env.repository.publish(head, made=made, move_checkout=False)
    return replace(publication, failure=publication.failure or str(kept.error))


@effect
async def keep_result_effect(env: RunEnv, head: str, made: Sequence[MadeRef]) -> None:
    """Put the result on disk, and on record. From then on the user's repository may contain it."""
    kept = await env.repository.keep_head(head, made)
    await env.storage.append(HeadKept(head_sha=head, kept=kept, refs=list(made)))


def log_publication(env: RunEnv, record: Published) -> None:
    """Log where the result is, and where the references are that steps made."""
    for ref in record.refs:
        env.log.warning("ref_made_by_steps", **ref.model_dump(exclude_none=True))
    if record.missing:
        where = where_the_result_is(record.branch, record.missing, checkout=record.checkout)
        env.log.error(
            "publishing_failed", head=record.head_sha, missing=record.missing, reason=record.failure, result_is=where
        )
    elif record.branch is None:
        env.log.info("nothing_to_publish")
    elif record.checkout:
        env.log.info("checkout_fast_forwarded", head=record.head_sha, branch=record.branch)
    else:
        env.log.warning("checkout_left_alone", head=record.head_sha, branch=record.branch, reason=record.reason)


def _missing_parts(publication: Publication, bundled: str | None) -> list[PublishedPart]:
    missing: list[PublishedPart] = [] if bundled is None else ["bundle"]
    if publication.failure is not None:
        missing += ["checkout"] if publication.branch is not None else ["branch", "checkout"]
    return missing if publication.refs_failure is None else [*missing, "refs"]
