"""Untrusted text made safe to print: it cannot control the terminal, and the CI runner finds no command in it."""

from __future__ import annotations

import re
import unicodedata

_COMMAND_START = re.compile(r"^(\s*):(?=:)")
_TAB_WIDTH = 4


def visible_character(character: str) -> str:
    """The visible form of one character: control characters become their symbol, other invisible ones their code."""
    code = ord(character)
    if character == "\t":
        return " " * _TAB_WIDTH
    if 0x20 <= code < 0x7F:
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


def visible(text: str) -> str:
    """One line of text with all characters visible, and no workflow command."""
    shown = "".join(map(visible_character, text))
    return defused(shown)


def defused(line: str) -> str:
    """The line with the marks of workflow commands (`::` at its start, `##[` anywhere) broken up."""
    return _COMMAND_START.sub(r"\1: ", line).replace("##[", "# #[")


def width(shown: str) -> int:
    """Terminal columns that visible text takes."""
    columns = 0
    for character in shown:
        if unicodedata.combining(character):
            continue
        columns += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return columns


def wrapped(shown: str, columns: int, indent: int) -> list[str]:
    """Visible text in lines of at most `columns`, broken at spaces where possible; all lines but the first are
    indented.
    """
    lines: list[str] = []
    rest, lead = shown, ""
    room = max(columns, indent + 8)
    while width(lead + rest) > room:
        end = len(rest)
        while width(lead + rest[:end]) > room:
            end -= 1
        space = rest.rfind(" ", len(rest) - len(rest.lstrip()) + 1, end + 1)
        cut = space if space > 0 and rest[:space].strip() else max(end, 1)
        lines.append(lead + rest[:cut].rstrip())
        rest, lead = rest[cut:].lstrip(), " " * indent
    return [*lines, lead + rest]
