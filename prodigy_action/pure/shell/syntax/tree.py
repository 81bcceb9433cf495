"""The syntax tree of a shell command; the grammar is loaded on first use, never for `--help`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def parse_shell(text: bytes) -> Tree:
    """The concrete syntax tree of `text`; a text with syntax errors has `root_node.has_error`."""
    return _parser().parse(text)
