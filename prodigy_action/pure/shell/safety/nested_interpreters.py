"""Programs that read an argument or their input as code of a language of their own."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_action.pure.shell.syntax.commands import RUNNERS, effective_words
from prodigy_action.pure.shell.syntax.nodes import Role, ShellCommand, ShellWord

_FILTERS = frozenset(["awk", "gawk", "mawk", "sed", "jq", "yq"])
"""Programs whose first operand is code."""
_INTERPRETERS = frozenset(["perl", "python", "python3", "node", "ruby", "php", "lua", "psql", "mysql", "sqlite3"])
"""Programs that read code after an option, or from their input."""
_REMOTE = frozenset(["ssh", "xargs", "parallel"])
"""Programs that make a command of their arguments and their input."""
_CODE_OPTIONS = frozenset(["-e", "-c", "-r", "-E", "-ne", "-pe", "-pi", "--expression", "--eval", "--command"])
_VALUE_OPTIONS: Mapping[str, int] = {"-v": 1, "-F": 1, "--arg": 2, "--argjson": 2, "--slurpfile": 2, "--rawfile": 2}
_EXECUTING = frozenset(["-exec", "-execdir", "-ok", "-okdir"])


def program_reader(command: ShellCommand, word: ShellWord) -> str | None:
    """The program that reads `word`, an argument of `command`, as code of its own; `None` when none is known to."""
    words = effective_words(command)
    if word not in words[1:] or word.role is Role.REDIRECT:
        return None
    index = words.index(word)
    name = _name(words)
    previous = [before.literal for before in words[1:index]]
    if name == "find":
        return name if _EXECUTING.intersection(previous) else None
    if name in _REMOTE:
        return name
    if name in _INTERPRETERS | _FILTERS and previous and previous[-1] in _CODE_OPTIONS:
        return name
    return name if name in _FILTERS and _first_operand(words[1:]) is word else None


def input_reader(command: ShellCommand) -> str | None:
    """The program that reads the standard input of `command` as code or as a list of arguments."""
    words = effective_words(command)
    name = _name(words)
    if name in _REMOTE or name in RUNNERS:
        return name
    if name in _INTERPRETERS and not any(word.literal in _CODE_OPTIONS for word in words[1:]):
        operand = _first_operand(words[1:])
        return name if operand is None or operand.literal == "-" else None
    return None


def _name(words: list[ShellWord]) -> str:
    return (words[0].literal or "").rpartition("/")[2] if words else ""


def _first_operand(arguments: list[ShellWord]) -> ShellWord | None:
    skipped = 0
    for argument in arguments:
        literal = argument.literal
        if skipped:
            skipped -= 1
        elif literal is not None and literal in _CODE_OPTIONS:
            return None
        elif literal is not None and literal.startswith("-") and literal != "-":
            skipped = _VALUE_OPTIONS.get(literal, 0)
        else:
            return argument
    return None
