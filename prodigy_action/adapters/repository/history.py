"""An agent's commits: imported into the run's repository, and separated from the history below them."""

from __future__ import annotations

from functools import partial

from prodigy_action.adapters.git.calls import decode
from prodigy_action.adapters.git.fetched_commits import fetched_heads
from prodigy_action.adapters.processes.credentials import Credentials
from prodigy_action.adapters.processes.user_files import read_as
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.errors import GitFailed, MalformedCommit, WorktreeUnusable

_READ_IN_PROCESS = 200


def keep_commits(repository: PrivateRepository, git_dir: str, head: str) -> None:
    """Take all that `head` needs from an agent's repository. Raises `MalformedCommit` when git cannot take it.

    What git itself has to take, it checks as well.
    """
    try:
        complete = repository.objects.import_loose(f"{git_dir}/objects")
    except OSError:
        complete = False
    if complete:
        return
    fetching = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--update-shallow")
    allowed = ("-c", "fetch.unpackLimit=1", "-c", "fetch.fsckObjects=true")
    upload = "git -c uploadpack.allowAnySHA1InWant=true -c safe.directory=* upload-pack"
    answer = repository.own.attempt(*allowed, *fetching, f"--upload-pack={upload}", git_dir, head)
    if answer.status != 0:
        raise MalformedCommit("the agent's commits are incomplete or malformed", stderr=answer.stderr)


def commits_since(repository: PrivateRepository, base: str, head: str) -> tuple[str, ...]:
    """The commits of `base..head`, oldest first. Raises `WorktreeUnusable` when `head` does not descend from `base`."""
    linear = linear_commits(repository, base, head)
    if linear is not None:
        return linear
    ancestry = repository.own.attempt("merge-base", "--is-ancestor", base, head)
    if ancestry.status == 1:
        raise WorktreeUnusable(
            "the history was rewritten: it no longer contains the commit that the agent started from"
        )
    listed = repository.own.attempt("rev-list", "--topo-order", "--reverse", f"{base}..{head}")
    if ancestry.status != 0 or listed.status != 0:
        raise MalformedCommit("the agent's history cannot be read", stderr=ancestry.stderr or listed.stderr)
    return tuple(decode(listed.stdout).split())


def pulled_commits(
    repository: PrivateRepository, git_dir: str, user: Credentials | None, commits: tuple[str, ...], *, linear: bool
) -> tuple[str, ...]:
    """Those of the commits that a step did not make itself, but fetched or had in a branch of the checkout.

    `git_dir` is the repository in which the step worked, `user` its owner, when that is not the user of this process.
    """
    if len(commits) < 2:
        return ()
    fetched = fetched_heads(git_dir, partial(read_as, user))
    if not fetched and linear and not repository.check.knows_any(commits):
        return ()
    own = set(repository.check.without_known(commits, fetched))
    return tuple(commit for commit in commits if commit not in own)


def linear_commits(repository: PrivateRepository, base: str, head: str) -> tuple[str, ...] | None:
    """As `commits_since`, for a short history without merges, in process; None for any other history."""
    commits: list[str] = []
    current = head
    try:
        while current != base and len(commits) < _READ_IN_PROCESS:
            parents = repository.objects.commit(current).parents
            if len(parents) != 1:
                return None
            commits.append(current)
            current = parents[0]
    except GitFailed:
        return None
    return tuple(reversed(commits)) if current == base else None
