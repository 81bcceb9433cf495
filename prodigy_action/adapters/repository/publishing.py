"""Publishing: the result is fetched into the user's repository, and the checkout is fast-forwarded when no change can
be lost.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

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
    made: tuple[MadeRef, ...] = (),
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
    refs = publish_refs(repository, theirs, made, earlier)
    changed: list[bytes] = []
    if head == (base or checkout.head):
        reason = _given_away(checkout, changed) if refs else None
        return Publication(head=head, branch=None, checkout=False, reason=reason or "no commit landed", refs=refs)
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
    failure = _given_away(checkout, changed, failure)
    return Publication(
        head=head,
        branch=branch,
        checkout=(reason or failure) is None,
        reason=reason or failure,
        failure=failure,
        refs=refs,
    )


def _given_away(checkout: Checkout, changed: Iterable[bytes], failure: str | None = None) -> str | None:
    """Give what was written to its owner; the failure so far, else why that failed."""
    try:
        give_ownership(checkout, changed)
    except OSError as error:
        return failure or f"the files that were written cannot be given to their owner: {said_by(error)}"
    return failure
