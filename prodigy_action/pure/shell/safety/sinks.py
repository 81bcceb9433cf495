"""Commands that read their standard input as code, and whether a value may get there."""

from __future__ import annotations

import re

from prodigy_action.pure.shell.safety.constraints import Refused
from prodigy_action.pure.shell.safety.nested import nested_reading
from prodigy_action.pure.shell.syntax.commands import (
    CODE_COMMANDS,
    RUNNERS,
    called,
    effective_words,
    is_shell,
    shell_operand,
)
from prodigy_action.pure.shell.syntax.nodes import Role, ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ShellReading
from prodigy_action.pure.shell.syntax.tree import ParsedShells

_INPUT_OPTION = re.compile(r"-[A-Za-z]*s[A-Za-z]*")
_INPUT_FILE = re.compile(r"-|/dev/stdin|/dev/fd/[0-9]+|/proc/(?:self|[0-9]+|\$\$)/fd/[0-9]+")
_CLOSED_RUNNERS = frozenset(["docker", "podman", "kubectl", "ssh"])
"""Runners that pass their standard input on only with an option."""
_COPIERS = frozenset(["cat", "tee", "tac", "dd", "envsubst", "base64", "head", "tail", "tr", "sed"])
"""Programs that print what they read when they are given no file."""


def refuse_input(command: ShellCommand, nested: ParsedShells) -> None:
    """Raise `Refused` when the command reads its standard input as code; `nested` are the codes of its text."""
    reason = _reads_code(command, nested)
    if reason is not None:
        raise Refused(reason)


def refuse_inherited_input(reading: ShellReading) -> None:
    """Raise `Refused` when a command reads code from an input that others open for it.

    That may be a group, a function, a process substitution or an `exec`, and it may be fed by anything in the text.
    """
    for command in reading.commands:
        if command.piped_from is None and not _has_own_input(command):
            reason = _reads_code(command, reading.nested, only_input=True)
            if reason is not None:
                raise Refused(f"stands in a text in which code is read from an input that is not certain: it {reason}")


def _reads_code(command: ShellCommand, nested: ParsedShells, *, only_input: bool = False) -> str | None:
    words = effective_words(command)
    if not words:
        return None
    name = called(words[0])
    if name in CODE_COMMANDS and (not only_input or _takes_code_from_input(words)):
        return f"would be read as code by {name!r}"
    if name in ("mapfile", "readarray") and any((word.literal or "").startswith("-C") for word in words[1:]):
        return f"would be read as code by the callback of {name!r}"
    for index, shell in enumerate(words):
        if not is_shell(shell) or (index and (name not in RUNNERS or (only_input and name in _CLOSED_RUNNERS))):
            continue
        arguments = words[index + 1 :]
        takes_code, operand = shell_operand(arguments)
        if takes_code:
            if name in ("xargs", "parallel") and _is_pasted(words[1:index], operand):
                return f"would be pasted into the code of {called(shell)!r}: pass it as an argument"
            if operand is not None and _inherits(operand, nested):
                return f"would be read as code by a command in the code of {called(shell)!r}"
            continue
        if any((word.literal or "") in ("--version", "--help") for word in arguments):
            continue
        reads_input = any(_INPUT_OPTION.fullmatch(word.literal or "") for word in arguments)
        names_input = operand is not None and _INPUT_FILE.fullmatch(operand.literal or "") is not None
        if operand is None or reads_input or names_input:
            return f"would be read as code by {called(shell)!r}, which reads its standard input"
    return None


def _inherits(code: ShellWord, nested: ParsedShells) -> bool:
    reading = nested_reading(nested, code.literal) if code.literal is not None else None
    try:
        if reading is not None:
            refuse_inherited_input(reading)
    except Refused:
        return True
    return False


def _is_pasted(options: list[ShellWord], code: ShellWord | None) -> bool:
    """Whether `xargs` puts what it reads into the code that it gives to a shell."""
    if code is None:
        return True
    markers = {"{}"}
    replaces = False
    for word in options:
        literal = word.literal or ""
        replaces |= re.match("-[A-Za-z0-9]*[IiJ]|--replace", literal) is not None
        markers.add(re.sub("^(?:-[A-Za-z]*[IiJ]|--replace=)", "", literal))
    return replaces and any(marker in code.text for marker in markers if marker)


def _takes_code_from_input(words: list[ShellWord]) -> bool:
    """Whether the code of `eval`, `.` or `source` is what the standard input holds."""
    for word in words[1:]:
        if _INPUT_FILE.fullmatch(word.literal or ""):
            return True
        if re.search(r"/dev/(?:stdin|fd/)", word.text):
            return True
        for match in re.finditer(r"(?:\$\(|`)\s*([a-z0-9]+)((?:\s+-[^\s`)]*)*)\s*[`)|]", word.text):
            if match.group(1) in _COPIERS:
                return True
    return False


def _has_own_input(command: ShellCommand) -> bool:
    return command.reads_heredoc or any(
        word.role is Role.REDIRECT and word.operator in ("<", "<<<", "<>") for word in command.redirects
    )
