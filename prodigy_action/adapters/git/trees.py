"""Comparing and composing trees without a working tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from prodigy_action.adapters.git.objects import EMPTY_TREE, GitObjects
from prodigy_action.adapters.git.tree_rows import DIRECTORY, Entry
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import MalformedCommit
from prodigy_action.pure.git_objects.trees import LONGEST_PATH, shown

Changes = dict[bytes, Entry | None]
"""Path → the entry after the change; None: removed."""


MOST_PATHS = 1_000_000
"""Paths on which two trees may differ: a few trees that name each other stand for more than any disk holds."""
_DEEPEST = 400


def changes_between(objects: GitObjects, before: str, after: str) -> Changes:
    """The paths on which two trees differ, by whole path, without rename detection.

    Raises `MalformedCommit` for more paths, or longer ones, than can be checked out.
    """
    comparison = _Comparison(objects)
    comparison.compare(before, after, b"", _DEEPEST)
    return comparison.changes


@dataclass(slots=True)
class _Comparison:
    objects: GitObjects
    changes: Changes = field(default_factory=dict)
    left: int = MOST_PATHS

    def compare(self, before: str, after: str, prefix: bytes, deeper: int) -> None:
        if before == after:
            return
        if not deeper:
            raise MalformedCommit(f"{shown(prefix)} lies below more than {_DEEPEST} directories")
        old, new = self.objects.tree(before), self.objects.tree(after)
        different = [name for name, entry in new.items() if old.get(name) != entry]
        for name in (*different, *(old.keys() - new.keys())):
            left, right = old.get(name), new.get(name)
            path = prefix + name
            self._count(path)
            left_tree = left[1] if left and left[0] == DIRECTORY else None
            right_tree = right[1] if right and right[0] == DIRECTORY else None
            if left_tree or right_tree:
                self.compare(left_tree or EMPTY_TREE, right_tree or EMPTY_TREE, path + b"/", deeper - 1)
            if right and not right_tree:
                self.changes[path] = right
            elif left and not left_tree:
                self.changes.setdefault(path, None)

    def _count(self, path: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            raise MalformedCommit(f"more than {MOST_PATHS} paths differ")
        if len(path) > LONGEST_PATH:
            raise MalformedCommit(f"the path {shown(path)} has {len(path)} bytes, and {LONGEST_PATH} are the most")


def entry_at(objects: GitObjects, tree: str, path: bytes) -> Entry | None:
    """The entry of one path below a tree; None when there is none."""
    name, slash, rest = path.partition(b"/")
    entry = objects.tree(tree).get(name)
    if not slash or entry is None:
        return entry
    return entry_at(objects, entry[1], rest) if entry[0] == DIRECTORY else None


def compose(objects: GitObjects, tree: str, changes: Mapping[bytes, Entry | None]) -> str:
    """The tree `tree` with `changes`; empty directories are removed."""
    return _compose(objects, tree, changes) or objects.write_tree({})


def _compose(objects: GitObjects, tree: str, changes: Mapping[bytes, Entry | None]) -> str | None:
    before = objects.tree(tree)
    replaced: dict[bytes, Entry | None] = {}
    below: dict[bytes, dict[bytes, Entry | None]] = {}
    for path, entry in changes.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            below.setdefault(name, {})[rest] = entry
        elif entry is not None:
            replaced[name] = entry
        elif name in before and before[name][0] != DIRECTORY:
            replaced[name] = None
    for name, inner in below.items():
        present = replaced[name] if name in replaced else before.get(name)
        if present is not None and present[0] != DIRECTORY:
            if all(entry is None for entry in inner.values()):
                continue  # a file has replaced the directory of the removed files
            present = None
        composed = _compose(objects, present[1] if present else EMPTY_TREE, inner)
        replaced[name] = None if composed is None else (DIRECTORY, composed)
    return objects.write_changed(tree, replaced)
