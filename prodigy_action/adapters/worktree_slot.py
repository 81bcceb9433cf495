"""One slot of the pool: a worktree with a small repository of its own, handed out pristine each time."""

from __future__ import annotations

import os
import shutil
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from prodigy_action.adapters.carried_files import Fingerprint, copy_files, fingerprint
from prodigy_action.adapters.git_calls import GitCalls, decode, encode, inside
from prodigy_action.adapters.git_heads import read_head
from prodigy_action.adapters.private_repository import PrivateRepository, lay_out, link_worktree
from prodigy_action.adapters.temporary_pool import remove_tree
from prodigy_action.adapters.worktree_scan import (
    Differences,
    DirectoryStat,
    ExpectedTree,
    directory_stat,
    scan,
)
from prodigy_action.errors import WorktreeUnusable

_CLOCK_TICK_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTemplate:
    """What every slot of a pool starts from."""

    repository: PrivateRepository
    base: str
    expected: ExpectedTree
    config: bytes
    packed_refs: bytes
    shallow: bytes
    excludes: bytes
    attributes: bytes


class WorktreeSlot:
    """A worktree and its repository. The repository borrows the run's objects; refs, configuration, index, stash and
    locks are its own, so nothing an agent does to them reaches another agent. Every method blocks.
    """

    def __init__(self, template: SlotTemplate, name: str) -> None:
        self._template = template
        root = template.repository.root
        self.path = f"{root}/worktrees/{name}"
        self.git_dir = f"{root}/slots/{name}/git"
        self._pristine_index = f"{root}/slots/{name}/index"
        self._directories: dict[bytes, DirectoryStat] = {}
        self._carried: dict[bytes, Fingerprint | None] = {}
        self.trusted = template.repository.on_worktree(self.path)
        """Calls that look at the worktree through the run's repository: nothing of the agent's making is read."""

    @property
    def agents_view(self) -> GitCalls:
        """Calls that see what the agent's own git sees."""
        return GitCalls(cwd=self._template.repository.git_dir, git_dir=self.git_dir, work_tree=self.path)

    def create(self) -> None:
        """Check the base out. Raises `GitFailed` or `OSError`."""
        self.destroy()
        Path(self.path).mkdir(parents=True)
        Path(self.git_dir).parent.mkdir(parents=True)
        self.trusted.run("read-tree", "-m", "-u", self._template.base, environ=self._pristine())
        self._restore_carried(list(self._template.expected.carried))
        root = encode(self.path)
        for directory in self._template.expected.directories:
            found = directory_stat(inside(root, directory))
            if found is not None:
                self._directories[directory] = found
        self._renew_repository()

    def destroy(self) -> None:
        """Remove the worktree and its repository; what is absent is fine."""
        remove_tree(self.path)
        remove_tree(str(Path(self.git_dir).parent))
        self._directories.clear()
        self._carried.clear()

    def head(self) -> str:
        """The commit that HEAD names. Raises `WorktreeUnusable` when it names none."""
        marker = Path(self.path, ".git")
        if os.path.lexists(marker) and not (
            stat.S_ISREG(marker.lstat().st_mode) and marker.read_bytes() == f"gitdir: {self.git_dir}\n".encode()
        ):
            raise WorktreeUnusable("the worktree's .git was replaced by another repository")
        head = read_head(self.git_dir)
        if head is not None:
            return head
        answer = self.agents_view.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if answer.status != 0:
            raise WorktreeUnusable("HEAD of the worktree names no commit", stderr=answer.stderr)
        return decode(answer.stdout).strip()

    def scan(self) -> Differences:
        """What differs from the pristine worktree. Raises `GitFailed` or `OSError` when it cannot be told."""
        expected = self._template.expected
        return scan(encode(self.path), expected, self._directories, self._carried, self.trusted, self._pristine_index)

    def restore(self, differences: Differences) -> None:
        """Make the worktree pristine again, touching those paths alone. Raises `GitFailed` or `OSError`."""
        root = encode(self.path)
        for path in differences.extra:
            remove_tree(inside(root, path))
        for directory in differences.directories:
            self._restore_directory(directory)
        if differences.tracked:
            for path in differences.tracked:
                remove_tree(inside(root, path))
            listed = b"".join(path + b"\0" for path in differences.tracked)
            self.trusted.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=listed, environ=self._pristine())
        self._restore_carried(differences.carried)
        self._renew_repository()

    def pristine_index_copy(self) -> str:
        """A copy of the pristine index, for questions that write to an index; the caller removes it."""
        copy = f"{self._pristine_index}.copy"
        shutil.copyfile(self._pristine_index, copy)
        return copy

    def _pristine(self) -> dict[str, str]:
        return {"GIT_INDEX_FILE": self._pristine_index}

    def _restore_directory(self, directory: bytes) -> None:
        path = inside(encode(self.path), directory)
        was = self._directories.get(directory)
        if was is None:
            return
        mode, user, group = was
        now = directory_stat(path)
        if now is None:
            remove_tree(path)
            os.mkdir(path)  # noqa: PTH102 - bytes
            now = directory_stat(path)
        if now is not None and now[1:] != (user, group):
            os.chown(path, user, group, follow_symlinks=False)
        os.chmod(path, stat.S_IMODE(mode))  # noqa: PTH101 - bytes

    def _restore_carried(self, paths: list[bytes]) -> None:
        if not paths:
            return
        root = encode(self.path)
        copy_files(encode(self._template.repository.parent), root, paths)
        for path in paths:
            self._carried[path] = fingerprint(inside(root, path))
        # A change within the same tick of the file system's clock would leave the same fingerprint.
        time.sleep(_CLOCK_TICK_SECONDS)

    def _renew_repository(self) -> None:
        template, git_dir = self._template, Path(self.git_dir)
        remove_tree(self.git_dir)
        lay_out(
            self.git_dir,
            config=template.config,
            packed_refs=template.packed_refs,
            shallow=template.shallow,
            excludes=template.excludes,
            lenders=template.repository.object_directory,
        )
        if template.attributes:
            (git_dir / "info/attributes").write_bytes(template.attributes)
        (git_dir / "HEAD").write_text(f"{template.base}\n")
        shutil.copyfile(self._pristine_index, git_dir / "index")
        marker = Path(self.path, ".git")
        if marker.is_symlink() or not marker.is_file() or marker.read_bytes() != f"gitdir: {git_dir}\n".encode():
            remove_tree(str(marker))
            link_worktree(self.path, self.git_dir)
        elif stat.S_IMODE(marker.stat().st_mode) & 0o600 != 0o600:
            marker.chmod(0o644)
