"""Binary files in patches of git: their contents are packed, so that no masker finds a secret in them."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterable, Iterator

from prodigy_action.dataclass import dataclass

LEFT_OUT = b"[the content of this binary file is left out: it holds a secret]\n"
TOO_LARGE = b"[the content of this binary file is left out: it is too large to be searched for secrets]\n"
SEARCHED_MOST = 2**28
"""How many bytes of contents of one patch are searched; so long a patch takes a second."""
BLOCK = 2**20
"""The most bytes of a content in memory at a time: a short patch can hold a very long content."""
_PACKED_BLOCK = 2**16
_START = b"GIT binary patch\n"
_HUNK = re.compile(rb"(literal|delta) (\d{1,18})\n((?:[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+\n)*)\n?")


def without_binary_secrets(
    patch: bytes, holds_secret: Callable[[Iterable[bytes]], bool], *, most: int = SEARCHED_MOST
) -> bytes:
    """The patch without the contents of binary files in which `holds_secret` finds one; it gets a content in blocks.

    Together at most `most` bytes are searched; contents that are too large for the rest of them are left out.
    """
    search = _Search(holds_secret, most)
    pieces: list[bytes] = []
    position = 0
    start = patch.find(_START)
    while start >= 0:
        pieces.append(patch[position:start])
        hunks, position = _hunks(patch, start + len(_START))
        pieces.append(search.left_out(hunks) or patch[start:position])
        start = patch.find(_START, position)
    return b"".join((*pieces, patch[position:]))


class _TooLarge(Exception):
    pass


@dataclass(slots=True)
class _Search:
    holds_secret: Callable[[Iterable[bytes]], bool]
    room: int

    def left_out(self, hunks: Iterable[re.Match[bytes]]) -> bytes | None:
        """What stands in the place of these hunks; None when they may be shown."""
        try:
            return LEFT_OUT if any(self.holds_secret(self._content(hunk)) for hunk in hunks) else None
        except _TooLarge:
            return TOO_LARGE

    def _content(self, hunk: re.Match[bytes]) -> Iterator[bytes]:
        size = int(hunk[2])
        if size > self.room:
            raise _TooLarge
        self.room -= size
        unpacked = _unpacked(hunk[3], size)
        return unpacked if hunk[1] == b"literal" else _inserted(unpacked)


def _hunks(patch: bytes, position: int) -> tuple[list[re.Match[bytes]], int]:
    """The hunks (forward and reverse) that begin here, and where they end."""
    hunks: list[re.Match[bytes]] = []
    while found := _HUNK.match(patch, position):
        position = found.end()
        hunks.append(found)
    return hunks, position


def _unpacked(lines: bytes, size: int) -> Iterator[bytes]:
    """The content in blocks; what was not written by git ends where it cannot be unpacked. Raises `_TooLarge` when it
    is longer than the size that the patch names.
    """
    packed, unpacking = bytearray(), zlib.decompressobj()
    try:
        for line in lines.splitlines():
            length = line[0] - (ord("A") - 1 if line[:1].isupper() else ord("a") - 27)
            packed += base64.b85decode(line[1:])[:length]
        for start in range(0, len(packed), _PACKED_BLOCK):
            pending = bytes(packed[start : start + _PACKED_BLOCK])
            while pending:
                block = unpacking.decompress(pending, min(BLOCK, size + 1))
                size -= len(block)
                if size < 0:
                    raise _TooLarge
                yield block
                pending = unpacking.unconsumed_tail
        yield unpacking.flush()
    except (ValueError, zlib.error):
        return


def _inserted(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What a delta of git inserts; what it copies from the other version is not in the patch."""
    held, sizes = b"", 2  # a delta begins with the sizes of both versions
    for block in blocks:
        held += block
        position, inserted = 0, bytearray()
        while sizes and position < len(held):
            sizes -= held[position] < 0x80
            position += 1
        while not sizes and position < len(held):
            instruction = held[position]
            length = (instruction & 0x7F).bit_count() if instruction & 0x80 else instruction
            end = position + 1 + length
            if not instruction:  # git writes none: the rest is searched as it is
                yield bytes(inserted) + held[position:]
                yield from blocks
                return
            if end > len(held):
                break
            if not instruction & 0x80:
                inserted += held[position + 1 : end]
            position = end
        held = held[position:]
        yield bytes(inserted)
    yield held
