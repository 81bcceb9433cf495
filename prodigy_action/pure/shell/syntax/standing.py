"""The text that is parsed: stand-ins of the same length in the place of our `${…}`, one character per byte."""

from __future__ import annotations

from functools import lru_cache

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.templates.placeholders import Placeholder, Template, parse_template


@dataclass(frozen=True, slots=True)
class StandingText:
    """A text as a shell may read it; `tokens` are the spans of our placeholders, `characters` is the text as written.

    Offsets into `text` count bytes.
    """

    text: str
    tokens: tuple[tuple[int, int], ...]
    placeholders: tuple[Placeholder, ...]
    characters: str

    def character_at(self, offset: int) -> int:
        """The offset in characters of a byte of `text`."""
        if self.characters.isascii():
            return min(offset, len(self.characters))
        written = self.characters.encode("utf-8", "surrogateescape")[:offset]
        return len(written.decode("utf-8", "replace"))


@lru_cache(maxsize=512)
def standing_text(text: str, roots: frozenset[str] = frozenset()) -> StandingText:
    """`text` with stand-ins for the placeholders of `roots`."""
    return stand_in(parse_template(text, roots))


def stand_in(template: Template) -> StandingText:
    """The text of `template` with a variable of the same length for every placeholder."""
    pieces: list[str] = []
    tokens: list[tuple[int, int]] = []
    length = 0
    for segment in template.segments:
        piece = as_bytes(segment) if isinstance(segment, str) else variable_like(segment.text)
        if not isinstance(segment, str):
            tokens.append((length, length + len(piece)))
        pieces.append(piece)
        length += len(piece)
    return StandingText("".join(pieces), tuple(tokens), template.placeholders, template.text)


def variable_like(placeholder: str) -> str:
    """A `${…}` that every shell reads as one variable, as many bytes long as `placeholder`."""
    written = as_bytes(placeholder)
    name = written[2:-1]
    return written if name.isidentifier() and name.isascii() else f"${{{'P' * len(name)}}}"


def as_bytes(text: str) -> str:
    """`text` with one character per byte of its UTF-8 form; lone surrogates stand for bytes that are no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def from_bytes(text: str) -> str:
    """The text that `as_bytes` was given."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")
