"""The one gate that commits of steps pass: whole, well-formed, and such that any git can take and check them out.

It holds what `transfer.fsckObjects` with `core.protectHFS` and `core.protectNTFS` would, in process, since a process of
git for each item costs more than all the rest; git itself reads what is rare (`.gitmodules`, packs of an agent's own).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from prodigy_action.adapters.cancellation import end_if_cancelled
from prodigy_action.adapters.git.calls import GitCalls, decode, lines_said
from prodigy_action.adapters.git.commit_secrets import CommitSecrets, searched
from prodigy_action.adapters.git.nested_repositories import refuse_unknown_submodules
from prodigy_action.adapters.git.object_packs import make_pack, pack_entry
from prodigy_action.adapters.git.objects import EMPTY_TREE, GitObjects
from prodigy_action.adapters.git.trees import Changes, changes_between, entry_at
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed, MalformedCommit, SecretInCommit
from prodigy_action.pure.git_objects.commits import commit_links
from prodigy_action.pure.git_objects.trees import (
    LONGEST_TARGET,
    MalformedObject,
    TreeEntry,
    check_target,
    shown,
    tree_entries,
)
from prodigy_action.pure.text.masking import Masker

T = TypeVar("T")

GITMODULES = b".gitmodules"

MOST_OBJECTS = 500_000
"""New objects of one item, or of the steps between two phases."""
LARGEST_FILE = 1 << 31
"""Bytes of one file's content."""
LARGEST_STRUCTURE = 1 << 26
"""Bytes of one commit or directory, which are read as a whole."""
HELD_BYTES = 1 << 22
"""Content that a check keeps for the code that packs the objects later."""
_HELD_COMMITS = 50


@dataclass(frozen=True, slots=True)
class _Base:
    """What the commits stand on, read once: it is sound, and kept elsewhere."""

    commit: str = ""
    trees: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


