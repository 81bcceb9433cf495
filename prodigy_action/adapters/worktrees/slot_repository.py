"""The repository of one slot: made once, then restored by touching only what an agent changed in it.

On some file systems making and deleting a file costs far more than writing to an existing one, so a file that can be
repaired is not replaced.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from prodigy_action.adapters.files.temporary_pool import remove_tree
from prodigy_action.adapters.repository.private_repository import lay_out
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate

_INDEX = "index"
_FAN_OUT = "objects/"
_REFLOG = "logs/HEAD"
_BRANCHES = "refs/heads/prodigy"
"""Where the branches of items are made."""


class SlotRepository:
    """A repository that borrows the run's objects and has refs, configuration, index and locks of its own.

    `pristine_index` is the index of the pristine state, a file that agents cannot see. Every method blocks and raises
    `OSError`.
    """

    def __init__(self, git_dir: str, pristine_index: str) -> None:
        self.git_dir = git_dir
        self._pristine_index = pristine_index
        self._modes: dict[str, int] = {}

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
                (root / name).write_bytes(content)
        self._modes = {str(path.relative_to(root)): path.lstat().st_mode for path in root.rglob("*")}
        self._modes[""] = root.lstat().st_mode

    def enter_branch(self, branch: str, commit: str) -> None:
        """Make a branch `prodigy/…` and put HEAD on it, in what `lay_out` or `renew` made."""
        Path(self._place(f"refs/heads/{branch}")).write_text(f"{commit}\n")
        self._repair("HEAD", f"ref: refs/heads/{branch}\n".encode())

    def renew(self, template: SlotTemplate) -> None:
        """Restore the state that `lay_out` made."""
        if not self._modes or not self._is_as_made(""):
            self.lay_out(template)
            return
        content = self._content(template)
        if not self._modes.keys() >= content.keys():
            self.lay_out(template)
            return
        self._clear("", content)
        for name, mode in self._modes.items():
            if stat.S_ISDIR(mode) and not os.path.lexists(self._place(name)):
                self.lay_out(template)
                return
        for name, text in content.items():
            self._repair(name, text)

    def _content(self, template: SlotTemplate) -> dict[str, bytes]:
        content = {
            "config": template.config,
            "packed-refs": template.packed_refs,
            "info/exclude": template.excludes,
            "objects/info/alternates": os.fsencode(template.repository.object_directory) + b"\n",
            "HEAD": f"{template.base}\n".encode(),
            _REFLOG: b"",
            _INDEX: Path(self._pristine_index).read_bytes(),
        }
        optional = {"shallow": template.shallow, "info/attributes": template.attributes}
        return {**content, **{name: text for name, text in optional.items() if text}}

    def _clear(self, directory: str, content: Mapping[str, bytes]) -> None:
        """Remove files that the pristine state does not have, and files of the wrong kind."""
        with os.scandir(self._place(directory)) as found:
            entries = list(found)
        for entry in entries:
            name = f"{directory}/{entry.name}" if directory else entry.name
            if name in self._modes and self._is_as_made(name):
                if name not in content:
                    self._clear(name, content)
            elif _is_fan_out(name) and entry.is_dir(follow_symlinks=False):
                _empty(entry.path)
            else:
                remove_tree(entry.path)

    def _repair(self, name: str, content: bytes) -> None:
        path = Path(self._place(name))
        if not path.exists():
            path.write_bytes(content)
            return
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
        with open(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC), "wb") as file:
            file.write(content)

    def _is_as_made(self, name: str) -> bool:
        try:
            found = os.lstat(self._place(name))
        except FileNotFoundError:
            return False
        # A file with several hard links may also be a file outside of this directory.
        return found.st_mode == self._modes[name] and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1)

    def _place(self, name: str) -> str:
        return f"{self.git_dir}/{name}" if name else self.git_dir


def _is_fan_out(name: str) -> bool:
    return name.startswith(_FAN_OUT) and len(name) == len(_FAN_OUT) + 2


def _empty(directory: str) -> None:
    with os.scandir(directory) as found:
        entries = list(found)
    for entry in entries:
        remove_tree(entry.path)
