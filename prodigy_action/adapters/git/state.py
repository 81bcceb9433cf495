"""State and commits of one worktree, with the configuration of the worktree's own git."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import anyio

from prodigy_action.adapters.git.absolute_links import make_links_relative
from prodigy_action.adapters.git.calls import GitCalls, decode, in_thread
from prodigy_action.adapters.git.heads import git_dir_of, read_head
from prodigy_action.adapters.git.index_copies import copy_index
from prodigy_action.adapters.git.nested_repositories import stage, staged_changes
from prodigy_action.adapters.git.objects import SYMLINK
from prodigy_action.adapters.git.odd_files import refuse_odd_repository, refuse_odd_worktree
from prodigy_action.adapters.processes.accounts import Accounts, give
from prodigy_action.adapters.processes.user_files import read_as
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import CommitDetails, CommitRequest, GitChanges, Identity

_DETAILS = "%H%x00%h%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
"""What `git log` prints of each commit."""
_Calls: TypeAlias = Callable[[str], GitCalls]


class WorktreeState:
    """The port `GitState`; `path` is the top of a worktree."""

    def __init__(
        self,
        identity: Identity,
        limiter: anyio.CapacityLimiter,
        accounts: Accounts | None = None,
        check: Callable[[str], tuple[str, ...]] = lambda _: (),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`check` is the work of `check_parent`, `environ` dates commits."""
        self._identity = identity
        self._check = check
        self._calls = partial(_calls, accounts, environ or {})
        self._limiter = limiter
        self._committing = defaultdict[str, anyio.Lock](anyio.Lock)

    async def head(self, path: str) -> str:
        """The commit that HEAD points to. Raises `GitFailed` when it points to no commit."""
        return await in_thread(_head, self._calls, path, limiter=self._limiter)

    async def check_parent(self, since: str) -> tuple[str, ...]:
        """Check what steps committed in the parent worktree since a commit; the links of theirs that lead nowhere after
        the run. Raises `MalformedCommit`, `GitFailed`.
        """
        return await in_thread(self._check, since, limiter=self._limiter)

    async def changes(self, path: str, since: str) -> GitChanges:
        """What commits and the working tree (with untracked files, without ignored ones) changed since a commit."""
        return await in_thread(_changes, self._calls, path, since, limiter=self._limiter)

    async def commits(self, path: str, since: str) -> tuple[CommitDetails, ...]:
        """The commits since that one, oldest first."""
        return await in_thread(_commits, self._calls, path, since, limiter=self._limiter)

    async def patch(self, path: str, since: str) -> bytes:
        """The same as a patch that `git apply` accepts; binary files included."""
        return await in_thread(_patch, self._calls, path, since, limiter=self._limiter)

    async def messages(self, path: str, since: str) -> tuple[str, ...]:
        """The messages of the commits since that one, oldest first, without the line end at their end."""
        return await in_thread(_messages, self._calls, path, since, limiter=self._limiter)

    async def commit(self, path: str, request: CommitRequest) -> str | None:
        """Commit the changes, or those that the globs select; None when there are none. Raises `GitFailed`.

        Steps side by side in one worktree wait for each other, because git's index allows one writer.
        """
        async with self._committing[path]:
            return await in_thread(_commit, self._calls, path, request, self._identity, limiter=self._limiter)


def _calls(accounts: Accounts | None, environ: Mapping[str, str], path: str) -> GitCalls:
    if not Path(path).is_dir():
        raise GitFailed(f"the worktree {path!r} is gone")
    git_dir = git_dir_of(path)
    if git_dir is not None:
        refuse_odd_repository(git_dir)
    user = None if accounts is None else accounts.owner_of(path)
    return GitCalls(
        cwd=path,
        git_dir=git_dir,
        work_tree=None if git_dir is None else path,
        own_settings_only=False,
        keeps_pointers=False,
        environ={**environ, **({} if accounts is None or user is None else {"HOME": accounts.home(user)})},
        user=user,
    )


def _head(calls: _Calls, path: str) -> str:
    git_dir = git_dir_of(path)
    head = None if git_dir is None else read_head(git_dir)
    return head if head is not None else calls(path).text("rev-parse", "--verify", "HEAD^{commit}")


def _changes(calls: _Calls, path: str, since: str) -> GitChanges:
    git = calls(path)
    listed = _compare(git, since, "--raw", "--numstat", "-z")
    if _head(calls, path) == since:
        return _parse_changes(listed, ())
    commits = git.text("rev-list", "--topo-order", "--reverse", f"{since}..HEAD").split()
    return _parse_changes(listed, tuple(commits))


def _messages(calls: _Calls, path: str, since: str) -> tuple[str, ...]:
    listed = calls(path).run("log", "--reverse", "--topo-order", "--format=%B", "-z", f"{since}..HEAD")
    return tuple(decode(message).rstrip("\n") for message in listed.split(b"\0") if message)