class CommitCheck:
    """Checks new commits of one repository. Safe to share between threads."""

    def __init__(
        self, git: GitCalls, objects: GitObjects, scratch: str, trusted: Iterable[str], secrets: Masker | None = None
    ) -> None:
        """`scratch` is a directory for packs that git is to read; `trusted` are the heads of the user's repository.

        Commits that hold one of the `secrets` are refused.
        """
        self._secrets = secrets
        self._git = git
        self._objects = objects
        self._scratch = scratch
        self._trusted = frozenset(trusted)
        self._base = _Base()
        self._sound: set[str] = set()

    def check(self, base: str, commits: Sequence[str], *, linear: bool) -> Sequence[tuple[str, bytes]] | None:
        """Check the commits of `base..head`. Blocks. Raises `MalformedCommit` (also `SecretInCommit`), `GitFailed`.

        Returns their new objects, as kinds and contents, or None when those are too many or too large to hold. What the
        user's repository had before the run counts as sound.
        """
        new = commits if linear else self.without_known(commits)
        masker = searched(self._secrets)
        secrets = None if masker is None else CommitSecrets(self._git, self._objects, masker)
        walk = _Walk(self._objects, self._known(base), self._sound | {base}, secrets, hold=len(new) <= _HELD_COMMITS)
        try:
            walk.commits(new)
        except MalformedObject as error:
            raise MalformedCommit(str(error)) from error
        for tree, blob in walk.gitmodules:
            self._check_gitmodules(tree, blob)
        if secrets is not None:
            secrets.refuse()
        # Whoever packs what was held packs all commits, also those that the user's repository has.
        return walk.held if len(new) == len(commits) else None

    def check_head(self, base: str, head: str) -> tuple[str, ...]:
        """Check the commits that `head` has and neither `base` nor an accepted head has; returns them, oldest first.

        Raises `NestedRepository` when it names repositories that are no submodules.
        """
        if head == base or head in self._sound:
            return ()
        commits = self.check_all(base, [head])
        before = self._objects.commit(base).tree
        changes = changes_between(self._objects, before, self._objects.commit(head).tree)
        refuse_unknown_submodules(self._git, head, changes, lambda path: entry_at(self._objects, before, path))
        return commits

    def check_tag(self, name: str, object_id: str) -> None:
        """Check that neither the name of a reference nor an annotated tag holds a secret. Raises `SecretInCommit`."""
        masker = searched(self._secrets)
        if masker is None:
            return
        kind = self._git.text("cat-file", "-t", object_id)
        message = self._git.run("cat-file", "tag", object_id) if kind == "tag" else b""
        if masker.count_in_content([name.encode("utf-8", "surrogateescape"), b"\n", message]):
            raise SecretInCommit("its name or its message holds a secret of the run")

    def check_all(self, base: str, heads: Iterable[str]) -> tuple[str, ...]:
        """Check the commits that any of the heads has and `base` does not have; returns them, oldest first."""
        asked = "".join(f"{head}\n" for head in heads)
        listed = self._git.attempt(
            "rev-list", "--topo-order", "--reverse", "--stdin", stdin=f"{asked}^{base}\n".encode()
        )
        if listed.status != 0:
            raise MalformedCommit("the history cannot be read", stderr=listed.stderr)
        commits = tuple(decode(listed.stdout).split())
        self.check(base, commits, linear=False)
        return commits

    def check_merged(self, tree: str, sides: Sequence[str], base_tree: str, changes: Changes) -> None:
        """Check what a merge of sound trees, the `sides`, may have made of their lists of submodules.

        `changes` are those of one side against `base_tree`.
        """
        merged = self._objects.tree(tree).get(GITMODULES)
        if merged is not None and all(self._objects.tree(side).get(GITMODULES) != merged for side in sides):
            self._check_gitmodules(tree, merged[1])
        refuse_unknown_submodules(self._git, tree, changes, lambda path: entry_at(self._objects, base_tree, path))

    def accept(self, head: str) -> None:
        """Take a commit that was made of sound ones for sound."""
        self._sound.add(head)

    def knows_any(self, commits: Iterable[str]) -> bool:
        """Whether the user's repository had a branch or tag at one of the commits before the run."""
        return not self._trusted.isdisjoint(commits)

    def without_known(self, commits: Sequence[str], further: Iterable[str] = ()) -> list[str]:
        """Those of the commits that neither the user's repository had, nor an accepted or a `further` head has."""
        excluded = "".join(f"^{head}\n" for head in (*self._trusted, *self._sound, *further))
        asked = "".join(f"{commit}\n" for commit in commits) + excluded
        listed = self._git.attempt("rev-list", "--ignore-missing", "--stdin", stdin=asked.encode())
        if listed.status != 0:
            raise MalformedCommit("the history cannot be read", stderr=listed.stderr)
        new = set(decode(listed.stdout).split())
        return [commit for commit in commits if commit in new]

    def _known(self, base: str) -> _Base:
        if base != self._base.commit:
            listed = self._git.text("ls-tree", "-r", "-t", "--format=%(objecttype) %(objectname)", base)
            found: dict[str, set[str]] = {"tree": {self._objects.commit(base).tree, EMPTY_TREE}, "blob": set()}
            for line in lines_said(listed):
                kind, _, object_id = line.partition(" ")
                if kind in found:
                    found[kind].add(object_id)
            self._base = _Base(base, frozenset(found["tree"]), frozenset(found["blob"]))
        return self._base

    def _check_gitmodules(self, tree: str, blob: str) -> None:
        entries = [pack_entry(*self._objects.read(object_id)) for object_id in (tree, blob)]
        with tempfile.TemporaryDirectory(prefix="check-", dir=self._scratch) as directory:
            pack = Path(directory, "gitmodules.pack")
            pack.write_bytes(make_pack(entries))
            answer = self._git.attempt("index-pack", "--strict", str(pack))
        if answer.status != 0:
            raise MalformedCommit(f".gitmodules is refused by git: {_git_message(answer.stderr)}", stderr=answer.stderr)


