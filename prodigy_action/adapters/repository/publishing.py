"""Publishing: the result is fetched into the user's repository, and the checkout is fast-forwarded when no change can
be lost.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import count

from prodigy_action.adapters.git.calls import GitCalls, decode
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.git.trees import changes_between
from prodigy_action.adapters.repository.fast_forward import move_to
from prodigy_action.adapters.repository.ownership import give_ownership
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import Checkout, Publication

_NOTHING = "0" * 40


def publish(
    repository: PrivateRepository,
    checkout: Checkout,
    head: str,
    *,
    move_checkout: bool,
    base: str | None = None,
    earlier: Container[str] = (),
) -> Publication:
    """Bring `head` into the user's repository as a branch and, when asked, fast-forward the checkout to it. Blocks.

    `base` is the commit that the run started from, when it is not the checkout's. A branch at one of the `earlier`
    heads, which earlier attempts at this run published, is moved to the new result, even when that is not a descendant.
    A branch with other commits is kept; the result then gets a name with a number.

    What cannot be written is the `failure` of the publication, and nothing is left half done: an error is not raised.
    """
    if head == (base or checkout.head):
        return Publication(head=head, branch=None, checkout=False, reason="no commit landed")
    theirs = calls_on(checkout)
    objects = repository.objects
    changed: list[bytes] = []
    branch, reason, failure = None, "the run did not end well" if not move_checkout else None, None
    try:
        changed += changes_between(objects, objects.commit(checkout.head).tree, objects.commit(head).tree)
        _fetch(repository, theirs, head)
        branch = _set_branch(repository, theirs, head, earlier)
        if move_checkout:
            reason, failure = move_to(theirs, checkout, head, changed)
    except (GitFailed, OSError) as error:
        failure = said_by(error)
    try:
        give_ownership(checkout, changed)
    except OSError as error:
        failure = failure or f"the files that were written cannot be given to their owner: {said_by(error)}"
    return Publication(
        head=head, branch=branch, checkout=(reason or failure) is None, reason=reason or failure, failure=failure
    )


def said_by(error: GitFailed | OSError) -> str:
    """Why git or the operating system failed, in one line: the first line of an error says it, later ones what
    followed from it.
    """
    if isinstance(error, OSError):
        place = f" ({error.filename!r})" if error.filename else ""
        return f"{(error.strerror or str(error)).lower()}{place}"
    lines = error.stderr.strip().splitlines()
    first = next((line for line in lines if line.startswith(("error:", "fatal:"))), None)
    return error.message if first is None else first.partition(": ")[2]


def _fetch(repository: PrivateRepository, theirs: GitCalls, head: str) -> None:
    name = f"refs/prodigy/{repository.run_id}/published"
    repository.write_ref(name, head)
    theirs.run(
        "-c", "fetch.unpackLimit=1", "-c", "transfer.fsckObjects=false", "-c", "fetch.writeCommitGraph=false",
        "-c", "protocol.file.allow=always",
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--update-shallow",
        "--no-auto-maintenance", repository.git_dir, name,
    )  # fmt: skip


def _set_branch(repository: PrivateRepository, theirs: GitCalls, head: str, earlier: Container[str]) -> str:
    branch, was = next(_free_branches(repository, theirs, head, earlier))
    if was != head:
        message = f"prodigy {repository.run_id}: published"
        theirs.run("update-ref", "--create-reflog", "-m", message, f"refs/heads/{branch}", head, was)
    return branch


def _free_branches(
    repository: PrivateRepository, theirs: GitCalls, head: str, earlier: Container[str]
) -> Iterator[tuple[str, str]]:
    """Branches that may be moved to `head`, and the commits that they are at."""
    for number in count(1):
        branch = repository.branch if number == 1 else f"{repository.branch}-{number}"
        present = theirs.attempt("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        was = decode(present.stdout).strip() if present.status == 0 else _NOTHING
        ours = was == _NOTHING or was in earlier
        if ours or theirs.attempt("merge-base", "--is-ancestor", was, head).status == 0:
            yield branch, was
