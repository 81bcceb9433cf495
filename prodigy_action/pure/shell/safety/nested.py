"""Literal code that a text gives to another shell, with the arguments that code is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.commands import called, effective_words, is_shell, shell_operand
from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.occurrences import ReadFailed, ShellReading
from prodigy_action.pure.shell.syntax.tree import ParsedShell, ParsedShells
from prodigy_action.pure.shell.syntax.walker import read_code, read_shell

_QUOTES = str.maketrans("", "", "\\'\"\n")


@dataclass(frozen=True, slots=True)
class NestedCode:
    """`sh -c CODE ARGUMENTS`; `reading` is `None` when the code is not understood.

    `is_fed`: what the command reads becomes further arguments (`xargs`).
    """

    command: ShellCommand
    shell: str
    reading: ShellReading | None
    arguments: tuple[ShellWord, ...]
    is_fed: bool

    @property
    def interpreter(self) -> Literal["sh", "bash"]:
        """The nearest of the two interpreters that the analysis distinguishes."""
        return "sh" if self.shell.rpartition("/")[2] in ("sh", "dash", "ash", "posh", "yash") else "bash"


def nested_codes(reading: ShellReading) -> Iterator[NestedCode]:
    """Every literal code that a shell called in the text is given."""
    for command in reading.commands:
        words = effective_words(command)
        for index, shell in enumerate(words):
            if not is_shell(shell):
                continue
            takes_code, code = shell_operand(words[index + 1 :])
            if not takes_code or code is None or code.literal is None:
                continue
            decoded = "$'" not in code.text
            yield NestedCode(
                command,
                called(shell) or "",
                nested_reading(reading.nested, code.literal) if decoded else None,
                tuple(words[words.index(code) + 1 :]),
                called(words[0]) in ("xargs", "parallel"),
            )


def nested_reading(nested: ParsedShells, code: str) -> ShellReading | None:
    """The reading of a literal code that a text gives to a shell; None when it is not understood."""
    parsed = nested.get(code)
    return None if parsed is None else read_code(parsed)


def literal_codes(parsed: ParsedShell) -> list[str]:
    """The literal codes in a text that are to be parsed too, because the text gives them to a shell."""
    if parsed.problem is not None or not _may_call_a_shell(parsed.text):
        return []
    try:
        reading = read_shell(parsed)
    except ReadFailed:
        return []
    codes: list[str] = []
    for command in reading.commands:
        words = effective_words(command)
        for index, shell in enumerate(words):
            takes_code, code = shell_operand(words[index + 1 :]) if is_shell(shell) else (False, None)
            if takes_code and code is not None and code.literal is not None:
                codes.append(code.literal)
        codes.extend(_evaluated(words))
    return codes


def _evaluated(words: list[ShellWord]) -> Iterator[str]:
    """The literal code that `eval` or `trap` is given."""
    name = called(words[0]) if words else None
    arguments = [word.literal for word in words[1:] if word.literal != "--"]
    given = arguments if name == "eval" else arguments[:1] if name == "trap" else []
    if given and None not in given:
        yield " ".join(filter(None, given))


def _may_call_a_shell(text: str) -> bool:
    plain = text.translate(_QUOTES)
    return any(sign in plain for sign in ("sh", "SHELL", "BASH", "eval", "trap"))