def _commits(calls: _Calls, path: str, since: str) -> tuple[CommitDetails, ...]:
    listed = calls(path).run(
        "log", "--reverse", "--topo-order", f"--format={_DETAILS}", "-z", "--no-show-signature", f"{since}..HEAD"
    )
    fields = [decode(field) for field in listed.split(b"\0")]
    width = _DETAILS.count("%x00") + 1
    rows = [fields[start : start + width] for start in range(0, len(fields) - width + 1, width)]
    return tuple(_details(*row) for row in rows)


def _details(
    id: str,
    short_id: str,
    tree_id: str,
    parents: str,
    author: str,
    author_email: str,
    authored_at: str,
    committer: str,
    committer_email: str,
    committed_at: str,
    message: str,
) -> CommitDetails:
    return CommitDetails(
        id=id,
        short_id=short_id,
        tree_id=tree_id,
        parent_ids=tuple(parents.split()),
        author=Identity(author, author_email),
        authored_at=authored_at,
        committer=Identity(committer, committer_email),
        committed_at=committed_at,
        message=message.rstrip("\n"),
    )


def _patch(calls: _Calls, path: str, since: str) -> bytes:
    return _compare(calls(path), since, "--patch", "--binary", "--full-index")


def _compare(git: GitCalls, since: str, *form: str) -> bytes:
    """The difference between a commit and the working tree, through a temporary index and temporary objects."""
    refuse_odd_worktree(git.cwd)
    # Beside the worktree: when this process is killed, it is removed together with the worktree.
    with tempfile.TemporaryDirectory(prefix="index-", dir=Path(git.cwd).parent) as scratch:
        index = Path(scratch, "index")
        copy_index(_place(git, "index"), str(index), reader=partial(read_as, git.user))
        environ = {"GIT_INDEX_FILE": str(index), "GIT_OBJECT_DIRECTORY": f"{scratch}/objects"}
        Path(scratch, "objects").mkdir()
        if git.user is not None:
            give(scratch, git.user)
        environ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = _quoted(_place(git, "objects"))
        git.run("add", "--all", "--ignore-errors", ":/", environ=environ)
        return git.run("diff-index", "--cached", "--no-renames", *form, since, environ=environ)


def _place(git: GitCalls, name: str) -> str:
    if git.git_dir is not None:
        return f"{git.git_dir}/{name}"
    return git.text("rev-parse", "--path-format=absolute", "--git-path", name)


def _parse_changes(listed: bytes, commits: tuple[str, ...]) -> GitChanges:
    by_status: dict[str, list[str]] = {"A": [], "D": [], "M": []}
    insertions = deletions = 0
    parts = iter(part for part in listed.split(b"\0") if part)
    for part in parts:
        if part.startswith(b":"):
            status = decode(part.rsplit(b" ", 1)[1])[:1]
            by_status.get(status, by_status["M"]).append(decode(next(parts)))
        else:
            added, removed, _ = part.split(b"\t", 2)
            insertions += int(added) if added != b"-" else 0
            deletions += int(removed) if removed != b"-" else 0
    return GitChanges(
        files_added=tuple(sorted(by_status["A"])),
        files_modified=tuple(sorted(by_status["M"])),
        files_deleted=tuple(sorted(by_status["D"])),
        commits=commits,
        insertions=insertions,
        deletions=deletions,
    )


def _commit(calls: _Calls, path: str, request: CommitRequest, identity: Identity) -> str | None:
    git = calls(path)
    refuse_odd_worktree(path)
    if request.squash_since is not None:
        git.run("reset", "--quiet", "--soft", request.squash_since)
    if request.add:
        _stage(git, request)
    staged = staged_changes(git)
    if not staged:
        return None
    if request.add:
        make_links_relative(git, [path for path, mode in staged.items() if mode == SYMLINK])
    options = ["--quiet", "--no-verify", "--cleanup=verbatim", "--file=-"]
    if request.author is not None:
        author = request.author if "<" in request.author else f"{request.author} <{identity.email}>"
        options.append(f"--author={author}")
    options.append("--gpg-sign" if request.sign else "--no-gpg-sign")
    message = request.message.strip("\n") + "\n"
    git.run("commit", *options, stdin=message.encode("utf-8", "surrogateescape"))
    return _head(calls, path)


def _stage(git: GitCalls, request: CommitRequest) -> None:
    left_out = [f":(top,exclude,glob){pattern}" for pattern in request.exclude]
    for glob in [f":(top,glob){pattern}" for pattern in request.include] or [":/"]:
        # one by one: git stages nothing when one of several globs matches nothing
        stage(git, (glob, *left_out))


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
