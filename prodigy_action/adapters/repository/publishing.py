"""Publishing: the result is fetched into the user's repository, and the checkout is fast-forwarded when no change can
be lost.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager

from prodigy_action.adapters.git.calls import Completed, GitCalls, decode
from prodigy_action.adapters.git.checkout import calls_on
from prodigy_action.adapters.git.trees import changes_between
from prodigy_action.adapters.repository.ownership import give_ownership
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import Checkout, Publication

_NOTHING = "0" * 40
_NAMED = 3


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

    Raises `GitFailed` when the objects or the branch cannot be written; a checkout that is not moved is not an error.
    """
    if head == (base or checkout.head):
        return Publication(head=head, branch=None, checkout=False, reason="no commit landed")
    theirs = calls_on(checkout)
    objects = repository.objects
    changed = list(changes_between(objects, objects.commit(checkout.head).tree, objects.commit(head).tree))
    reason: str | None
    try:
        _fetch(repository, theirs, head)
        branch = _set_branch(repository, theirs, head, earlier)
        reason = "the run did not end well"
        if move_checkout:
            with _alone_on(checkout):
                reason = _why_not(theirs, checkout, head) or _fast_forward(theirs, head)
    finally:
        give_ownership(checkout, changed)
    return Publication(head=head, branch=branch, checkout=reason is None, reason=reason)


@contextmanager
def _alone_on(checkout: Checkout) -> Iterator[None]:
    # git compares and swaps only after it has written the files: when two runs end at the same time, one must wait.
    directory = os.open(checkout.git_dir, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _fetch(repository: PrivateRepository, theirs: GitCalls, head: str) -> None:
    name = f"refs/prodigy/{repository.run_id}/published"
    repository.write_ref(name, head)
    theirs.run(
        "-c", "fetch.unpackLimit=1", "-c", "transfer.fsckObjects=false", "-c", "fetch.writeCommitGraph=false",
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--update-shallow",
        "--no-auto-maintenance", repository.git_dir, name,
    )  # fmt: skip


def _set_branch(repository: PrivateRepository, theirs: GitCalls, head: str, earlier: Container[str]) -> str:
    name = f"refs/heads/{repository.branch}"
    present = theirs.attempt("rev-parse", "--verify", "--quiet", name)
    was = decode(present.stdout).strip() if present.status == 0 else _NOTHING
    ours = was == _NOTHING or was in earlier
    if not ours and theirs.attempt("merge-base", "--is-ancestor", was, head).status != 0:
        raise GitFailed(f"branch {repository.branch!r} exists and holds other commits, delete it or run again")
    if was != head:
        theirs.run("update-ref", "--create-reflog", "-m", f"prodigy {repository.run_id}: published", name, head, was)
    return repository.branch


def _why_not(theirs: GitCalls, checkout: Checkout, head: str) -> str | None:
    now = decode(theirs.attempt("rev-parse", "--verify", "--quiet", "HEAD").stdout).strip()
    on = decode(theirs.attempt("symbolic-ref", "--quiet", "HEAD").stdout).strip().removeprefix("refs/heads/") or None
    if now != checkout.head or on != checkout.branch:
        return f"HEAD of the checkout moved during the run, from {checkout.head[:12]} to {now[:12] or 'nothing'}"
    if theirs.attempt("merge-base", "--is-ancestor", now, head).status != 0:
        return "the result does not contain the checkout's commit"
    return None


def _fast_forward(theirs: GitCalls, head: str) -> str | None:
    options = ("--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-verify-signatures", "--no-stat", "--quiet")
    answer = theirs.attempt("-c", "submodule.recurse=false", "merge", *options, head)
    return None if answer.status == 0 else _reason(answer)


def _reason(answer: Completed) -> str:
    lines = answer.stderr.splitlines()
    files = [line.strip() for line in lines if line.startswith("\t")]
    named = ", ".join(repr(file) for file in files[:_NAMED]) + (" and others" if len(files) > _NAMED else "")
    if "untracked working tree files" in answer.stderr:
        return f"untracked or ignored files are in the way: {named}"
    if "local changes" in answer.stderr and files:
        return f"local changes would be lost: {named}"
    said = next((line for line in lines if line.startswith(("error:", "fatal:"))), lines[-1] if lines else "")
    return f"git refused to move the checkout: {said.partition(': ')[2] or said}"
