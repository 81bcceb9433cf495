"""Ports to git and to the files of worktrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from prodigy_action.model.events import KeptObjects, KeptRef, MadeRef, StartKept
from prodigy_action.model.git import (
    CommitDetails,
    CommitRequest,
    Conflicted,
    GitChanges,
    Landed,
    Looks,
    Publication,
    Submission,
    Worktree,
)


class RunRepository(Protocol):
    """The run's private repository as setup, reduce, merge steps and publishing need it."""

    @property
    def parent_worktree(self) -> Worktree:
        """The worktree of setup, reduce and merge steps; its base is the commit that the run started from."""
        ...

    @property
    def is_parent_unused(self) -> bool:
        """Whether no step ran in the parent worktree: an agent has it instead, or agents that shared it were found to
        have changed nothing.
        """
        ...

    async def bring_carried(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Copy what `map.carry` selects in the checkout to the parent worktree; the paths."""
        ...

    async def commit_setup_changes(self) -> str | None:
        """Commit the tracked files that setup modified; the commit, or None."""
        ...

    async def prepare_pool(
        self, size: int, carry: Sequence[str], *, isolated: bool, spare: bool = False
    ) -> MapRepository:
        """Fix the commit that every agent starts from, and how many worktrees there are: what the map works with.

        Without isolation, every agent gets the parent worktree. With `spare` nothing ran in it: the only agent may have
        it.
        """
        ...

    async def result_head(self) -> str:
        """The result of the run so far: what landed, then what later phases committed."""
        ...

    @property
    def brought_digest(self) -> str:
        """A digest of the files that `bring_carried` copied; empty when it copied none."""
        ...

    async def restore_start(self, start: StartKept) -> None:
        """Bring the parent worktree to the state after setup of an earlier attempt. Raises `JournalCorrupt`."""
        ...

    async def adopt_start(self, start: str) -> bool:
        """Use an earlier attempt's commit as that of the parent worktree, if their files are equal; returns whether
        they are.
        """
        ...

    async def check_out(self, head: str) -> None:
        """Move the parent worktree to a commit of an earlier attempt."""
        ...

    async def made_refs(self) -> tuple[MadeRef, ...]:
        """What steps of setup, reduce and merge made besides, in this attempt and earlier ones."""
        ...

    async def keep_head(self, head: str, made: Sequence[MadeRef]) -> KeptObjects | None:
        """Put the result of the run so far on disk, beyond the run, and what steps `made` besides."""
        ...

    async def publish(self, head: str, *, made: Sequence[MadeRef], move_checkout: bool) -> Publication:
        """Bring `head`, and what steps `made` besides, to the user's repository; with `move_checkout` false the
        checkout is not moved. What cannot be written is named in the publication.
        """
        ...

    async def write_bundle(self, since: str | None = None) -> str | None:
        """Write the commits of all items and of the run as a bundle, on top of the commit `since`, or else of the base
        of the run; why that failed, or None.
        """
        ...


class MapRepository(Protocol):
    """The private repository from the start of the map to the landing of its items."""

    @property
    def parent(self) -> ParentBranch: ...
    @property
    def worktrees(self) -> Worktrees: ...
    @property
    def start(self) -> str:
        """The commit that agents start from."""
        ...

    @property
    def naming_other_places(self) -> tuple[str, ...]:
        """The carried files that still name setup's worktree or the checkout."""
        ...

    @property
    def looks(self) -> Looks:
        """How often the worktrees were searched for changes."""
        ...

    async def changed_by_items(self) -> tuple[str, ...]:
        """What agents without isolation changed in the parent worktree, by one scan; empty with isolation."""
        ...

    async def start_from_landed(self) -> None:
        """Let further agents start from what has landed so far."""
        ...

    async def keep_start(self, *, travels: bool = False) -> StartKept:
        """Put on disk, beyond the run, what setup came to."""
        ...

    async def land_on(self, head: str, landed: Mapping[int, str]) -> None:
        """Land on this head, which holds the `landed` items (by id: their last commit)."""
        ...

    async def advance(self, *, needed: bool = True) -> str:
        """Move the parent worktree to the merged head, and return that commit. Unless it is `needed`, one that an agent
        got is not made again.
        """
        ...


class Worktrees(Protocol):
    """Isolated worktrees for agents. Raises `WorktreeUnusable` when only that agent fails."""

    async def create_worktree(self, name: str) -> Worktree: ...
    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        """Scan once and keep the agent's commits safe under the item's ref."""
        ...

    async def keep_refs(self, worktree: Worktree, item_id: int) -> tuple[KeptRef, ...]:
        """Keep the branches, tags and stashes that an agent without a result made; `collect` keeps those of others."""
        ...

    async def patch(self, worktree: Worktree) -> bytes:
        """Everything that differs from the base, committed or not, as a binary-safe patch; empty for nothing."""
        ...

    async def release(self, worktree: Worktree) -> None:
        """Bring the worktree back to its base, or replace it."""
        ...


class ParentBranch(Protocol):
    """The branch agents start from and merge into, in the object database."""

    @property
    def head(self) -> str:
        """What has landed so far."""
        ...

    async def land_all(
        self, submissions: Sequence[tuple[int, Submission, str]]
    ) -> Sequence[Landed | Conflicted | Exception]:
        """Land items with the messages of their merges, up to the first one that does not land: how each ended.

        The last one may have ended with any error. When the caller is cancelled meanwhile, there are fewer, and all of
        them have landed.
        """
        ...

    async def rebase(self, item_id: int, submission: Submission, message: str) -> Landed | None:
        """Cherry-pick a conflicting item onto the head, line by line where a merge fails; None when that fails too."""
        ...

    async def patch_of(self, submission: Submission) -> bytes:
        """The patch of a conflicting item's commits against the base."""
        ...


class GitState(Protocol):
    """Questions and commits of one worktree, in any phase."""

    async def head(self, path: str) -> str: ...
    async def check_parent(self, since: str) -> tuple[str, ...]:
        """Check what steps committed in the parent worktree since a commit; the links of theirs that lead nowhere after
        the run. Raises `MalformedCommit`.
        """
        ...

    async def changes(self, path: str, since: str) -> GitChanges: ...
    async def commits(self, path: str, since: str) -> tuple[CommitDetails, ...]:
        """The commits since that one, oldest first."""
        ...

    async def messages(self, path: str, since: str) -> tuple[str, ...]:
        """The messages of the commits since that one, oldest first."""
        ...

    async def patch(self, path: str, since: str) -> bytes:
        """The changes of `changes` as a binary-safe patch."""
        ...

    async def commit(self, path: str, request: CommitRequest) -> str | None:
        """Commit what changed; None when nothing did."""
        ...


class WorktreeFiles(Protocol):
    """Files inside one worktree; a path that leaves it (also through a symlink) is a `ValueError`."""

    async def write(self, root: str, path: str, content: bytes, *, mode: int | None, create_dirs: bool) -> None: ...
    def check_yaml(self, content: bytes) -> None:
        """Raise `ValueError` when `content` is not a YAML document."""
        ...

    async def read(self, root: str, path: str) -> bytes: ...
    async def links(self, root: str) -> frozenset[str]:
        """The symbolic links of the worktree and the files with several hard links, as paths relative to it."""
        ...

    async def directory(self, root: str, path: str) -> str:
        """The absolute path of an existing directory inside the worktree."""
        ...
