from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import anyio
import pytest
from pydantic import TypeAdapter

from prodigy_action.adapters.results.journal import FileJournal, journal_records
from prodigy_action.errors import JournalCorrupt, ResultsUnwritable
from prodigy_action.model.events import AgentStarted, AnyEvent, Event, ItemNotRun, Planned, PlannedItem
from prodigy_action.model.json_value import JsonValue, canonical_json, parse_json
from tests.support.backends import BACKENDS, run_on

ODD_TEXTS = ("é", "\u2028", "😀 \x00", "\ud800", "\udcff", 'a"\\\n')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def noon() -> datetime:
    return datetime(2026, 5, 1, 12, tzinfo=UTC)


def write(path: Path, *events: Event, backend: str = "asyncio") -> None:
    async def append() -> None:
        with FileJournal(path, now=noon) as journal:
            for event in events:
                await journal.append(event)

    run_on(backend, append)


def started(*item_ids: int) -> list[AgentStarted]:
    return [AgentStarted(item_id=item_id) for item_id in item_ids]


def item_ids(path: Path) -> list[JsonValue]:
    return [record["item_id"] for record in journal_records(path)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_records_come_back_as_they_were_appended(path: Path, backend: str) -> None:
    item = parse_json('{"price": 1.0, "big": 1e3, "more": [0.10, 7, null, true]}')
    events: list[Event] = [
        Planned(
            items=[PlannedItem(id=1, key="k", item=item, worktree_name="w")],
            selected_out=0,
            max_parallel=1,
            start_sha="0",
        ),
        *(ItemNotRun(item_id=number, reason=text) for number, text in enumerate(ODD_TEXTS)),
    ]

    write(path, *events, backend=backend)

    records = list(journal_records(path))
    read = [TypeAdapter[Event](AnyEvent).validate_python(record) for record in records]
    assert read == [event.model_copy(update={"at": "2026-05-01T12:00:00.000Z"}) for event in events]
    assert canonical_json(records[0]["items"]) == (  # numbers keep their text
        '[{"id":1,"item":{"big":1e3,"more":[0.10,7,null,true],"price":1.0},"key":"k","worktree_name":"w"}]'
    )


def test_lines_are_ascii_numbered_and_carry_a_checksum(path: Path) -> None:
    write(path, *(ItemNotRun(item_id=7, reason=text) for text in ODD_TEXTS))

    lines = path.read_bytes().decode("ascii").split("\n")

    assert lines.pop() == ""
    assert [line.partition(",")[0] for line in lines] == [f'{{"seq":{n}' for n in range(1, len(ODD_TEXTS) + 1)]
    assert all(line[:-11].endswith(',"crc":') for line in lines)


def test_times_are_reported_in_utc_unless_the_event_has_one(path: Path) -> None:
    def elsewhere() -> datetime:
        return datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    async def append() -> None:
        with FileJournal(path, now=elsewhere) as journal:
            await journal.append(AgentStarted(item_id=1))
            await journal.append(AgentStarted(item_id=2, at="earlier"))

    anyio.run(append)

    assert [record["at"] for record in journal_records(path)] == ["2026-05-01T10:00:00.000Z", "earlier"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_concurrent_appends_share_a_sync_and_none_returns_before_it(
    path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: list[bytes] = []
    sync = os.fdatasync

    def remember(descriptor: int) -> None:
        sync(descriptor)
        durable.append(path.read_bytes())

    monkeypatch.setattr(os, "fdatasync", remember)

    async def append_all() -> None:
        async def append(journal: FileJournal, item_id: int) -> None:
            await journal.append(AgentStarted(item_id=item_id))
            assert b'"item_id":%d,' % item_id in durable[-1]

        with FileJournal(path, now=noon) as journal:
            async with anyio.create_task_group() as tasks:
                for item_id in range(200):
                    tasks.start_soon(append, journal, item_id)

    run_on(backend, append_all)

    assert sorted(map(str, item_ids(path))) == sorted(map(str, range(200)))
    assert len(durable) <= 4


def test_a_cancelled_append_is_written_all_the_same(path: Path) -> None:
    async def append() -> None:
        with FileJournal(path, now=noon) as journal, anyio.CancelScope() as scope:
            scope.cancel()
            await journal.append(AgentStarted(item_id=1))

    anyio.run(append)

    assert item_ids(path) == [1]


def test_an_opened_journal_goes_on(path: Path) -> None:
    write(path, *started(1, 2))
    write(path, *started(3))

    assert item_ids(path) == [1, 2, 3]


def test_a_journal_torn_anywhere_in_its_last_line_goes_on_from_the_line_before(path: Path) -> None:
    write(path, *started(1, 2))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert item_ids(path) == [1]
    write(path, *started(3))

    assert item_ids(path) == [1, 3]


@pytest.mark.parametrize("rest", (b"\0" * 5000, b"{\n", b"\n\n", b"\xff\n\0\0"))
def test_rubbish_after_the_last_record_is_a_torn_end(path: Path, rest: bytes) -> None:
    write(path, *started(1))
    path.write_bytes(path.read_bytes() + rest)

    assert item_ids(path) == [1]
    write(path, *started(2))
    assert item_ids(path) == [1, 2]


def test_an_empty_journal_has_no_records(path: Path) -> None:
    path.touch()

    assert list(journal_records(path)) == []


def flip(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"item_id":2', b'"item_id":9'), *lines[2:]]


def garble(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"\0" * 40 + b"\n", *lines[2:]]


def lose(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[2:]]


def repeat(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[0], *lines[1:]]


@pytest.mark.parametrize(
    ("damage", "message"),
    (
        (flip, "line 2 of events.jsonl does not match its checksum, yet good records follow"),
        (garble, "line 2 of events.jsonl is no journal record, yet good records follow"),
        (lose, "line 2 of events.jsonl holds record 3 instead of 2"),
        (repeat, "line 2 of events.jsonl holds record 1 instead of 2"),
    ),
)
def test_a_damaged_middle_is_refused_with_line_and_reason(
    path: Path, damage: Callable[[list[bytes]], list[bytes]], message: str
) -> None:
    write(path, *started(1, 2, 3))
    damaged = b"".join(damage(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(damaged)

    with pytest.raises(JournalCorrupt, match=message):
        list(journal_records(path))
    with pytest.raises(JournalCorrupt, match=message):
        FileJournal(path, now=noon)
    assert path.read_bytes() == damaged


def test_a_full_disk_loses_the_record_and_not_the_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_write = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really_write(descriptor, content[: len(content) // 2])

    async def append() -> None:
        with FileJournal(path, now=noon) as journal:
            await journal.append(AgentStarted(item_id=1))
            with monkeypatch.context() as full:
                full.setattr(os, "write", half)
                with pytest.raises(ResultsUnwritable, match=r"events\.jsonl' cannot be written: no space left"):
                    await journal.append(AgentStarted(item_id=2))
            await journal.append(AgentStarted(item_id=3))

    anyio.run(append)

    assert item_ids(path) == [1, 3]


def test_after_a_failed_sync_nothing_is_claimed_any_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def append() -> None:
        with FileJournal(path, now=noon) as journal:
            with monkeypatch.context() as broken:
                broken.setattr(os, "fdatasync", fail)
                with pytest.raises(ResultsUnwritable, match="input/output error"):
                    await journal.append(AgentStarted(item_id=1))
            with pytest.raises(ResultsUnwritable, match="input/output error"):
                await journal.append(AgentStarted(item_id=2))

    anyio.run(append)

    assert 2 not in item_ids(path)


def test_a_failure_reaches_every_append_that_shared_the_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, content: bytes) -> int:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    failed: list[int] = []

    async def append_all() -> None:
        async def append(journal: FileJournal, item_id: int) -> None:
            try:
                await journal.append(AgentStarted(item_id=item_id))
            except ResultsUnwritable:
                failed.append(item_id)

        with FileJournal(path, now=noon) as journal, monkeypatch.context() as full:
            full.setattr(os, "write", fail)
            async with anyio.create_task_group() as tasks:
                for item_id in range(5):
                    tasks.start_soon(append, journal, item_id)

    anyio.run(append_all)

    assert sorted(failed) == [0, 1, 2, 3, 4]


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ResultsUnwritable, match="cannot be written: no such file or directory"):
        FileJournal(tmp_path / "absent" / "events.jsonl", now=noon)
    with pytest.raises(ResultsUnwritable, match="cannot be written: is a directory"):
        FileJournal(tmp_path, now=noon)


def test_a_journal_in_use_is_refused_until_it_is_closed(path: Path) -> None:
    with FileJournal(path, now=noon), pytest.raises(ResultsUnwritable, match="in use by another run"):
        FileJournal(path, now=noon)

    FileJournal(path, now=noon).close()
