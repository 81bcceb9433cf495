"""The syntax tree as a second witness: what the scanner saw must be what the grammar sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodigy_action.pure.shell.syntax.nodes import Quoting, Role, Site
from prodigy_action.pure.shell.syntax.scanner import ShellScanner
from prodigy_action.pure.shell.syntax.tree import parse_shell
from prodigy_action.pure.shell.syntax.tree_rewriting import reword

if TYPE_CHECKING:
    from tree_sitter import Node

_KINDS = {
    "string": Quoting.DOUBLE,
    "translated_string": Quoting.TRANSLATED,
    "raw_string": Quoting.SINGLE,
    "ansi_c_string": Quoting.ANSI,
    "process_substitution": Quoting.PROCESS,
    "expansion": Quoting.EXPANSION,
    "arithmetic_expansion": Quoting.ARITHMETIC,
    "comment": Quoting.COMMENT,
}
_OPAQUE = frozenset({"regex", "extglob_pattern"})
"""Leaves that hide the quotes and expansions inside them."""
_COMMANDS = frozenset({"command", "declaration_command", "unset_command", "test_command"})
_HEREDOCS = frozenset({Quoting.HEREDOC, Quoting.QUOTED_HEREDOC})
_STRUCTURAL = frozenset({Quoting.WORD, Quoting.INDEX})


class Witness:
    """The tree of a scanned text, asked about one placeholder after the other.

    The grammar reads a text of the same structure: some syntax is reworded (`ShellScanner.rewordings`), and a
    here-document becomes an input from a double-quoted word, for the grammar gets many of them wrong.
    """

    def __init__(self, scanner: ShellScanner) -> None:
        text, self._moved = reword(scanner)
        self._root = parse_shell(text.encode("latin-1")).root_node

    def contradiction(self, site: Site) -> str | None:
        """How the tree and the scanner differ about a placeholder, or `None` when they agree."""
        start = self._moved.get(site.start)
        if start is None:
            return "the syntax tree does not reach it"
        end = start + site.end - site.start
        if self._damaged_at(end):
            return "the shell grammar cannot read the command with certainty"
        node = self._root.descendant_for_byte_range(start + 2, end - 1)
        if node is None:
            return "the syntax tree does not reach it"
        if node.type == "variable_name" and (node.start_byte, node.end_byte) == (start + 2, end - 1):
            # the expansion's own start may take in a blank before it
            node = None if node.parent is None else node.parent.parent
        elif node.start_byte > start or node.end_byte < end:
            return "the syntax tree cuts it"
        expected = [Quoting.DOUBLE if kind in _HEREDOCS else kind for kind in site.chain if kind not in _STRUCTURAL]
        seen = _chain(node, start)
        if node is not None and node.type in _OPAQUE:
            if seen != expected[: len(seen)] or any(kind is not Quoting.DOUBLE for kind in expected[len(seen) :]):
                return "its quotes are not certain"
        elif seen != expected:
            return "its quotes are not certain"
        return self._other_command(node, site)

    def _damaged_at(self, end: int) -> bool:
        """Whether the grammar gave up in the statement that ends behind `end`, or before it."""
        if not self._root.has_error:
            return False
        for statement in self._root.children:
            if statement.start_byte > end:
                return False
            if statement.has_error or statement.is_missing:
                return True
        return False

    def _other_command(self, node: Node | None, site: Site) -> str | None:
        words = [frame for frame in site.frames if frame.quoting is Quoting.WORD]
        innermost = words[-1] if words else None
        if innermost is None or innermost.command is None or innermost.word is None:
            return None
        if innermost.word.role is not Role.ARGUMENT or not innermost.command.words:
            return None
        while node is not None and node.type not in _COMMANDS:
            node = node.parent
        if node is None:
            return "its command is not certain"
        name = node.child_by_field_name("name") or node.children[0]
        expected = self._moved.get(innermost.command.words[0].start)
        return None if name.start_byte == expected else "its command is not certain"


def _chain(node: Node | None, start: int) -> list[Quoting]:
    kinds: list[Quoting] = []
    while node is not None:
        if node.type == "command_substitution":
            kinds.append(Quoting.BACKTICK if node.children[0].type == "`" else Quoting.SUBSTITUTION)
        elif node.type in ("c_style_for_statement", "compound_statement"):
            if _in_arithmetic_head(node, start):
                kinds.append(Quoting.ARITHMETIC)
        elif node.type in _KINDS:
            kinds.append(_KINDS[node.type])
        node = node.parent
    kinds.reverse()
    return kinds


def _in_arithmetic_head(node: Node, start: int) -> bool:
    opening = [child.start_byte for child in node.children if child.type == "(("]
    closing = [child.start_byte for child in node.children if child.type == "))"]
    return bool(opening and closing) and opening[0] < start < closing[0]
