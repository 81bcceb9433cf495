"""Publishing: the result is fetched into the user's repository, and the checkout is fast-forwarded when no change can
be lost.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.git.made_refs import BRANCHES
from prodigy_action.adapters.git.trees import changes_between
from prodigy_action.adapters.repository.bringing import bring_object, said_by, set_free_ref
from prodigy_action.adapters.repository.fast_forward import move_to
from prodigy_action.adapters.repository.kept_refs import publish_refs
from prodigy_action.adapters.repository.ownership import give_ownership
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed
from prodigy_action.model.events import MadeRef
from prodigy_action.model.git import Checkout, Publication


def publish(
    repository: PrivateRepository,
    checkout: Checkout,
    head: str,
    *,
    move_checkout: bool,
    made: Sequence[MadeRef] = (),
    base: str | None = None,
    earlier: Container[str] = (),
) -> Publication:
    """Bring `head` into the user's repository as a branch and, when asked, fast-forward the checkout to it. Blocks.

    The references that steps `made` are brought there too. `base` is the commit that the run started from, when it is
    not the checkout's. A branch or tag at one of the `earlier` objects, which earlier attempts at this run published,
    is moved to the new one, even when that is not a descendant. One with other commits is kept; what is published then
    gets a name with a number.

    What cannot be written is the `failure` of the publication, and nothing is left half done: an error is not raised.
    """
    theirs = calls_on(checkout)
    changed: list[bytes] = []
    if head == (base or checkout.head):
        result = Publication(head=head, branch=None, checkout=False, reason="no commit landed")
    else:
        result = _publish_head(repository, theirs, checkout, head, changed, earlier, move_checkout=move_checkout)
    refs, refs_failure = publish_refs(repository, theirs, made, earlier)
    result = replace(result, refs=refs, refs_failure=refs_failure)
    if result.branch is None and not refs:
        return result
    try:
        give_ownership(checkout, changed)
    except OSError as error:
        return _with_failure(result, f"the files that were written cannot be given to their owner: {said_by(error)}")
    return result


def _publish_head(
    repository: PrivateRepository,
    theirs: GitCalls,
    checkout: Checkout,
    head: str,
    changed: list[bytes],
    earlier: Container[str],
    *,
    move_checkout: bool,
) -> Publication:
    """The paths of the checkout that it may write are added to `changed`."""
    objects = repository.objects
    branch, reason, failure = None, "the run did not end well" if not move_checkout else None, None
    try:
        changed += changes_between(objects, objects.commit(checkout.head).tree, objects.commit(head).tree)
        bring_object(repository, theirs, head)
        name = set_free_ref(repository, theirs, f"{BRANCHES}{repository.branch}", head, earlier)
        branch = name.removeprefix(BRANCHES)
        if move_checkout:
            reason, failure = move_to(theirs, checkout, head, changed)
    except (GitFailed, OSError) as error:
        failure = said_by(error)
    return Publication(
        head=head, branch=branch, checkout=(reason or failure) is None, reason=reason or failure, failure=failure
    )


def _with_failure(result: Publication, why: str) -> Publication:
    if result.branch is None:
        return replace(result, refs_failure=result.refs_failure or why)
    failure = result.failure or why
    return replace(result, failure=failure, checkout=False, reason=result.reason or failure)
