"""The parent worktree as the worktree of every item: `map.isolation: none`."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import anyio

from prodigy_action.adapters.files.coarse_clock import coarse_now, tick_after
from prodigy_action.adapters.git.calls import decode, encode, in_thread, inside
from prodigy_action.adapters.git.made_refs import made_refs
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.adapters.worktrees.scan import compare, fact_lines, read_facts
from prodigy_action.adapters.worktrees.tracked_files import holds, tracked_files
from prodigy_action.dataclass import dataclass
from prodigy_action.model.events import KeptRef
from prodigy_action.model.git import Submission, Worktree

_SCANNED_BY_PROCESS = 1 << 20
_GIT_FILES = {"HEAD": "HEAD (a branch was switched)", "config": "the configuration of git"}


@dataclass(frozen=True, slots=True)
class _State:
    """Everything that items could change: `facts` of the files, `staged` in the index, `refs` by name."""

    facts: bytes
    staged: bytes
    refs: Mapping[str, str]
    git_files: Mapping[str, bytes]


class SharedWorktree:
    """The port `Worktrees` without isolation: every agent gets the parent worktree at once, and none may change it.

    Nothing is scanned, kept or restored per agent. What all of them together changed is found by `changed`.
    """

    def __init__(self, repository: PrivateRepository, base: str, limiter: anyio.CapacityLimiter) -> None:
        self._repository = repository
        self._base = base
        self._limiter = limiter
        self._free: list[int] = []
        self._given = 0
        self._before: _State | None = None

    async def note(self) -> None:
        """Note the state in which the agents find the worktree. Raises `GitFailed`, `OSError`."""
        self._before = await in_thread(self._read, limiter=self._limiter)
        # A change within the tick of the last write, such as that of setup, would not show in the times of files.
        await tick_after(coarse_now())

    async def create_worktree(self, name: str) -> Worktree:
        """The parent worktree; agents at work at one time have different slots."""
        if self._free:
            slot = heapq.heappop(self._free)
        else:
            slot = self._given
            self._given += 1
        return Worktree(name, self._repository.parent, self._base, slot, self._repository.branch)

    async def release(self, worktree: Worktree) -> None:
        """Let another agent have the slot."""
        if worktree.slot is not None:
            heapq.heappush(self._free, worktree.slot)

    async def collect(self, worktree: Worktree, item_id: int) -> Submission:
        """Nothing: what an agent changes here never lands."""
        del worktree, item_id
        return Submission(head=self._base)

    async def keep_refs(self, worktree: Worktree, item_id: int) -> tuple[KeptRef, ...]:
        """None: `changed` names them."""
        del worktree, item_id
        return ()

    async def patch(self, worktree: Worktree) -> bytes:
        """Empty: nothing shows which agent made a change."""
        del worktree
        return b""

    async def changed(self) -> tuple[str, ...]:
        """The files that differ from the state that `note` found, in order, then what differs in the repository.

        A tracked file that was written anew with its own content does not differ. Raises `GitFailed`, `OSError`.
        """
        return await in_thread(self._changed, limiter=self._limiter)

    def _read(self) -> _State:
        repository = self._repository
        refs = made_refs(repository.parent_git_dir, repository.borrowed_refs)
        return _State(
            facts=read_facts(encode(repository.parent), _SCANNED_BY_PROCESS),
            staged=repository.git.run("diff-index", "--cached", "--raw", "-z", "--ignore-submodules=dirty", self._base),
            refs=refs,
            git_files={name: repository.read_from_parent(name) for name in _GIT_FILES},
        )

    def _changed(self) -> tuple[str, ...]:
        before, now = self._before, self._read()
        if before is None or before == now:
            return ()
        found = list(map(decode, self._changed_files(before.facts, now.facts)))
        if before.staged != now.staged:
            found.append("the index (changes were staged)")
        moved = {name for name in before.refs.keys() | now.refs.keys() if before.refs.get(name) != now.refs.get(name)}
        found += sorted(moved)
        found += [text for name, text in _GIT_FILES.items() if before.git_files[name] != now.git_files[name]]
        return tuple(found)

    def _changed_files(self, before: bytes, now: bytes) -> list[bytes]:
        if before == now:
            return []
        root = encode(self._repository.parent)
        differences = compare(fact_lines(before), fact_lines(now))
        tracked = tracked_files(self._repository.own, self._base) if differences.changed else {}
        same = {path for path in differences.changed if path in tracked and holds(inside(root, path), tracked[path])}
        changed = (path or b"." for path in (*differences.changed, *differences.extra) if path not in same)
        return sorted(changed)
