"""The values that git operations take and return: worktrees, submissions, landings."""

from __future__ import annotations

from dataclasses import field

from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import KeptObjects, KeptRef, MadeRef


@dataclass(frozen=True, slots=True)
class Worktree:
    """A checked-out tree of the private repository; `base` is the commit it started from."""

    name: str
    path: str
    base: str
    slot: int | None = None
    """Its place in the pool, from 0; None for the parent worktree."""
    branch: str = ""
    """The branch that HEAD is on, without `refs/heads/`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The name and e-mail address that a commit is made with."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The state of the user's checkout before a run.

    `git_dir` is that of the worktree, `common_dir` that of its repository. `branch` is None when HEAD is detached,
    `identity` None when the configuration names nobody. `modified` and `untracked` count paths; ignored ones are not
    counted. `owner` is the user and group id of the checkout's directory. `directory` is where steps start, relative to
    `path`: `working-directory` may name a directory below the top.
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
    directory: str = "."
    settings: tuple[tuple[str, str, str | None], ...] = field(default=(), compare=False, repr=False)
    """The configuration that counts in it: scope, key and value, None for a key alone; later ones win."""
    user_settings: str | None = None
    """A copy of the configuration of the user and the system, which is used instead of those."""

    @property
    def start_path(self) -> str:
        """The absolute path of `directory`."""
        return self.path if self.directory == "." else f"{self.path}/{self.directory}"

    @property
    def settings_environ(self) -> dict[str, str]:
        """The environment in which git uses the copy; empty when there is none."""
        if self.user_settings is None:
            return {}
        return {"GIT_CONFIG_GLOBAL": self.user_settings, "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass(frozen=True, slots=True)
class Submission:
    """What one agent left in its worktree, found by one scan.

    `head` is the agent's last commit (the base when it made none), `commits` are oldest first, `files_changed` are the
    paths on which `head` differs from the base, `uncommitted` the paths it left modified or untracked. `kept` is the
    file that holds the commits beyond the end of the run, `based_on` the commit that the agent started from, when that
    is not the one that all other agents started from. `pulled` are those of the commits that others made,
    `links` the committed symbolic links that lead nowhere after the run, `in_submodules` the paths inside submodules
    that it changed, which no commit here can hold, `refs` the branches, tags and stashes that do not land.
    """

    head: str
    commits: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    kept: KeptObjects | None = None
    based_on: str | None = None
    pulled: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    in_submodules: tuple[str, ...] = ()
    refs: tuple[KeptRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a map asked what an item changed: by `scans` of whole worktrees, or `without_scan`, because the kernel
    had reported no change. `doubt` says why the kernel is not asked; empty when it may be.
    """

    scans: int = 0
    without_scan: int = 0
    doubt: str = ""


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
    """The changes in a worktree since a commit: commits and the working tree together."""

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
class CommitDetails:
    """One commit; times are ISO 8601 with their offset from UTC, as git records them."""

    id: str
    short_id: str
    tree_id: str
    parent_ids: tuple[str, ...]
    author: Identity
    authored_at: str
    committer: Identity
    committed_at: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitRequest:
    """A commit that a step or an agent asks for: message, identity, and paths (globs; none: all)."""

    message: str
    author: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sign: bool = False
    add: bool = True
    """Commit the uncommitted changes too; without it, existing commits are only squashed."""
    squash_since: str | None = None
    """Squash all commits since this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Where the result is. `checkout` is true when the user's checkout moved; `reason` says why it did not.

    `failure` says why the branch or the checkout is missing although it was wanted; a resume can complete it.
    """

    head: str
    branch: str | None
    checkout: bool
    reason: str | None = None
    failure: str | None = None
    refs: tuple[MadeRef, ...] = ()
    refs_failure: str | None = None
    """Why not all references that steps made are there; a resume can complete them."""
