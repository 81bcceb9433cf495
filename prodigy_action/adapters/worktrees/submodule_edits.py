"""Changes inside submodules: no commit of the worktree can hold them, so they are found and kept as a patch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls, decode, encode, inside
from prodigy_action.adapters.git.tree_rows import Entry
from prodigy_action.adapters.processes.accounts import give
from prodigy_action.adapters.worktrees.scan import Differences
from prodigy_action.adapters.worktrees.slot import WorktreeSlot
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate
from prodigy_action.dataclass import dataclass
from prodigy_action.errors import GitFailed

_COMPARED = ("diff-tree", "-r", "--no-renames")
_PATCH = ("-p", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class _Edited:
    """A submodule as it was (a tree or commit) and as the agent left it (a tree)."""

    name: str
    git: GitCalls
    before: str
    after: str


def touched_submodules(template: SlotTemplate, differences: Differences) -> list[bytes]:
    """The submodules below which a scan found any difference."""
    found = (*differences.changed, *differences.extra)
    return [name for name in template.submodules if any(path.startswith(name + b"/") for path in found)]


def paths_in_submodules(
    slot: WorktreeSlot, template: SlotTemplate, names: Collection[bytes], changes: Mapping[bytes, Entry | None]
) -> tuple[str, ...]:
    """The paths inside these submodules that the agent changed, without those that a submodule ignores.

    `changes` are those that it committed. A commit of a submodule that is on no remote branch counts as not made.
    """
    paths: list[str] = []
    for edited in _edited(slot, template, names, changes):
        listed = edited.git.run(*_COMPARED, "--name-only", "-z", edited.before, edited.after).split(b"\0")
        paths += [f"{edited.name}/{decode(path)}" for path in listed if path]
    return tuple(sorted(paths))


def patch_of_submodules(slot: WorktreeSlot, template: SlotTemplate) -> bytes:
    """The same as one patch, for all submodules of the worktree."""
    patches: list[bytes] = []
    for edited in _edited(slot, template, template.submodules, {}):
        prefixes = (f"--src-prefix=a/{edited.name}/", f"--dst-prefix=b/{edited.name}/")
        patches.append(edited.git.run(*_COMPARED, *_PATCH, *prefixes, edited.before, edited.after))
    return b"".join(patches)


def _edited(
    slot: WorktreeSlot, template: SlotTemplate, names: Collection[bytes], changes: Mapping[bytes, Entry | None]
) -> Iterator[_Edited]:
    for name in names:
        root = decode(inside(encode(slot.path), name))
        if Path(root).is_symlink() or not Path(root).is_dir():
            continue
        try:
            if os.path.lexists(f"{root}/.git"):
                yield _checked_out(slot, name, root, template.tracked[name][1], changes.get(name))
            else:
                yield _carried(slot, template, name, root)
        except GitFailed:
            continue  # the agent made a repository of its own there


def _carried(slot: WorktreeSlot, template: SlotTemplate, name: bytes, root: str) -> _Edited:
    source = decode(inside(encode(template.repository.parent), name))
    with _scratch(slot) as scratch:
        trees = []
        for number, place in enumerate((source, root)):
            git = template.repository.on_worktree(place)
            environ = {"GIT_INDEX_FILE": f"{scratch}/{number}"}
            git.run("add", "--all", "--ignore-errors", ".", environ=environ)
            trees.append(git.text("write-tree", environ=environ))
    return _Edited(decode(name), template.repository.own, *trees)


def _checked_out(slot: WorktreeSlot, name: bytes, root: str, recorded: str, changed: Entry | None) -> _Edited:
    """A submodule that the agent checked out itself, with a repository of its own."""
    git = replace(slot.agents_view, cwd=root, git_dir=None, work_tree=None)
    if changed is not None and git.text("branch", "--remotes", "--contains", changed[1]):
        recorded = changed[1]
    with _scratch(slot) as scratch:
        environ = {"GIT_INDEX_FILE": f"{scratch}/index"}
        git.run("read-tree", recorded, environ=environ)
        git.run("add", "--all", "--ignore-errors", ".", environ=environ)
        return _Edited(decode(name), git, recorded, git.text("write-tree", environ=environ))


@contextmanager
def _scratch(slot: WorktreeSlot) -> Iterator[str]:
    # Beside the worktree: when this process is killed, it is removed together with the worktree.
    with tempfile.TemporaryDirectory(prefix="index-", dir=Path(slot.path).parent) as scratch:
        if slot.user is not None:
            give(scratch, slot.user)
        yield scratch
