"""What git work needs and gives: worktrees, submissions, landings."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_action.model.events import KeptObjects


@dataclass(frozen=True, slots=True)
class Worktree:
    """A checked-out tree of the private repository; `base` is the commit it started from."""

    name: str
    path: str
    base: str
    slot: int | None = None
    """Which place of the pool it is, from 0; None for the parent worktree."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who makes a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What is true of the user's checkout before a run.

    `git_dir` is that of the worktree, `common_dir` that of its repository. `branch` is None when HEAD is detached,
    `identity` None when the configuration names nobody. `modified` and `untracked` count paths; ignored ones are not
    counted. `owner` is the user and group id of the checkout's directory.
    """

    path: str
    git_dir: str
    common_dir: str
    head: str
    branch: str | None
    shallow: bool
    identity: Identity | None
    modified: int
    untracked: int
    owner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Submission:
    """What one agent left in its worktree, found by one scan.

    `head` is the agent's last commit (the base when it made none), `commits` are oldest first, `files_changed` the
    paths on which `head` differs from the base, `uncommitted` the paths it left modified or untracked. `kept` says
    where the commits are on disk beyond the run, `based_on` which commit the agent started from when that is not the
    one that all others do.
    """

    head: str
    commits: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    kept: KeptObjects | None = None
    based_on: str | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """The item's commits are in the parent branch, whose head is now `commit`."""

    commit: str


@dataclass(frozen=True, slots=True)
class Conflicted:
    """The item does not merge: conflicting paths, and the earlier items that changed them, in item order."""

    files: tuple[str, ...]
    with_items: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GitChanges:
    """What happened in a worktree since a commit: commits and the working tree together."""

    files_added: tuple[str, ...] = ()
    files_modified: tuple[str, ...] = ()
    files_deleted: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    insertions: int = 0
    deletions: int = 0

    @property
    def files_changed(self) -> tuple[str, ...]:
        """All touched paths, in code point order."""
        return tuple(sorted({*self.files_added, *self.files_modified, *self.files_deleted}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRequest:
    """A commit made for a step or an agent: message, who, and which paths (globs; none: all)."""

    message: str
    author: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sign: bool = False
    add: bool = True
    """Take in what is not committed yet; without it there is only something to squash."""
    squash_since: str | None = None
    """Fold everything since this commit into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Where the result is now. `checkout` tells whether the user's checkout moved, and `reason` why not."""

    head: str
    branch: str | None
    checkout: bool
    reason: str | None = None
