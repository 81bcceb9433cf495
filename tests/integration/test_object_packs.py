"""Packs that are made in process, joined, and read by git."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.git.object_packs import join_packs, make_pack, pack_entry
from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.errors import JournalCorrupt, ResultsUnwritable
from prodigy_action.model.events import KeptObjects
from tests.support.git import git, make_repository

CONTENTS = (b"", b"a", b"x" * 15, b"y" * 16, b"z" * 2047, b"w" * 2048, os.urandom(300_000))


def test_git_reads_joined_packs_object_by_object(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    first = make_pack([pack_entry("blob", content) for content in CONTENTS[:4]])
    second = make_pack([pack_entry("blob", content) for content in CONTENTS[3:]])  # one object stands twice
    (tmp_path / "packs").write_bytes(b"torn" + first + second)
    pieces = [(tmp_path / "packs", 4, len(first)), (tmp_path / "packs", 4 + len(first), len(second))]
    target = repository / ".git/objects/pack/pack-joined.pack"
    with target.open("wb") as file:
        assert join_packs(pieces, file) == len(CONTENTS) + 1
    git(repository, "index-pack", str(target))
    for number, content in enumerate(CONTENTS):
        (tmp_path / f"content-{number}").write_bytes(content)
        name = git(repository, "hash-object", str(tmp_path / f"content-{number}"))
        assert git(repository, "cat-file", "-s", name) == str(len(content))
    git(repository, "fsck", "--strict")


@pytest.mark.parametrize("damage", ("flipped", "cut", "elsewhere"))
def test_a_piece_that_is_no_whole_pack_is_refused(tmp_path: Path, damage: str) -> None:
    pack = bytearray(make_pack([pack_entry("blob", b"content")]))
    size, offset = len(pack), 0
    if damage == "flipped":
        pack[15] ^= 1
    elif damage == "cut":
        del pack[-3:]
    else:
        offset = 2
    (tmp_path / "packs").write_bytes(pack)
    with (tmp_path / "joined").open("wb") as file, pytest.raises(JournalCorrupt, match="holds no whole pack"):
        join_packs([(tmp_path / "packs", offset, size)], file)


def test_packs_kept_at_the_same_time_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    real = os.fdatasync

    def counted(descriptor: int) -> None:
        syncs.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    store = StateStore(tmp_path, 1)
    kept: dict[int, KeptObjects] = {}

    async def keep(number: int) -> None:
        kept[number] = await store.append(b"%03d" % number)

    async def keep_all() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(keep, number)

    anyio.run(keep_all)
    store.close()
    content = (tmp_path / "state/attempt-1.packs").read_bytes()
    assert all(content[each.offset : each.offset + each.size] == b"%03d" % number for number, each in kept.items())
    assert len(syncs) <= 3


def test_packs_kept_by_several_threads_share_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread syncs, the others add theirs, and the next sync is for all of these."""
    count, syncs = 8, list[int]()
    all_added = threading.Event()
    store = StateStore(tmp_path, 1)
    added, real = store._add, os.fdatasync

    def add(content: bytes | Path) -> object:
        pending = added(content)
        adding.append(1)
        if len(adding) == count:
            all_added.set()
        return pending

    def counted(descriptor: int) -> None:
        assert all_added.wait(60)
        syncs.append(descriptor)
        real(descriptor)

    adding: list[int] = []
    monkeypatch.setattr(store, "_add", add)
    monkeypatch.setattr(os, "fdatasync", counted)
    with ThreadPoolExecutor(count) as threads:
        kept = list(threads.map(store.append_here, [b"%03d" % number for number in range(count)]))
    store.close()
    content = (tmp_path / "state/attempt-1.packs").read_bytes()
    assert [content[each.offset : each.offset + each.size] for each in kept] == [b"%03d" % n for n in range(count)]
    assert len(syncs) <= 2


def test_a_pack_that_cannot_be_written_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StateStore(tmp_path, 1)
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        if bytes(content) == b"second":
            real(descriptor, b"sec")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content)

    async def keep() -> None:
        await store.append(b"first")
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(ResultsUnwritable, match="no space left"):
            await store.append(b"second")
        third = await store.append(b"third")
        assert (third.offset, third.size) == (5, 5)

    anyio.run(keep)
    store.close()
    assert (tmp_path / "state/attempt-1.packs").read_bytes() == b"firstthird"


def test_a_store_that_keeps_nothing_leaves_nothing(tmp_path: Path) -> None:
    StateStore(tmp_path, 1).close()
    assert list(tmp_path.iterdir()) == []


def test_each_member_of_a_group_learns_that_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept before the group stays whole, and the next group may succeed."""
    store = StateStore(tmp_path, 1)
    real, kept, failed = os.write, dict[int, KeptObjects](), set[int]()

    def full(descriptor: int, content: bytes) -> int:
        if bytes(content) == b"007":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content)

    async def keep(number: int) -> None:
        try:
            kept[number] = await store.append(b"%03d" % number)
        except ResultsUnwritable:
            failed.add(number)

    async def keep_all() -> None:
        await keep(100)
        monkeypatch.setattr(os, "write", full)
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(keep, number)
        monkeypatch.setattr(os, "write", real)
        await keep(101)

    anyio.run(keep_all)
    store.close()
    content = (tmp_path / "state/attempt-1.packs").read_bytes()
    assert 7 in failed
    assert kept.keys() | failed == {*range(20), 100, 101}
    assert not kept.keys() & failed
    assert len(content) == 3 * len(kept)
    assert all(content[each.offset : each.offset + each.size] == b"%03d" % number for number, each in kept.items())
