"""What the GitHub runner takes for a command in the output of a step: a port of both of its grammars.

After `ActionCommand.cs` and `OutputManager.cs` of github.com/actions/runner. The first grammar wants `::` at the
beginning of a line, white space before it aside; the second, older one finds `##[` anywhere in a line.
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
    line = line.strip(WHITE_SPACE)
    if not line.startswith("::"):
        return None
    end = line.find("::", 2)
    if end < 0:
        return None
    escapes = {"%0D": "\r", "%0A": "\n", "%25": "%"}
    name, properties = _parse_head(line[2:end], ",", {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"})
    return _known(name, _unescape(line[end + 2 :], escapes), properties)


def _parse_anywhere(line: str) -> RunnerCommand | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    escapes = {"%0D": "\r", "%0A": "\n", "%3B": ";", "%5D": "]", "%25": "%"}
    name, properties = _parse_head(line[start + 3 : end], ";", escapes)
    return _known(name, _unescape(line[end + 1 :], escapes), properties)


def _parse_head(head: str, separator: str, escapes: dict[str, str]) -> tuple[str, dict[str, str]]:
    name, _, rest = head.partition(" ")
    pairs = (pair.partition("=") for pair in rest.strip(WHITE_SPACE).split(separator) if "=" in pair)
    return name, {key: _unescape(value, escapes) for key, _, value in pairs}


def _known(name: str, data: str, properties: dict[str, str]) -> RunnerCommand | None:
    return RunnerCommand(name.lower(), data, properties) if name.lower() in COMMAND_NAMES else None


def _unescape(text: str, escapes: dict[str, str]) -> str:
    for escape, character in escapes.items():  # `%25` last, as the runner does
        text = text.replace(escape, character)
    return text
