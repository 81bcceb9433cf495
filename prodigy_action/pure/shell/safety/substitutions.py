"""Command substitutions between a placeholder and an outer layer: whether the value comes out of them again."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.syntax.commands import command_name
from prodigy_action.pure.shell.syntax.nodes import Role, ShellCommand, ShellWord

REPEATERS = frozenset(
    ["echo", "printf", "basename", "dirname", "realpath", "readlink", "awk", "gawk", "mawk", "sed", "jq", "yq", "expr"]
) | frozenset(["ls", "find", "seq", "wc", "paste"])
"""Commands that may print their arguments."""

_COUNTING = re.compile(r"-[^\W_efmABCdD]*[cq]\w*|--count|--quiet|--silent")
"""Options of `grep`; behind `-e` and its like stands a pattern."""


@dataclass(frozen=True, slots=True)
class SubstitutionHop:
    """One substitution: the command in which the value stands, and its word; no word in a here-document.

    `functions` are the names that the text itself defines: such a command may do anything with its arguments.
    """

    command: ShellCommand
    word: ShellWord | None
    functions: Container[str] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the value cannot come out: it names a file to read, or something to count."""
        if any(redirect.operator == ">&" for redirect in self.command.redirects):
            return False
        if self.word is not None and self.word.role is Role.REDIRECT:
            return self.word.operator == "<"
        return prints_no_line(self.command, {command_name(self.command)})

    @property
    def is_open(self) -> bool:
        """Whether the command is known to print its arguments or its input."""
        if self.word is None or self.word.operator == "<<<":
            return True
        name = command_name(self.command)
        return self.word.role is not Role.REDIRECT and (name in REPEATERS or name in self.functions)


def prints_no_line(command: ShellCommand, names: Container[str | None]) -> bool:
    """Whether a command with one of `names` is a `grep` that prints a number, or nothing."""
    return "grep" in names and any(_COUNTING.fullmatch(word.literal or "") for word in command.words[1:])


def may_pass(hops: Sequence[SubstitutionHop]) -> bool:
    """Whether the value may come out of all of them: the strict question, unknown programs included."""
    return not any(hop.is_closed for hop in hops)


def passes(hops: Sequence[SubstitutionHop]) -> bool:
    """Whether the value is known to come out of all of them."""
    return all(hop.is_open for hop in hops)
