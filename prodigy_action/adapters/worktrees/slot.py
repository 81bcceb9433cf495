"""One slot of the pool: a worktree with a small repository of its own; each agent gets it in its pristine state."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from prodigy_action.adapters.files.coarse_clock import coarse_now
from prodigy_action.adapters.files.named_file import read_start
from prodigy_action.adapters.files.placement import Placement
from prodigy_action.adapters.files.temporary_pool import clear_away, remove_tree
from prodigy_action.adapters.git.calls import GitCalls, decode, encode, inside
from prodigy_action.adapters.git.heads import read_head
from prodigy_action.adapters.git.index_copies import copy_index
from prodigy_action.adapters.git.objects import SUBMODULE
from prodigy_action.adapters.git.odd_files import refuse_odd_repository
from prodigy_action.adapters.processes.accounts import end_processes_of, give, give_one
from prodigy_action.adapters.repository.parent_place import link_worktree
from prodigy_action.adapters.worktrees.carried_files import copy_files
from prodigy_action.adapters.worktrees.making.stock import Copied
from prodigy_action.adapters.worktrees.repository_files import is_just
from prodigy_action.adapters.worktrees.scan import (
    Differences,
    compare,
    directory_facts,
    fact_line,
    fact_lines,
    path_of,
    read_facts,
)
from prodigy_action.adapters.worktrees.slot_repository import SlotRepository
from prodigy_action.adapters.worktrees.slot_template import SlotTemplate
from prodigy_action.adapters.worktrees.watching.slot_watch import SlotWatch
from prodigy_action.adapters.worktrees.watching.watch_budget import WatchBudget
from prodigy_action.errors import WorktreeUnusable


class WorktreeSlot:
    """A worktree and its repository. The repository borrows the run's objects; refs, configuration, index, stash and
    locks are its own, so nothing an agent does to them reaches another agent. Every method blocks.
    """

    def __init__(self, template: SlotTemplate, name: str, budget: WatchBudget, placement: Placement) -> None:
        self._template = template
        root = template.repository.root
        self._accounts = template.repository.accounts
        self.user = None if self._accounts is None else self._accounts.slot(name)
        self.path = f"{root}/worktrees/{name}"
        self.git_dir = f"{root}/slots/{name}/git"
        self._root = encode(self.path)
        self._marker = f"gitdir: {self.git_dir}\n".encode()
        self._pristine_index = f"{root}/slots/{name}/index"
        self._pristine_facts: set[bytes] = set()
        self._pristine_reading = b""
        """A reading of the pristine state; empty when none is known. Most scans find just that."""
        self._watch = SlotWatch(budget, self._root, self.user)
        self._budget = budget
        self._placement = placement
        self.trusted = template.repository.on_worktree(self.path)
        """Calls that look at the worktree through the run's repository: they read no file that the agent can write."""
        self._repository = SlotRepository(self.git_dir, self._pristine_index, budget)
        self.written_at = 0.0
        """The time of our last write into the worktree, by `coarse_now`: file times do not show a change within the
        same tick.
        """

    @property
    def number(self) -> int:
        """The number of the slot in the pool, from 0."""
        return int(self.path.rpartition("-")[2])

    @property
    def agents_view(self) -> GitCalls:
        """Calls that use the agent's own repository and configuration."""
        cwd = self._template.repository.git_dir
        return GitCalls(cwd=cwd, git_dir=self.git_dir, work_tree=self.path, user=self.user)

    def create(self) -> None:
        """Check the base out. Raises `GitFailed` or `OSError`."""
        self.destroy()
        self._placement.make(Path(self.path).name)
        Path(self.git_dir).parent.mkdir(parents=True)
        given = self._template.repository.place.give(self._template.base, self.path, self._pristine_index)
        copied = None if given else self._copy_files()
        if not given and (copied is None or not copied.complete):
            self.trusted.run("read-tree", "-m", "-u", self._template.base, environ=self._pristine_env())
        if copied is not None and copied.complete and not self._template.carried:
            if self.user is not None:
                give_one(self.path, self.user)
            self._pristine_facts = {*copied.facts.split(b"\0"), fact_line(self._root, b"")}
        else:
            copy_files(encode(self._template.repository.parent), self._root, self._template.carried)
            self._give_whole_worktree()
            self._note_pristine()
        self._watch.before_first_use(self._pristine_facts)
        self._renew_repository()
        self.written_at = coarse_now()

    def _copy_files(self) -> Copied | None:
        """Files of the base that need no git; None when there are none."""
        self._close_to_others()
        if (stock := self._template.stock) is None:
            return None
        copied = stock.copy(self.path, self._pristine_index, self.user)
        if copied is None and (os.listdir(self.path) or os.path.lexists(self._pristine_index)):  # noqa: PTH208 - for emptiness alone
            self.destroy()
            self._placement.make(Path(self.path).name)
            Path(self.git_dir).parent.mkdir(parents=True)
            self._close_to_others()
        return copied

    def fits(self, template: SlotTemplate) -> bool:
        """Whether a pristine worktree already has the base of `template`."""
        return template is self._template

    def move_to(self, template: SlotTemplate) -> None:
        """Bring a pristine worktree to the base of another template. Raises `GitFailed` or `OSError`."""
        before, self._template = self._template.base, template
        self.trusted.run("read-tree", "-m", "-u", before, template.base, environ=self._pristine_env())
        copy_files(encode(template.repository.parent), self._root, template.carried)
        self._give_whole_worktree()
        self._watch.moved()
        self._note_pristine()
        self._renew_repository()
        self.written_at = coarse_now()

    def enter_branch(self, branch: str) -> None:
        """Put HEAD of a pristine worktree on a branch at its base: at most a renaming and one write. Raises
        `OSError`.
        """
        if self._repository.enter_branch(branch, self._template.base) and self.user is not None:
            give_one(f"{self.git_dir}/refs/heads/{branch}", self.user)

    def end_processes(self) -> None:
        """End every process of the worktree's user; without such a user, they cannot be identified."""
        if self.user is not None:
            end_processes_of(self.user)

    def destroy(self) -> None:
        """Remove the worktree and its repository; absent files are ignored, files that cannot be removed are moved
        away.
        """
        clear_away(self.path)
        clear_away(str(Path(self.git_dir).parent))
        self._watch.close()
        self._repository.close()
        self._pristine_facts.clear()
        self._pristine_reading = b""

    @property
    def is_watched(self) -> bool:
        """Whether the next look at the worktree needs no scan, unless something is reported."""
        return self._watch.is_valid

    def is_untouched(self) -> bool:
        """Whether the worktree and its repository certainly are as they were issued.

        For the event loop: it takes a small number of system calls, and never waits.
        """
        # Processes of a user have to be ended first, which may take long.
        if self.user is not None or self._watch.has_many_opened:
            return False
        try:
            repository = self._repository.is_as_entered(self._template)
        except OSError:
            return False
        marker = repository and is_just(f"{self.path}/.git", self._marker)
        return marker and self._watch.is_unchanged(self._pristine_facts)

    def head(self) -> str:
        """The commit that HEAD points to. Raises `WorktreeUnusable` when it points to no commit."""
        marker = f"{self.path}/.git"
        if not is_just(marker, self._marker) and os.path.lexists(marker) and not self._is_ours(Path(marker)):
            raise WorktreeUnusable("the worktree's .git was replaced by another repository")
        head = read_head(self.git_dir)
        if head is not None:
            return head
        refuse_odd_repository(self.git_dir)
        answer = self.agents_view.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if answer.status != 0:
            raise WorktreeUnusable("HEAD of the worktree names no commit", stderr=answer.stderr)
        return decode(answer.stdout).strip()

    def scan(self) -> Differences:
        """The differences from the pristine state. Raises `OSError` when they cannot be determined."""
        if self._watch.is_unchanged(self._pristine_facts):
            self._budget.without_scan += 1
            return Differences()
        if (reported := self._watch.changes(self._pristine_facts)) is not None:
            self._budget.without_scan += 1
            return reported
        self._budget.scans += 1
        if not Path(self.path).is_dir() or Path(self.path).is_symlink():
            return Differences(lost=True)
        self._watch.before_scan(self._pristine_facts)
        differences = self._found()
        self._watch.after_scan(differences)
        return differences

    def _found(self) -> Differences:
        now = read_facts(self._root, len(self._pristine_facts))
        if now == self._pristine_reading:
            return Differences()
        differences = compare(self._pristine_facts, fact_lines(now))
        if not differences.changed and not differences.extra:
            self._pristine_reading = now
        return differences

    def restore(self, differences: Differences) -> None:
        """Make the worktree pristine again, and touch only those paths. Raises `GitFailed` or `OSError`."""
        for path in differences.extra:
            remove_tree(inside(self._root, path))
        gone = set(differences.changed)
        if gone:
            stale = {line for line in self._pristine_facts if path_of(line) in gone}
            for line in sorted(stale, key=path_of):
                self._restore_directory(line)
            self._restore_files([path for path in differences.changed if path in self._template.tracked])
            carried = [path for path in self._template.carried if path in gone]
            copy_files(encode(self._template.repository.parent), self._root, carried)
            self._give_paths(gone)
            self._pristine_facts -= stale
            self._pristine_facts |= {fact_line(self._root, path) for path in gone}
            self._pristine_reading = b""
        if gone or differences.extra:
            self._watch.restored(gone, differences.extra, self._pristine_facts)
        if self._renew_repository() or gone:
            self.written_at = coarse_now()

    def pristine_index_copy(self) -> str:
        """A copy of the pristine index, for git commands that write to an index; the caller removes it."""
        copy = f"{self._pristine_index}.copy"
        copy_index(self._pristine_index, copy)
        return copy

    def _note_pristine(self) -> None:
        self._pristine_reading = read_facts(self._root, len(self._template.tracked))
        self._pristine_facts = fact_lines(self._pristine_reading)

    def _close_to_others(self) -> None:
        if self.user is not None:
            for passable in (Path(self.path).parent, Path(self.git_dir).parent, Path(self.git_dir).parent.parent):
                passable.chmod(0o711)
            Path(self.path).chmod(0o700)

    def _give_whole_worktree(self) -> None:
        if self.user is None:
            return
        give(self._root, self.user)
        # The index stores owners: with wrong ones every git command of the agent would read every file.
        self.trusted.attempt("update-index", "-q", "--refresh", environ=self._pristine_env())

    def _give_paths(self, paths: Iterable[bytes]) -> None:
        if self.user is None:
            return
        for path in paths:
            while path and os.path.lexists(inside(self._root, path)):
                give_one(inside(self._root, path), self.user)
                path = path.rpartition(b"/")[0]

    def _pristine_env(self) -> dict[str, str]:
        return {"GIT_INDEX_FILE": self._pristine_index}

    def _restore_directory(self, line: bytes) -> None:
        facts = directory_facts(line)
        if facts is None:
            return
        path = Path(decode(inside(self._root, path_of(line))))
        mode, user, group = facts
        if path.is_symlink() or not path.is_dir():
            remove_tree(str(path))
            path.mkdir()
        os.chown(path, user, group, follow_symlinks=False)
        path.chmod(mode)

    def _restore_files(self, paths: Iterable[bytes]) -> None:
        files = [path for path in paths if self._template.tracked[path][0] != SUBMODULE]
        if not files:
            return
        for path in files:
            remove_tree(inside(self._root, path))
        listed = b"".join(path + b"\0" for path in files)
        self.trusted.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=listed, environ=self._pristine_env())

    def _renew_repository(self) -> bool:
        """Restore the repository and the link to it; returns whether anything was written that a scan compares."""
        if self.user is None:
            wrote = self._repository.renew(self._template)
        elif self._repository.is_as_entered(self._template):
            wrote = False
        else:
            # In directories of another user nothing is repaired; they are made anew.
            self._repository.lay_out(self._template)
            wrote = True
        marker = Path(self.path, ".git")
        if is_just(str(marker), self._marker):
            pass
        elif not os.path.lexists(marker) or not self._is_ours(marker):
            remove_tree(str(marker))
            link_worktree(self.path, self.git_dir)
        elif stat.S_IMODE(marker.stat().st_mode) & 0o600 != 0o600:
            marker.chmod(0o644)
        if self._accounts is not None and self.user is not None:
            if wrote:
                Path(self.git_dir).chmod(0o700)
                give(self.git_dir, self.user)
                self._repository.watch_given()
            give_one(str(marker), self.user)
            self._accounts.renew(self.user)
        return wrote

    def _is_ours(self, marker: Path) -> bool:
        try:
            found = marker.lstat()
            return stat.S_ISREG(found.st_mode) and read_start(marker, limit=len(self._marker) + 1) == self._marker
        except OSError:
            return False
