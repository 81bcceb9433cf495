"""Where the grammar is known to lose text: checks of a syntax tree against its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_OPENERS = re.compile(rb"\$\(|\$\{|`|[<>]\(")
_OPENED = frozenset({"command_substitution", "arithmetic_expansion", "process_substitution", "expansion"})
_DELIMITER = re.compile(rb"(['\"]?)([A-Za-z0-9_.-]+)\1")


def unseen_substitution(root: Node, source: bytes) -> str | None:
    """The first text that opens a substitution where the tree has none: the grammar missed it."""
    opened: set[int] = set()
    literal: list[tuple[int, int]] = []
    for node in _descendants(root):
        if node.type in _OPENED:
            opened.add(node.start_byte)
            if source[node.start_byte : node.start_byte + 1] == b"`":
                opened.add(node.end_byte - 1)
        elif node.type in ("raw_string", "comment"):
            literal.append((node.start_byte, node.end_byte))
        elif node.type == "heredoc_redirect" and has_quoted_delimiter(node):
            literal.extend(
                (child.start_byte, child.end_byte) for child in node.children if child.type == "heredoc_body"
            )
    for match in _OPENERS.finditer(source):
        at = match.start()
        if at not in opened and not any(start <= at < end for start, end in literal):
            return source[at : at + 20].decode("utf-8", "replace").splitlines()[0]
    return None


def joins_words(source: bytes) -> bool:
    """Whether a line continuation joins two halves of a word, which the grammar takes for two words."""
    return re.search(rb"[^\s|&;(]\\\n[^\s]", source) is not None


def has_quoted_delimiter(redirect: Node) -> bool:
    """Whether nothing is expanded in the here-document that the redirection opens."""
    starts = (child.text or b"" for child in redirect.children if child.type == "heredoc_start")
    return any(quote in start for start in starts for quote in b"'\"\\")


def _descendants(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _descendants(child)


def here_documents_end_where_seen(root: Node, source: bytes) -> bool:
    """Whether each here-document has a line of its own, and ends in the tree at the line that its delimiter fills."""
    opened_on: set[int] = set()
    for node in _descendants(root):
        if node.type != "heredoc_redirect":
            continue
        start, end = (
            next((child for child in node.children if child.type == kind), None)
            for kind in ("heredoc_start", "heredoc_end")
        )
        delimiter = _DELIMITER.fullmatch(start.text or b"") if start is not None else None
        if start is None or end is None or delimiter is None:
            return False
        body = source.find(b"\n", start.end_byte)
        indent = rb"\t*" if node.children[0].type == "<<-" else b""
        closing = re.compile(rb"\n" + indent + re.escape(delimiter[2]) + rb"(?=\n|\Z)").search(source, body)
        if body in opened_on or closing is None or closing.end() != end.end_byte:
            return False
        opened_on.add(body)
    return True
