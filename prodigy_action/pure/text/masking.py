"""Masking of secrets in text and in streams of bytes, in the encodings that tools commonly print them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import AnyStr

from prodigy_action.pure.text.cutting import CUT_MARK
from prodigy_action.pure.text.secret_encodings import encoded, encodings_of

MASK = "***"
SHORTEST_PIECE = 3
"""The least characters of a secret beside the mark of a cut that are masked."""
SHORTEST_IN_COMMITS = 6
"""The least bytes of a secret that are looked for in commits; fewer occur by chance in programs and pictures."""
_LONGEST_PIECE = 1 << 16


class Masker:
    """Replaces every occurrence of the secrets, and of their usual encodings, by `***`.

    The encodings are those that the GitHub runner masks too: the value, each line of a value of several lines, JSON,
    URL and XML escapes, and base64 at any offset inside a longer encoded text; also the quoting of shells and of
    messages. Values of fewer than `SHORTEST_SECRET` characters are not masked. Occurrences that overlap are masked as
    one. A text that was cut before it came here has a mark (`pure.text.cutting`): the piece of a secret beside such a
    mark is masked too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these secrets from here on."""
        self._encodings = tuple(_longest_first({text for secret in secrets for text in encodings_of(secret)}))
        self._encoded = tuple(_longest_first({encoded(text) for text in self._encodings}))
        self._text = re.compile("|".join(map(re.escape, self._encodings))) if self._encodings else None
        self._bytes = re.compile(b"|".join(map(re.escape, self._encoded))) if self._encoded else None
        self._longest = max(map(len, self._encoded), default=0)
        long_enough = [text for text in self._encoded if len(text) >= SHORTEST_IN_COMMITS]
        self._in_commits = re.compile(b"|".join(map(re.escape, long_enough))) if long_enough else None

    @property
    def knows_secrets(self) -> bool:
        """Whether there is anything to mask."""
        return self._text is not None

    def mask_text(self, text: str) -> str:
        """`text` with the secrets masked."""
        if self._text is None:
            return text
        spans = [*_occurrences(self._text, text), *self._pieces(text)]
        return _replaced(text, sorted(spans)) if spans else text

    def may_mask(self, texts: Iterable[str]) -> bool:
        """Whether `mask_text` changes any of the texts; sometimes True when it changes none. One search for all, which
        is cheaper than one for each.
        """
        return self._text is not None and self.mask_text(joined := "\0".join(texts)) != joined

    def without_cut_secret(self, text: str) -> str:
        """`text`, whose end was cut off, without the piece of a secret at its end."""
        length = max((_piece_before(text, len(text), secret) for secret in self._encodings), default=0)
        return text[: len(text) - length]

    def stream(self) -> MaskingStream:
        """A fresh masker for bytes that arrive in chunks."""
        return MaskingStream(self._bytes, self._longest)

    def teach(self, stream: MaskingStream) -> None:
        """Make a stream mask the secrets of this masker in all bytes that it has not returned yet."""
        stream.learn(self._bytes, self._longest)

    def count_in_content(self, blocks: Iterable[bytes]) -> int:
        """How often secrets of at least `SHORTEST_IN_COMMITS` bytes occur in the content of a file, given in blocks."""
        count, held = 0, b""
        for block in blocks if self._in_commits is not None else ():
            held += block
            end = 0
            for start, _ in _occurrences(self._in_commits, held):
                count, end = count + 1, start + 1
            held = held[max(end, len(held) - self._longest + 1) :]
        return count

    @property
    def searches_contents(self) -> bool:
        """Whether there is a secret that `count_in_content` can find."""
        return self._in_commits is not None

    def _pieces(self, text: str) -> Iterator[tuple[int, int]]:
        position = text.find(CUT_MARK)
        while position >= 0:
            after = position + len(CUT_MARK)
            before = max(_piece_before(text, position, secret) for secret in self._encodings)
            behind = max(_piece_after(text, after, secret) for secret in self._encodings)
            if before:
                yield position - before, position
            if behind:
                yield after, after + behind
            following = text.find(CUT_MARK, after)
            middle = text[after:following] if following >= 0 else ""
            if len(middle) >= SHORTEST_PIECE and any(middle in secret for secret in self._encodings):
                yield after, following
            position = following


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


def _replaced(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in spans:
        if start >= position:
            pieces += (text[position:start], MASK)
        position = max(position, end)
    return "".join((*pieces, text[position:]))


def _occurrences(pattern: re.Pattern[AnyStr] | None, text: AnyStr) -> Iterator[tuple[int, int]]:
    """Start and end of the longest secret at every place where one begins, also inside another one."""
    found = pattern.search(text) if pattern else None
    while pattern and found:
        yield found.span()
        found = pattern.search(text, found.start() + 1)


def _piece_before(text: str, end: int, secret: str) -> int:
    """The length of the longest beginning of a secret, shorter than it, that ends at `end`."""
    start = max(0, end - min(len(secret) - 1, _LONGEST_PIECE))
    found = text.find(secret[:SHORTEST_PIECE], start, end)
    while found >= 0:
        if secret.startswith(text[found:end]):
            return end - found
        found = text.find(secret[:SHORTEST_PIECE], found + 1, end)
    return 0


def _piece_after(text: str, start: int, secret: str) -> int:
    """The length of the longest end of a secret, shorter than it, that starts at `start`."""
    end = min(len(text), start + min(len(secret) - 1, _LONGEST_PIECE))
    found = text.rfind(secret[-SHORTEST_PIECE:], start, end)
    while found >= 0:
        if secret.endswith(text[start : found + SHORTEST_PIECE]):
            return found + SHORTEST_PIECE - start
        found = text.rfind(secret[-SHORTEST_PIECE:], start, found + SHORTEST_PIECE - 1)
    return 0


def _longest_first(encodings: Iterable[AnyStr]) -> list[AnyStr]:
    return sorted(encodings, key=len, reverse=True)
