"""What the results directory keeps of a run's objects, so that a killed run can be gone on with elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import anyio

from prodigy_action.adapters.git.calls import in_thread
from prodigy_action.adapters.git.object_packs import make_pack, pack_entry
from prodigy_action.adapters.git.objects import DIRECTORY, SUBMODULE, GitObjects
from prodigy_action.adapters.git.private_repository import PrivateRepository
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.model.events import KeptObjects

_PACKED_IN_PROCESS = 1 << 22
"""Bytes of content, of one object and of all together; beyond that git packs, which streams."""
_COMMITS_IN_PROCESS = 50


class _TooMuch(Exception):
    """Better packed by git."""


class CheckpointStore:
    """Keeps commits of the private repository in `state/`."""

    def __init__(self, repository: PrivateRepository, store: StateStore, limiter: anyio.CapacityLimiter) -> None:
        self._repository = repository
        self._store = store
        self._limiter = limiter
        self._known: tuple[str, frozenset[str]] = ("", frozenset())

    async def keep_item(self, base: str, head: str, commits: Sequence[str]) -> KeptObjects | None:
        """Keep what an item committed; None when that is nothing. Raises `ResultsUnwritable` or `GitFailed`."""
        if not commits:
            return None
        try:
            pack = await in_thread(self._pack_item, base, commits, limiter=self._limiter)
        except _TooMuch:
            return await self.keep(head, [base])
        return await self._store.append(pack)

    async def keep(self, head: str, without: Sequence[str]) -> KeptObjects | None:
        """Keep what `head` reaches and none of `without` does; None when that is nothing."""
        if head in without:
            return None
        with tempfile.TemporaryDirectory(prefix="pack-", dir=self._repository.root) as directory:
            pack = await in_thread(self._pack, directory, head, without, limiter=self._limiter)
            return None if pack is None else await self._store.append(pack)

    def _pack(self, directory: str, head: str, without: Sequence[str]) -> Path | None:
        wanted = "".join(f"{line}\n" for line in (head, *(f"^{commit}" for commit in without)))
        # Packs are joined later, where an object may stand twice: a delta names its base by place.
        # Bitmaps would leave out what only the history of the checkout has, and that history may be shallow elsewhere.
        options = ("-c", "pack.useBitmaps=false", "pack-objects", "--revs", "--quiet", "--delta-base-offset")
        self._repository.own.run(*options, f"{directory}/kept", stdin=wanted.encode())
        return next(Path(directory).glob("*.pack"), None)

    def _pack_item(self, base: str, commits: Sequence[str]) -> bytes:
        if len(commits) > _COMMITS_IN_PROCESS:
            raise _TooMuch
        objects, known, seen = self._repository.objects, self._common(base), set[str]()
        entries: list[bytes] = []
        size = 0
        for commit in commits:
            _, content = objects.read(commit)
            entries.append(pack_entry("commit", content))
            for kind, found in _new_objects(objects, objects.commit(commit).tree, known, seen):
                size += len(found)
                if size > _PACKED_IN_PROCESS:
                    raise _TooMuch
                entries.append(pack_entry(kind, found))
        return make_pack(entries)

    def _common(self, base: str) -> frozenset[str]:
        """The trees and files of the base, read once: what an item has in common with it need not be kept."""
        if base != self._known[0]:
            listed = self._repository.own.text("ls-tree", "-r", "-t", "--format=%(objectname)", base)
            tree = self._repository.objects.commit(base).tree
            self._known = (base, frozenset((*listed.split("\n"), tree)))
        return self._known[1]


def _new_objects(objects: GitObjects, tree: str, known: Container[str], seen: set[str]) -> Iterator[tuple[str, bytes]]:
    unseen = [(True, tree)]
    while unseen:
        is_tree, object_id = unseen.pop()
        if object_id in seen or object_id in known:
            continue
        seen.add(object_id)
        if objects.loose_size(object_id) > _PACKED_IN_PROCESS:
            raise _TooMuch
        yield objects.read(object_id)
        if is_tree:
            entries = objects.tree(object_id).values()
            unseen += [(mode == DIRECTORY, inner) for mode, inner in entries if mode != SUBMODULE]
