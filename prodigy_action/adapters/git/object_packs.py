"""Packs made and joined in this process: starting `git pack-objects` for every item would take longer than everything
else.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from prodigy_action.errors import JournalCorrupt

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_HEADER = b"PACK\x00\x00\x00\x02"
_HEADER_SIZE = 12
_TRAILER_SIZE = 20
_CHUNK = 1 << 20
_SMALL, _SMALL_WINDOW, _SMALL_MEMORY = 1 << 12, 12, 5


def pack_entry(kind: str, content: bytes) -> bytes:
    """One whole object in the format of a pack."""
    size = len(content)
    byte, size = _KINDS[kind] << 4 | size & 0b1111, size >> 4
    header = bytearray()
    while size:
        header.append(byte | 0b1000_0000)
        byte, size = size & 0b111_1111, size >> 7
    header.append(byte)
    return bytes(header) + deflated(content)


def deflated(content: bytes) -> bytes:
    """The content as git stores it: quickly rather than small."""
    if len(content) > _SMALL:
        return zlib.compress(content, 1)
    # The memory for a whole window takes longer than a small content.
    small = zlib.compressobj(1, zlib.DEFLATED, _SMALL_WINDOW, _SMALL_MEMORY)
    return small.compress(content) + small.flush()


def make_pack(entries: Sequence[bytes]) -> bytes:
    """A pack of entries."""
    body = b"".join((_HEADER, len(entries).to_bytes(4, "big"), *entries))
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def join_packs(pieces: Iterable[tuple[Path, int, int]], target: BinaryIO) -> int:
    """Write the entries of many packs as one pack; returns the number of objects. A piece is a file, an offset and a
    size.

    Offsets inside a pack are relative, so entries stay valid after others. Raises `JournalCorrupt` for a piece
    that is not a whole pack, `OSError`.
    """
    pieces = list(pieces)
    counts = [_count(path, offset, size) for path, offset, size in pieces]
    whole = hashlib.sha1(usedforsecurity=False)

    def put(block: bytes) -> None:
        whole.update(block)
        target.write(block)

    put(_HEADER + sum(counts).to_bytes(4, "big"))
    for path, offset, size in pieces:
        with path.open("rb") as file:
            file.seek(offset)
            header = file.read(_HEADER_SIZE)
            checksum = hashlib.sha1(header, usedforsecurity=False)
            left = size - _HEADER_SIZE - _TRAILER_SIZE
            while left:
                block = file.read(min(left, _CHUNK))
                checksum.update(block)
                put(block)
                left -= len(block)
            if file.read(_TRAILER_SIZE) != checksum.digest():
                raise _damaged(path, offset)
    target.write(whole.digest())
    return sum(counts)


def _count(path: Path, offset: int, size: int) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        header = file.read(_HEADER_SIZE)
        file.seek(0, 2)
        if not header.startswith(_HEADER) or size < _HEADER_SIZE + _TRAILER_SIZE or file.tell() < offset + size:
            raise _damaged(path, offset)
    return int.from_bytes(header[8:], "big")


def _damaged(path: Path, offset: int) -> JournalCorrupt:
    return JournalCorrupt(f"{path.name} holds no whole pack at byte {offset}, which the journal names")