class _Walk:
    """One walk over new objects: each is read once, links are followed to what is known."""

    def __init__(
        self, objects: GitObjects, base: _Base, commits: set[str], secrets: CommitSecrets | None, *, hold: bool
    ) -> None:
        self._objects = objects
        self._secrets = secrets
        self._base = base
        self._commits = commits
        self._seen: set[tuple[str, str]] = set()
        self._count = 0
        self._size = 0
        self._hold = hold
        self._held: list[tuple[str, bytes]] = []
        self._held_ids: set[str] = set()
        self.gitmodules: list[tuple[str, str]] = []
        """Trees, and the blobs in them that git would read as the list of submodules."""

    @property
    def held(self) -> list[tuple[str, bytes]] | None:
        """The contents of all new objects, unless they are too much."""
        return self._held if self._hold else None

    def commits(self, commits: Sequence[str]) -> None:
        """Walk these commits, oldest first."""
        for commit in commits:
            content = self._content(commit, "commit")
            tree, parents = commit_links(content)
            if self._secrets is not None:
                self._secrets.look_at_commit(commit, content)
            for parent in parents:
                if parent not in self._commits:
                    self._is(parent, "commit")
                    self._commits.add(parent)
            self._commits.add(commit)
            self._tree(tree, commit)

    def _tree(self, tree: str, commit: str) -> None:
        unseen = [tree]
        while unseen:
            current = unseen.pop()
            if current in self._base.trees or not self._is_new(current, "tree"):
                continue
            for entry in tree_entries(self._content(current, "tree")):
                if self._secrets is not None:
                    self._secrets.look_at_name(commit, entry.name)
                if entry.is_gitmodules and entry.object_id not in self._base.files:
                    self.gitmodules.append((current, entry.object_id))
                if entry.is_directory:
                    unseen.append(entry.object_id)
                elif not entry.is_submodule:
                    self._file(entry, commit)

    def _file(self, entry: TreeEntry, commit: str) -> None:
        role = "link" if entry.is_link else "file"
        if role == "file" and entry.object_id in self._base.files:
            return
        if not self._is_new(entry.object_id, role):
            return
        size = self._is(entry.object_id, "blob")
        if size > (LONGEST_TARGET if role == "link" else LARGEST_FILE):
            raise MalformedObject(f"{shown(entry.name)} has {size} bytes, which are too many")
        if self._secrets is not None:
            self._secrets.look_at_file(commit, entry.object_id, size)
        if role == "link":
            check_target(self._content(entry.object_id, "blob"))
        elif self._hold and size <= HELD_BYTES - self._size:
            self._content(entry.object_id, "blob")
        else:
            self._hold = False
            if not self._objects.is_sound(entry.object_id):
                raise MalformedObject(f"object {entry.object_id} is damaged")

    def _is_new(self, object_id: str, role: str) -> bool:
        if (object_id, role) in self._seen:
            return False
        end_if_cancelled()
        self._seen.add((object_id, role))
        self._count += 1
        if self._count > MOST_OBJECTS:
            raise MalformedObject(f"there are more than {MOST_OBJECTS} new objects")
        return True

    def _content(self, object_id: str, kind: str) -> bytes:
        found, content = _or_malformed(lambda: self._objects.read(object_id, at_most=LARGEST_STRUCTURE))
        if found != kind:
            raise MalformedObject(f"object {object_id} is a {found} where a {kind} belongs")
        self._size += len(content)
        if self._size > HELD_BYTES:
            self._hold = False
        elif self._hold and object_id not in self._held_ids:
            self._held_ids.add(object_id)
            self._held.append((kind, content))
        return content

    def _is(self, object_id: str, kind: str) -> int:
        """The size of an object. Raises `MalformedObject` when it is absent or of another kind."""
        found, size = _or_malformed(lambda: self._objects.kind_and_size(object_id))
        if found != kind:
            raise MalformedObject(f"object {object_id} is a {found} where a {kind} belongs")
        return size


def _or_malformed(read: Callable[[], T]) -> T:
    try:
        return read()
    except GitFailed as error:
        raise MalformedObject(str(error)) from error


def _git_message(stderr: str) -> str:
    lines = lines_said(stderr.strip())
    return next((line for line in lines if line.startswith("error: ")), lines[-1] if lines else "it said nothing")
