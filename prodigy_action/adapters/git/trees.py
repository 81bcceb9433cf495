"""Trees compared and composed without a working tree."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.adapters.git.objects import DIRECTORY, EMPTY_TREE, GitObjects, Tree

Entry = tuple[bytes, str]
"""Mode as git writes it, and object id."""

Changes = dict[bytes, Entry | None]
"""Path → what is there afterwards; None: nothing."""


def changes_between(objects: GitObjects, before: str, after: str) -> Changes:
    """The paths on which two trees differ, by whole path, without rename detection."""
    changes: Changes = {}
    _compare(objects, before, after, b"", changes)
    return changes


def _compare(objects: GitObjects, before: str, after: str, prefix: bytes, changes: Changes) -> None:
    if before == after:
        return
    old, new = objects.tree(before), objects.tree(after)
    for name in old.keys() | new.keys():
        left, right = old.get(name), new.get(name)
        if left == right:
            continue
        path = prefix + name
        left_tree = left[1] if left and left[0] == DIRECTORY else None
        right_tree = right[1] if right and right[0] == DIRECTORY else None
        if left_tree or right_tree:
            _compare(objects, left_tree or EMPTY_TREE, right_tree or EMPTY_TREE, path + b"/", changes)
        if right and not right_tree:
            changes[path] = right
        elif left and not left_tree:
            changes.setdefault(path, None)


def compose(objects: GitObjects, tree: str, changes: Mapping[bytes, Entry | None]) -> str:
    """The tree that differs from `tree` by `changes` alone; directories that become empty vanish."""
    return _compose(objects, tree, changes) or objects.write_tree({})


def _compose(objects: GitObjects, tree: str, changes: Mapping[bytes, Entry | None]) -> str | None:
    entries: Tree = dict(objects.tree(tree))
    below: dict[bytes, dict[bytes, Entry | None]] = {}
    for path, entry in changes.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            below.setdefault(name, {})[rest] = entry
        elif entry is None:
            if name in entries and entries[name][0] != DIRECTORY:
                del entries[name]
        else:
            entries[name] = entry
    for name, inner in below.items():
        present = entries.get(name)
        if present is not None and present[0] != DIRECTORY:
            if all(entry is None for entry in inner.values()):
                continue  # a file took the place of the directory whose files vanish
            present = None
        composed = _compose(objects, present[1] if present else EMPTY_TREE, inner)
        if composed is None:
            entries.pop(name, None)
        else:
            entries[name] = (DIRECTORY, composed)
    return objects.write_tree(entries) if entries else None
