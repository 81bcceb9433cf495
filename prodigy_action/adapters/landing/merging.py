"""Landing items in the object database, in item order and without a working tree; the result is that of `git merge`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import anyio

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.git.calls import decode, encode, in_thread
from prodigy_action.adapters.git.objects import Commit
from prodigy_action.adapters.git.trees import Changes, changes_between, compose
from prodigy_action.adapters.landing.landed_commits import CommitShaper
from prodigy_action.adapters.landing.landed_paths import LandedPaths
from prodigy_action.adapters.landing.picking import pick
from prodigy_action.adapters.repository.history import commits_since, linear_commits
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.model.git import Conflicted, Landed, Submission, Worktree

Shape = Literal["merge", "squash"]
Commits = Literal["as-made", "deterministic"]


class MergeConflict(Exception):
    """The two sides do not merge."""

    def __init__(self, files: tuple[bytes, ...]) -> None:
        super().__init__(f"{len(files)} files conflict")
        self.files = files


class MergingBranch:
    """The port `ParentBranch`: the caller lands one item at a time, in item order."""

    def __init__(
        self,
        repository: PrivateRepository,
        base: str,
        *,
        shape: Shape,
        commits: Commits,
        now: Callable[[], int],
        limiter: anyio.CapacityLimiter,
    ) -> None:
        """`now` gives the seconds since the epoch that commits made here are dated with."""
        self._repository = repository
        self._objects = repository.objects
        self._base = base
        self._base_tree = repository.objects.commit(base).tree
        self._shape = shape
        self._commits = commits
        self._limiter = limiter
        self._landed = LandedPaths()
        self._landed_commits: set[str] = set()
        self._shaper = CommitShaper(repository.objects, repository.fixed, now)
        self.head = base
        self._tree = self._base_tree

    @property
    def worktree(self) -> Worktree:
        """The parent worktree."""
        return Worktree("parent", self._repository.parent, self._base, branch=self._repository.branch)

    def continue_from(self, head: str, landed: Mapping[int, str]) -> None:
        """Land on top of `head` from now on. It holds the `landed` items (id → their last commit). Blocks."""
        self.head, self._tree = head, self._objects.commit(head).tree
        for item_id, theirs in landed.items():
            self._landed.record(
                item_id, changes_between(self._objects, self._base_tree, self._objects.commit(theirs).tree)
            )
            self._landed_commits.update(commits_since(self._repository, self._base, theirs))
        # Changes of later phases belong to no item.
        self._landed.record(None, changes_between(self._objects, self._base_tree, self._tree))
        self._repository.write_ref(f"refs/prodigy/{self._repository.run_id}/head", head)

    async def land_all(
        self, submissions: Sequence[tuple[int, Submission, str]]
    ) -> Sequence[Landed | Conflicted | Exception]:
        """Merge items into the branch, in this order, with these messages for merge commits, up to the first one that
        does not land. Returns how each ended; the error of the last one may be that its commits do not descend from the
        base (`WorktreeUnusable`), that the merge spoils the list of submodules (`MalformedCommit`), or a fault that
        nobody expects. When the caller is cancelled meanwhile, the items that have landed are returned.
        """
        return await in_thread(self._land_all, submissions, limiter=self._limiter)

    async def rebase(self, item_id: int, submission: Submission, message: str) -> Landed | None:
        """Put the commits of an item that conflicts, or that started from another commit, onto the branch one by one.
        Returns None when that fails too.

        Raises `GitFailed` when git fails.
        """
        return await in_thread(self._rebase, item_id, submission, message, limiter=self._limiter)

    def start_from_landed(self) -> str:
        """Let items start from the head from now on, and not from the base of earlier ones. Returns the head."""
        # Merges use the attributes of the base, and a process of git reads them once.
        self._repository.merges.close()
        self._base, self._base_tree = self.head, self._tree
        self._landed = LandedPaths()
        self._landed_commits = set()
        return self.head

    async def patch_of(self, submission: Submission) -> bytes:
        """The patch of an item's commits against the base."""
        return await in_thread(self._patch_of, submission.head, limiter=self._limiter)

    def _patch_of(self, head: str) -> bytes:
        options = ("--binary", "--full-index", "--no-renames", "-r", "-p")
        return self._repository.own.run("diff-tree", *options, self._base, head)

    def _land_all(self, submissions: Sequence[tuple[int, Submission, str]]) -> list[Landed | Conflicted | Exception]:
        outcomes: list[Landed | Conflicted | Exception] = []
        for item_id, submission, message in submissions:
            try:
                end_if_cancelled()
                outcomes.append(self._land(item_id, submission, message))
            except Exception as error:  # noqa: BLE001 - what landed is recorded first, then the caller raises it
                outcomes.append(error)
            except BaseException:  # the cancellation: it does not undo what has landed
                if not outcomes:
                    raise
                break
            if not isinstance(outcomes[-1], Landed):
                break
        return outcomes

    def _land(self, item_id: int, submission: Submission, message: str) -> Landed | Conflicted:
        theirs = submission.head
        if theirs == self._base or theirs in self._landed_commits:
            return Landed(self.head)
        linear = linear_commits(self._repository, self._base, theirs)
        commits = linear if linear is not None else commits_since(self._repository, self._base, theirs)
        their_tree = self._objects.commit(theirs).tree
        changes = changes_between(self._objects, self._base_tree, their_tree)
        if self._shape == "squash" and not changes:
            return Landed(self.head)
        real_history = self._shape == "merge" and self._commits == "as-made"
        # When two histories meet after the base, their merge base is not the base.
        composed = False
        meeting = real_history and (linear is None or not self._landed_commits.isdisjoint(commits))
        try:
            if meeting:
                tree = self._checked(self._merge_tree(self.head, theirs), their_tree, changes)
            elif self._landed.touches(changes):
                tree = self._checked(self._merge_from_base(their_tree), their_tree, changes)
            else:
                tree = compose(self._objects, self._tree, changes)
                composed = True
        except MergeConflict as conflict:
            counterparts = self._landed.items_on(conflict.files) or self._landed.items_on(changes)
            return Conflicted(tuple(sorted(map(decode, conflict.files))), counterparts)
        own = tuple(commit for commit in commits if commit not in submission.pulled)
        second = theirs
        if self._commits == "deterministic" and self._shape == "merge":
            second = self._shaper.rewritten(theirs, self._base, own, linear is not None)
        # What a merge changed may be more than what the item did.
        merged = () if composed else changes_between(self._objects, self._tree, tree)
        self._advance(item_id, tree, second, own, (*changes, *merged), message)
        self._landed_commits.update(commits)
        return Landed(self.head)

    def _rebase(self, item_id: int, submission: Submission, message: str) -> Landed | None:
        objects, theirs = self._objects, submission.head
        base = submission.based_on or self._base
        linear = linear_commits(self._repository, base, theirs)
        parent, tree, before = self.head, self._tree, objects.commit(base).tree
        # A history with merges is picked as one change.
        for commit in (theirs,) if linear is None else linear:
            after = objects.commit(commit).tree
            picked = pick(self._repository, before, after, tree)
            if picked is None:
                return None
            if picked not in (tree, after):
                changes = changes_between(objects, before, after)
                self._repository.check.check_merged(picked, (tree, after), before, changes)
            if picked != tree:
                parent = self._shaper.picked(commit, picked, parent, self._commits == "deterministic")
            tree, before = picked, after
        if tree != self._tree:
            commits = linear or commits_since(self._repository, base, theirs)
            own = tuple(commit for commit in commits if commit not in submission.pulled)
            self._advance(item_id, tree, parent, own, changes_between(objects, self._tree, tree), message)
            self._landed_commits.update(commits)
        return Landed(self.head)

    def _advance(
        self, item_id: int, tree: str, second: str, own: tuple[str, ...], paths: Iterable[bytes], message: str
    ) -> None:
        deterministic = self._commits == "deterministic"
        if self._shape == "squash":
            head = self._shaper.squashed(tree, self.head, own, message, deterministic)
        else:
            head = self._shaper.merged(tree, (self.head, second), message, deterministic)
        # The last step that can fail: when it does, the item is not in the branch, and later ones land without it.
        self._repository.write_ref(f"refs/prodigy/{self._repository.run_id}/head", head)
        self._landed.record(item_id, set(paths))
        self.head, self._tree = head, tree

    def _checked(self, tree: str, their_tree: str, changes: Changes) -> str:
        self._repository.check.check_merged(tree, (self._tree, their_tree), self._base_tree, changes)
        return tree

    def _merge_from_base(self, their_tree: str) -> str:
        """Merge as if each side were one commit on the base: the result is the same tree, without a walk through the
        history.
        """
        ours = self._objects.write_commit(_stand_in(self._tree, self._base))
        theirs = self._objects.write_commit(_stand_in(their_tree, self._base))
        return self._merge_tree(ours, theirs)

    def _merge_tree(self, ours: str, theirs: str) -> str:
        merged = self._repository.merges.merge(ours, theirs)
        if merged.clean:
            return merged.tree
        raise MergeConflict(tuple({_original_path(path, (ours, theirs)): None for path in merged.conflicting}))


def _original_path(path: bytes, sides: tuple[str, str]) -> bytes:
    """The path that a file had before git moved it out of the way of a directory."""
    for side in sides:
        stem, tilde, suffix = path.rpartition(b"~" + encode(side))
        if tilde and (not suffix or suffix.startswith(b"_")):
            return stem
    return path


def _stand_in(tree: str, base: str) -> Commit:
    nobody = b"prodigy-action <prodigy-action> 0 +0000"
    return Commit(tree, (base,), nobody, nobody, b"")
