"""Diagnostics as text and as JSON, and suggestions for misspelt words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from prodigy_action.errors import Diagnostic
from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.text.colors import painted
from prodigy_action.pure.text.cutting import cut
from prodigy_action.pure.text.visible_text import defused, visible, visible_character, width

LINE_WIDTH = 100
"""The most characters of a source line that are shown; a longer one is cut around the caret."""
_BEFORE_CARET = 40
_KEY_SHOWN = 58


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be, or None."""
    known = {_folded(candidate): candidate for candidate in candidates}
    exact = known.get(_folded(word))
    if exact is not None:
        return exact
    close = get_close_matches(_folded(word), known, n=1, cutoff=0.7)
    return known[close[0]] if close else None


def unknown_key(key: str, known: Iterable[str], where: str) -> tuple[str, str | None]:
    """The warning about a key that nothing reads, and its hint. `where` names the map that the key is in."""
    guess = suggest(key, known)
    return f"unknown key `{cut(key, _KEY_SHOWN)}` in {where}", f"did you mean `{guess}`?" if guess else None


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_")


def render_diagnostic(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """The lines for a reader: place and message, the source line, a caret under the span, the hint.

    Every character that a terminal or a CI runner would interpret is made visible, so that the text is safe to print.
    """
    position = diagnostic.position
    severity = diagnostic.severity
    before, between, message = visible(f"{diagnostic.place}: {severity}: {diagnostic.message}").partition(
        f": {severity}: "
    )
    head = painted(before, "bold", color=color)
    lines = [f"{head}: {painted(severity, severity, color=color)}: {message}" if between else before]
    gutter = ""
    if position is not None and diagnostic.source_line is not None:
        number = str(position.line)
        gutter = " " * len(number)
        end = position.end_column if position.end_column is not None else position.column + 1
        shown, columns, under = _excerpt(diagnostic.source_line, position.column - 1, end - 1)
        lines.append(f" {number} | {shown}".rstrip())
        carets = painted("^" * under, severity, color=color)
        lines.append(f" {gutter} | {' ' * columns}{carets}")
    if diagnostic.hint:
        lines.append(f" {gutter} = {painted(visible(diagnostic.hint), 'hint', color=color)}")
    return "\n".join(lines)


def _excerpt(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a line around a span, the columns before its caret, and the columns of its carets."""
    start = min(start, len(line))
    left = 0
    right = len(line)
    if right > LINE_WIDTH:
        left = max(0, min(start - _BEFORE_CARET, right - LINE_WIDTH))
        right = min(right, left + LINE_WIDTH)
    head = "".join(map(visible_character, line[left:start]))
    body = "".join(map(visible_character, line[start : min(max(end, start), right)]))
    tail = "".join(map(visible_character, line[min(max(end, start), right) : right]))
    opening = "…" if left else ""
    closing = "…" if right < len(line) else ""
    shown_head = defused(opening + head)
    shown = defused(defused(opening + head + body) + tail + closing)
    return shown, width(shown_head), max(1, width(body))


def render_verdict(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool = False) -> str:
    """The last line of `validate`: how many problems there are, or that there are none."""
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    wrong = {diagnostic.source for diagnostic in errors}
    if not errors:
        return painted(f"{counted(len(files), 'file is', 'files are')} valid", "good", color=color) + "\n"
    read = len(wrong | set(files))
    text = f"{counted(len(errors), 'error', 'errors')} in {len(wrong)} of {counted(read, 'file', 'files')}"
    return painted(text, "error", color=color) + "\n"


def counted(count: int, one: str, many: str) -> str:
    """A number and its noun."""
    return f"{count} {one if count == 1 else many}"


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, JsonValue]:
    """The diagnostic for tools; lines and columns count from 1, the end column is exclusive."""
    position = diagnostic.position
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "file": diagnostic.source,
        "line": position.line if position else None,
        "column": position.column if position else None,
        "end_column": position.end_column if position else None,
        "source_line": diagnostic.source_line,
        "hint": diagnostic.hint,
    }
