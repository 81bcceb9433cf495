"""Where a here-document ends: found in its lines, and compared with what the parser says."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_action.pure.shell.syntax.static_text import static_text
from prodigy_action.pure.shell.syntax.tree import Body, Word


def find_body(text: str, target: Word, shown: tuple[int, int] | None, *, strips_tabs: bool) -> Body | str:
    """The text of the here-document whose delimiter is `target`; or why it is not certain.

    `shown` is the span that the parser gives it; None for one without a line.
    """
    written = text[target.start : target.end]
    delimiter = static_text(text, target)
    if delimiter is None or "$" in written or "`" in written:
        return "the delimiter of a here-document must be plain text"
    quoted = delimiter != written
    start = shown[0] if shown is not None else text.find("\n", target.end) + 1
    position = start
    continued = False
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if (line.lstrip("\t") if strips_tabs else line) == delimiter:
            if continued:
                return "a line of a here-document is continued into its end"
            if shown is not None and shown[1] != end:
                break
            return Body(start, end, position, delimiter, quoted, ())
        if shown is None:
            break
        continued = not quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
        position = end + 1
    return f"the end of the here-document {delimiter!r} is not certain"


def misplaced_body(text: str, bodies: Sequence[tuple[int, Body]]) -> int | None:
    """The offset of a here-document whose text does not begin where its line ends; `bodies` with their words' ends."""
    for end, body in bodies:
        between = text[end : body.start]
        others = [other for _, other in bodies if end < other.start < body.start]
        lines = between.count("\n") - sum(text.count("\n", other.start, other.end) + 1 for other in others)
        if lines != 1:
            return end
    return None
