"""Literal code that a text gives to another shell, with the arguments that code is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from prodigy_action.pure.shell.syntax.commands import called, effective_words, is_shell, shell_operand
from prodigy_action.pure.shell.syntax.nodes import ShellCommand, ShellWord
from prodigy_action.pure.shell.syntax.scanner import ShellScanner, scan_code


@dataclass(frozen=True, slots=True)
class NestedCode:
    """`sh -c CODE ARGUMENTS`; `scanner` is `None` when the code is not understood.

    `is_fed`: what the command reads becomes further arguments (`xargs`).
    """

    command: ShellCommand
    shell: str
    scanner: ShellScanner | None
    arguments: tuple[ShellWord, ...]
    is_fed: bool

    @property
    def interpreter(self) -> Literal["sh", "bash"]:
        """The nearest of the two interpreters that are told apart."""
        return "sh" if self.shell.rpartition("/")[2] in ("sh", "dash", "ash", "posh", "yash") else "bash"


def nested_codes(scanner: ShellScanner) -> Iterator[NestedCode]:
    """Every literal code that a shell called in the text is given."""
    for command in scanner.commands:
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
                scan_code(code.literal) if decoded else None,
                tuple(words[words.index(code) + 1 :]),
                called(words[0]) in ("xargs", "parallel"),
            )
