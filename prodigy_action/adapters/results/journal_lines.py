"""The text of the journal: one record per line, numbered from 1, with the run's id, and a checksum over all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TypeAlias
from zlib import crc32

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import JournalCorrupt
from prodigy_action.model.json_value import JsonValue, ascii_json, compact_json, parse_json

JournalRecord: TypeAlias = dict[str, JsonValue]

_LINE = re.compile(rb'(\{"seq":(\d+),(?:"run":"([^"\\]+)",)?(.*)),"crc":"([0-9a-f]{8})"\}\n')
_RUN_ID = re.compile(rb'"run_id":"([^"\\]+)"')


def render_record(record: Mapping[str, JsonValue]) -> bytes:
    """A record as ASCII, without its frame: what `frame_line` takes."""
    return ascii_json(record).encode("ascii")


def frame_line(seq: int, record: bytes, run: str | None) -> bytes:
    """One line with its line end: `seq` first, then the run's id, then the record (not an empty one), then `crc`."""
    owner = b"" if run is None else _owner(run)
    body = b'{"seq":%d,%s%s' % (seq, owner, record[1:-1])
    return b'%s,"crc":"%08x"}\n' % (body, crc32(body))


@cache
def _owner(run: str) -> bytes:
    return b'"run":%s,' % compact_json(run).encode("ascii")


@dataclass(slots=True)
class JournalScan:
    """Checks the lines of the journal `name`, one after the other; the rest is about the records found so far."""

    name: str
    count: int = 0
    size: int = 0
    """How many bytes of the file they take."""
    run: str | None = None
    """The id of the run, which every record has; None before the first one."""

    def records(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The records without the frame of their lines. Everything after the last good line is incomplete and left out.

        Raises `JournalCorrupt` for a good line after a bad one, for a gap in the numbering, and for a record of another
        run. Version 0.1.0 wrote no id; such records can only stand before those with one.
        """
        run: bytes | None = None
        tagged = False
        offset = 0
        bad: str | None = None
        for number, line in enumerate(lines, start=1):
            offset += len(line)
            match = _LINE.fullmatch(line)
            # Without its line end a line was not written completely.
            if match is None or crc32(match[1]) != int(match[5], 16):
                fault = "is no journal record" if match is None else "does not match its checksum"
                bad = bad or f"line {number} of {self.name} {fault}"
                continue
            if bad is not None:
                raise JournalCorrupt(f"{bad}, yet good records follow: the file was damaged after it was written")
            if int(match[2]) != self.count + 1:
                found = f"holds record {int(match[2])} instead of {self.count + 1}"
                raise JournalCorrupt(f"line {number} of {self.name} {found}")
            if run is None:
                run = match[3] or _named_run(match[1])
                self.run = None if run is None else run.decode("ascii")
            if match[3] != run and (tagged or match[3] is not None):
                whose = "no run" if match[3] is None else f"the run {match[3].decode()}"
                raise JournalCorrupt(
                    f"line {number} of {self.name} belongs to {whose}, the lines before to "
                    f"{(run or b'no run').decode()}: two journals were joined"
                )
            tagged = match[3] is not None
            self.count += 1
            self.size = offset
            yield b"{%s}" % match[4]


def _named_run(record: bytes) -> bytes | None:
    named = _RUN_ID.search(record)
    return None if named is None else named[1]


def parse_record(text: bytes) -> JournalRecord:
    """The record of a checked line; numbers keep the text they were written with."""
    record = parse_json(text.decode("ascii"))
    if not isinstance(record, dict):
        raise JournalCorrupt(f"a record of the journal is no JSON object: {text!r}")
    return record
