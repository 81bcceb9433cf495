"""Masking of secrets in text and in streams of bytes, in the encodings that tools commonly print them in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import AnyStr
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MASK = "***"
SHORTEST_SECRET = 3
"""The least characters of a masked value, without white space at both ends. Shorter values occur in ordinary text."""
_SHORTEST_BASE64 = 6
"""The least characters of base64 that depend on the secret alone; fewer occur by chance."""


class Masker:
    """Replaces every occurrence of the secrets, and of their usual encodings, by `***`.

    The encodings are those that the GitHub runner masks too: the value, each line of a value of several lines, JSON,
    URL and XML escapes, and base64 at any offset inside a longer encoded text. Values of fewer than `SHORTEST_SECRET`
    characters are not masked. Occurrences that overlap are masked as one.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        encodings = {text for secret in secrets for text in _encodings(secret)}
        encoded = {_encode(text) for text in encodings}
        self._text = re.compile("|".join(map(re.escape, _longest_first(encodings)))) if encodings else None
        self._bytes = re.compile(b"|".join(map(re.escape, _longest_first(encoded)))) if encoded else None
        self._longest = max(map(len, encoded), default=0)

    def mask_text(self, text: str) -> str:
        """`text` with the secrets masked."""
        pieces: list[str] = []
        position = 0
        for start, end in _occurrences(self._text, text):
            if start >= position:
                pieces += (text[position:start], MASK)
            position = max(position, end)
        return "".join((*pieces, text[position:]))

    def stream(self) -> MaskingStream:
        """A fresh masker for bytes that arrive in chunks."""
        return MaskingStream(self._bytes, self._longest)

    def teach(self, stream: MaskingStream) -> None:
        """Make a stream mask the secrets of this masker in all bytes that it has not returned yet."""
        stream.learn(self._bytes, self._longest)


class MaskingStream:
    """Masks secrets that may be split over chunks: the last bytes are held back until they can no longer begin a
    secret.
    """

    def __init__(self, pattern: re.Pattern[bytes] | None, longest: int) -> None:
        self._pattern = pattern
        self._undecided = max(0, longest - 1)
        self._held = b""
        self._masked = 0  # how many bytes at the start of `_held` are covered by a mask that was already returned

    def learn(self, pattern: re.Pattern[bytes] | None, longest: int) -> None:
        """Use other secrets from here on."""
        self._pattern = pattern
        self._undecided = max(0, longest - 1)

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that can be returned after `chunk`."""
        self._held += chunk
        return self._take(len(self._held) - self._undecided)

    def finish(self) -> bytes:
        """The remaining bytes. The stream can be fed again; it then starts anew."""
        return self._take(len(self._held))

    def _take(self, size: int) -> bytes:
        if size <= 0:
            return b""
        taken = bytearray()
        position = self._masked
        for start, end in _occurrences(self._pattern, self._held):
            if start >= size:
                break
            if start >= position:
                taken += self._held[position:start] + MASK.encode()
            position = max(position, end)
        taken += self._held[position:size]
        self._held = self._held[size:]
        self._masked = max(0, position - size)
        return bytes(taken)


def _occurrences(pattern: re.Pattern[AnyStr] | None, text: AnyStr) -> Iterator[tuple[int, int]]:
    """Start and end of the longest secret at every place where one begins, also inside another one."""
    found = pattern.search(text) if pattern else None
    while pattern and found:
        yield found.span()
        found = pattern.search(text, found.start() + 1)


def _longest_first(encodings: Iterable[AnyStr]) -> list[AnyStr]:
    return sorted(encodings, key=len, reverse=True)


def _encodings(secret: str) -> Iterator[str]:
    values = {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}
    for value in values:
        if len(value.strip()) < SHORTEST_SECRET:
            continue
        yield value
        yield json.dumps(value)[1:-1]
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        yield escape(value, {'"': "&quot;", "'": "&apos;"})
        yield quote(_encode(value), safe="")
        yield quote(_encode(value))
        yield quote_plus(_encode(value))
        yield from _base64_encodings(_encode(value))


def _base64_encodings(value: bytes) -> Iterator[str]:
    """The characters of base64 that depend only on the secret, for each of its three possible offsets."""
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * offset + value)
            whole = 8 * (offset + len(value)) // 6  # only characters that do not depend on what follows the secret
            first = (0, 2, 3)[offset]
            if whole - first >= _SHORTEST_BASE64:
                yield encoded[first:whole].decode()
    if len(value) % 3 and 8 * len(value) // 6 >= _SHORTEST_BASE64:
        yield base64.b64encode(value).decode()
        yield base64.urlsafe_b64encode(value).decode()


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
