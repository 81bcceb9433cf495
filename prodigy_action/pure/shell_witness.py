"""The syntax tree as a second witness: what the scanner saw must be what the grammar sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodigy_action.pure.shell_sites import Quoting, Role, Site

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
_STRUCTURAL = frozenset({Quoting.WORD, Quoting.INDEX})


def contradiction(root: Node, site: Site) -> str | None:
    """How the tree and the scanner differ about a placeholder, or `None` when they agree."""
    node = root.descendant_for_byte_range(site.start + 2, site.end - 1)
    if node is None:
        return "the syntax tree does not reach it"
    if node.type == "variable_name" and (node.start_byte, node.end_byte) == (site.start + 2, site.end - 1):
        # the expansion's own start may take in a blank before it
        node = None if node.parent is None else node.parent.parent
    elif node.start_byte > site.start or node.end_byte < site.end:
        return "the syntax tree cuts it"
    expected = [kind for kind in site.chain if kind not in _STRUCTURAL]
    seen = _chain(node, site)
    if node is not None and node.type in _OPAQUE:
        if seen != expected[: len(seen)] or any(kind is not Quoting.DOUBLE for kind in expected[len(seen) :]):
            return "its quotes are not certain"
    elif seen != expected:
        return "its quotes are not certain"
    return _other_command(node, site)


def damaged(root: Node, site: Site) -> bool:
    """Whether the grammar gave up in the statement of a placeholder or before it."""
    if not root.has_error:
        return False
    for statement in root.children:
        if statement.start_byte > site.end:
            return False
        if statement.has_error or statement.is_missing:
            return True
    return False


def _chain(node: Node | None, site: Site) -> list[Quoting]:
    kinds: list[Quoting] = []
    while node is not None:
        if node.type == "command_substitution":
            kinds.append(Quoting.BACKTICK if node.children[0].type == "`" else Quoting.SUBSTITUTION)
        elif node.type == "heredoc_body":
            kinds.append(Quoting.QUOTED_HEREDOC if _is_quoted(node) else Quoting.HEREDOC)
        elif node.type in ("c_style_for_statement", "compound_statement"):
            if _in_arithmetic_head(node, site):
                kinds.append(Quoting.ARITHMETIC)
        elif node.type in _KINDS:
            kinds.append(_KINDS[node.type])
        node = node.parent
    kinds.reverse()
    return kinds


def _is_quoted(body: Node) -> bool:
    redirect = body.parent
    starts = [] if redirect is None else [child for child in redirect.children if child.type == "heredoc_start"]
    return any(mark in (start.text or b"") for start in starts for mark in (b"'", b'"', b"\\"))


def _in_arithmetic_head(node: Node, site: Site) -> bool:
    opening = [child.start_byte for child in node.children if child.type == "(("]
    closing = [child.start_byte for child in node.children if child.type == "))"]
    return bool(opening and closing) and opening[0] < site.start < closing[0]


def _other_command(node: Node | None, site: Site) -> str | None:
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
    return None if name.start_byte == innermost.command.words[0].start else "its command is not certain"
