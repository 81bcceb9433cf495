"""Binary files in patches of git: their contents are packed, so that no masker finds a secret in them."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator

LEFT_OUT = b"[the content of this binary file is left out: it holds a secret]\n"
_START = b"GIT binary patch\n"
_HUNK = re.compile(rb"(literal|delta) \d+\n((?:[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+\n)*)\n?")


def without_binary_secrets(patch: bytes, holds_secret: Callable[[bytes], bool]) -> bytes:
    """The patch without the contents of binary files in which `holds_secret` finds one."""
    pieces: list[bytes] = []
    position = 0
    start = patch.find(_START)
    while start >= 0:
        pieces.append(patch[position:start])
        hunks, position = _hunks(patch, start + len(_START))
        kept = not any(holds_secret(content) for content in hunks)
        pieces.append(patch[start:position] if kept else LEFT_OUT)
        start = patch.find(_START, position)
    return b"".join((*pieces, patch[position:]))


def _hunks(patch: bytes, position: int) -> tuple[list[bytes], int]:
    """The contents of the hunks (forward and reverse) that begin here, and where they end."""
    contents: list[bytes] = []
    while found := _HUNK.match(patch, position):
        position = found.end()
        content = _unpacked(found[2])
        contents.append(content if found[1] == b"literal" else b"".join(_inserted(content)))
    return contents, position


def _unpacked(lines: bytes) -> bytes:
    packed = bytearray()
    try:
        for line in lines.splitlines():
            size = line[0] - (ord("A") - 1 if line[:1].isupper() else ord("a") - 27)
            packed += base64.b85decode(line[1:])[:size]
        return zlib.decompress(packed)
    except (ValueError, zlib.error):  # not written by git: it stays as it is
        return b""


def _inserted(delta: bytes) -> Iterator[bytes]:
    """What a delta of git inserts; what it copies from the other version is not in the patch."""
    position = 0
    for _ in range(2):  # the sizes of both versions
        while position < len(delta) and delta[position] & 0x80:
            position += 1
        position += 1
    while position < len(delta):
        instruction = delta[position]
        position += 1
        if instruction & 0x80:
            position += (instruction & 0x7F).bit_count()
        else:
            yield delta[position : position + instruction]
            position += instruction
