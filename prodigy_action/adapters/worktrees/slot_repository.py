"""The repository of one slot: made once, then restored by touching only what an agent changed in it.

On some file systems making and deleting a file costs far more than writing to an existing one, so a file that can be
repaired is not replaced.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path

from prodigy_action.adapters.files.temporary_pool import remove_tree
from prodigy_action.adapters.repository.private_repository import lay_out
from prodigy_action.adapters.worktrees.repository_files import facts_of, holds, is_just, overwrite
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate
from prodigy_action.adapters.worktrees.watching.repository_watch import RepositoryWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.dataclass import dataclass

_HEAD = "HEAD"
_INDEX = "index"
_REFLOG = "logs/HEAD"
_BRANCHES = "refs/heads/prodigy"
"""Where the branches of items are made."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A path as it was made. `facts` change with every change of a file; None: its content has to be compared."""

    mode: int
    facts: tuple[int, ...] | None


class SlotRepository:
    """A repository that borrows the run's objects and has refs, configuration, index and locks of its own.

    `pristine_index` is the index of the pristine state, a file that agents cannot see. In the pristine state HEAD is on
    the branch that was entered last, at the base. Every method blocks and raises `OSError`.
    """

    def __init__(self, git_dir: str, pristine_index: str, budget: WatchBudget) -> None:
        self.git_dir = git_dir
        self._pristine_index = pristine_index
        self._branch = ""
        self._watch = RepositoryWatch(budget, git_dir)
        self._made: dict[str, _Made] = {}
        self._made_of: tuple[SlotTemplate, tuple[int, ...]] | None = None
        """The template, and the facts of the pristine index, that the files were made of."""

    def lay_out(self, template: SlotTemplate) -> None:
        """Make it from nothing; existing files are removed."""
        remove_tree(self.git_dir)
        lay_out(
            self.git_dir,
            config=template.config,
            packed_refs=template.packed_refs,
            shallow=template.shallow,
            excludes=template.excludes,
            lenders=template.repository.object_directory,
        )
        root = Path(self.git_dir)
        (root / "logs").mkdir()
        (root / _BRANCHES).mkdir()
        for name, content in self._content(template).items():
            if not (root / name).exists():
                (root / name).write_bytes(content())
        self._made_of = (template, facts_of(os.lstat(self._pristine_index)))
        self._note_made()

    def watch_given(self) -> None:
        """Watch what `lay_out` made, after it was given to another user and before that user's commands run."""
        self._watch.begin((_HEAD, f"refs/heads/{self._branch}"))
        self._note_made()
        self._watch.finish()

    def _note_made(self) -> None:
        root = Path(self.git_dir)
        self._made = {
            name: _Made(path.lstat().st_mode, self._facts(name, path.lstat()))
            for path in (root, *root.rglob("*"))
            for name in ["" if path == root else str(path.relative_to(root))]
        }

    def enter_branch(self, branch: str, commit: str) -> bool:
        """Put HEAD on a branch `prodigy/…` at the base `commit`, in what `lay_out` or `renew` made.

        The branch that was entered before becomes this one: renaming a file is far cheaper than making one. Returns
        whether there was none.
        """
        name, before = f"refs/heads/{branch}", f"refs/heads/{self._branch}"
        first = not self._branch
        if first:
            Path(self._place(name)).write_text(f"{commit}\n")
            self._made[name] = _Made(os.lstat(self._place(name)).st_mode, None)
        elif branch != self._branch:
            (old_place, old), (place, new) = os.path.split(before), os.path.split(name)
            rename = partial(os.rename, self._place(before), self._place(name))
            self._watch.change(rename, (old_place, old), (place, new))
            self._made[name] = self._made.pop(before)
        self._branch = branch
        overwrite(self._place(_HEAD), _reference(branch))
        return first

    def is_as_entered(self, template: SlotTemplate) -> bool:
        """Whether nothing certainly has changed since `enter_branch`; a small number of system calls."""
        return (
            bool(self._branch)
            and self._watch.is_unchanged(self._has_its_facts)
            and self._made_of == (template, facts_of(os.lstat(self._pristine_index)))
            and self._is_just(_HEAD, _reference(self._branch))
            and self._is_just(f"refs/heads/{self._branch}", f"{template.base}\n".encode())
        )

    def close(self) -> None:
        """End watching it."""
        self._watch.close()

    def renew(self, template: SlotTemplate) -> bool:
        """Restore the pristine state. Returns whether anything but HEAD and the branch was written."""
        self._watch.begin((_HEAD, f"refs/heads/{self._branch}"))
        wrote = self._renew(template)
        self._watch.finish()
        return wrote

    def _renew(self, template: SlotTemplate) -> bool:
        if not self._made or not self._is_as_made(""):
            self.lay_out(template)
            return True
        content = self._content(template)
        if not self._made.keys() >= content.keys():
            self.lay_out(template)
            return True
        changed = set(content)
        there = {""}
        self._clear("", content, changed, there)
        made_of = (template, facts_of(os.lstat(self._pristine_index)))
        if self._made_of is None or self._made_of[0] is not template:
            changed = set(content)
        elif self._made_of != made_of:
            changed.add(_INDEX)
        self._made_of = made_of
        for name, made in self._made.items():
            if stat.S_ISDIR(made.mode) and name not in there:
                self.lay_out(template)
                return True
        wrote = False
        for name in changed:
            if self._repair(name, content[name]()) and self._made[name].facts is not None:
                wrote = True
        return wrote

    def _content(self, template: SlotTemplate) -> dict[str, Callable[[], bytes]]:
        lenders = os.fsencode(template.repository.object_directory) + b"\n"
        base = f"{template.base}\n".encode()
        content: dict[str, Callable[[], bytes]] = {
            "config": lambda: template.config,
            "packed-refs": lambda: template.packed_refs,
            "info/exclude": lambda: template.excludes,
            "objects/info/alternates": lambda: lenders,
            _HEAD: lambda: _reference(self._branch) if self._branch else base,
            _REFLOG: lambda: b"",
            _INDEX: Path(self._pristine_index).read_bytes,
        }
        if self._branch:
            content[f"refs/heads/{self._branch}"] = lambda: base
        if template.shallow:
            content["shallow"] = lambda: template.shallow
        if template.attributes:
            content["info/attributes"] = lambda: template.attributes
        return content

    def _clear(self, directory: str, content: Container[str], changed: set[str], there: set[str]) -> None:
        """Remove files that the pristine state does not have, and files of the wrong kind.

        Files that are as they were made leave `changed`, and directories that are as they were made get into `there`.
        """
        with os.scandir(self._place(directory)) as found:
            entries = list(found)
        for entry in entries:
            name = f"{directory}/{entry.name}" if directory else entry.name
            made = self._made.get(name)
            if made is None or (now := _as_made(made, entry)) is None:
                remove_tree(entry.path)
            elif name not in content:
                there.add(name)
                self._clear(name, content, changed, there)
            elif made.facts is not None and made.facts == facts_of(now):
                changed.discard(name)

    def _repair(self, name: str, content: bytes) -> bool:
        """Give the file its content, if it has another one; returns whether it had."""
        path = self._place(name)
        try:
            same = holds(path, content)
        except FileNotFoundError:
            Path(path).write_bytes(content)
            same = False
        else:
            if not same:
                overwrite(path, content)
        found = os.lstat(path)
        self._made[name] = _Made(found.st_mode, self._facts(name, found))
        return not same

    def _facts(self, name: str, found: os.stat_result) -> tuple[int, ...] | None:
        if stat.S_ISDIR(found.st_mode) or name == _HEAD or name == f"refs/heads/{self._branch}":
            return None
        return facts_of(found)

    def _is_as_made(self, name: str) -> bool:
        return self._as_made(name) is not None

    def _as_made(self, name: str) -> os.stat_result | None:
        """The state of a path whose kind and mode are as they were made; None for any other."""
        try:
            found = os.lstat(self._place(name))
        except FileNotFoundError:
            return None
        return found if _is_kept(found, self._made[name]) else None

    def _has_its_facts(self, name: str) -> bool:
        made = self._made.get(name)
        if made is None:
            return True  # it was removed, and nothing comes into its place without a report
        found = self._as_made(name)
        return found is not None and made.facts == self._facts(name, found)

    def _is_just(self, name: str, content: bytes) -> bool:
        return name in self._made and is_just(self._place(name), content, self._made[name].mode)

    def _place(self, name: str) -> str:
        return f"{self.git_dir}/{name}" if name else self.git_dir


def _as_made(made: _Made, entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found if _is_kept(found, made) else None


def _is_kept(found: os.stat_result, made: _Made) -> bool:
    # A file with several hard links may also be a file outside of this directory.
    return found.st_mode == made.mode and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1)


def _reference(branch: str) -> bytes:
    return f"ref: refs/heads/{branch}\n".encode()
