"""What the GitHub runner takes for a command in the output of a step: a port of both of its grammars.

After `ActionCommand.cs` and `OutputManager.cs` of github.com/actions/runner. The first grammar wants `::` at the
beginning of a line, white space before it aside; the second, older one finds `##[` anywhere in a line.

The runner looks for both marks with the collation of its culture, which passes over invisible characters; but it counts
the places of the name in code units, so that a mark with such a character inside never gives the name of a command.
Hence plain comparison finds every command here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COMMAND_NAMES = frozenset(
    {
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    }
)
# What Char.IsWhiteSpace accepts; Python's own `strip` knows a few more.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True)
class RunnerCommand:
    """A command as the runner would carry it out."""

    name: str
    data: str = ""
    properties: dict[str, str] = field(default_factory=dict)


def find_commands(output: str) -> list[RunnerCommand]:
    """Every command in the output of a step. Lines end at LF, CR LF and at a lone CR."""
    found = (_parse_line_start(line) or _parse_anywhere(line) for line in re.split("\r\n|\r|\n", output))
    return [command for command in found if command is not None]


def _parse_line_start(line: str) -> RunnerCommand | None:
    line = line.lstrip(WHITE_SPACE)
    if not line.startswith("::"):
        return None
    end = line.find("::", 2)
    if end < 0:
        return None
    name, _, rest = line[2:end].partition(" ")
    properties = _properties(rest.strip(WHITE_SPACE), ",", {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})
    return _known(name, _unescape(line[end + 2 :], {"%0D": "\r", "%0A": "\n"}), properties)


def _parse_anywhere(line: str) -> RunnerCommand | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    escapes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]"}
    name, _, rest = line[start + 3 : end].partition(" ")
    return _known(name, _unescape(line[end + 1 :], escapes), _properties(rest, ";", escapes))


def _properties(text: str, separator: str, escapes: dict[str, str]) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(separator))
    return {key: _unescape(value, escapes) for key, _, value in pairs if key and value}


def _known(name: str, data: str, properties: dict[str, str]) -> RunnerCommand | None:
    return RunnerCommand(name.lower(), data, properties) if name.lower() in COMMAND_NAMES else None


def _unescape(text: str, escapes: dict[str, str]) -> str:
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text.replace("%25", "%")  # last, as the runner does
