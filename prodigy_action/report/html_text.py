"""Untrusted text in Markdown: always inside an HTML block and an HTML element that shows text literally.

GitHub does not look for Markdown in a line that starts an HTML block, nor for mentions, references, emoji names and
addresses inside `code` and `pre`. So it is enough to escape HTML and to write one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import visible


def code(text: str, length: int = 200) -> str:
    """The text shown literally, on one line."""
    return f"<code>{escape(visible(cut(text, length)))}</code>"


def preformatted(lines: Sequence[str], length: int = 300) -> str:
    """The lines shown literally. Line ends become character references: a blank line would end the HTML block."""
    return f"<pre>{'&#10;'.join(escape(visible(cut(line, length))) for line in lines)}</pre>"


def table(heads: Sequence[str], rows: Iterable[str]) -> str:
    """A table of rows that `row` made; a head that begins with `#` is a column of numbers."""
    cells = "".join(f'<th align="right">{head[1:]}</th>' if head[:1] == "#" else f"<th>{head}</th>" for head in heads)
    return "\n".join([f"<table><tr>{cells}</tr>", *rows, "</table>"])


class Unbroken(str):
    """A cell that stays on one line, such as a name that a browser would break at its hyphens."""

    __slots__ = ()


def row(*cells: str | int) -> str:
    """One table row on one line: texts are HTML, numbers are aligned to the right."""
    return f"<tr>{''.join(_cell(cell) for cell in cells)}</tr>"


def _cell(cell: str | int) -> str:
    if isinstance(cell, int):
        return f'<td align="right">{cell:,}</td>'
    return f"<td nowrap>{cell}</td>" if isinstance(cell, Unbroken) else f"<td>{cell}</td>"


def details(title: str, content: str) -> str:
    """A section that the reader opens with a click."""
    return f"<details><summary>{title}</summary>\n{content}\n</details>"


def rows_within(rows: Iterable[str], *, most: int, size: int) -> list[str]:
    """The first rows: at most `most`, and at most `size` bytes of UTF-8 together."""
    taken: list[str] = []
    for each in rows:
        size -= len(each.encode()) + 1
        if len(taken) == most or size < 0:
            break
        taken.append(each)
    return taken
