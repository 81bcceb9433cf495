"""The expansions inside a word: variables read and set, substituted commands, what cannot be followed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prodigy_action.pure.footprint import FootprintBuilder

if TYPE_CHECKING:
    from tree_sitter import Node

_OPERATORS = frozenset(
    {":-", "-", ":?", "?", ":+", "+", "#", "##", "%", "%%", "/", "//", "/#", "/%", "^", "^^", ",", ",,", "${", "}"}
)
_ASSIGNING = frozenset({":=", "="})
_INERT = frozenset(
    {
        "word", "number", "string", "string_content", "raw_string", "concatenation", "regex", "extglob_pattern",
        "test_operator", "brace_expression", "heredoc_body", "heredoc_content", "command_name", "variable_name",
        "special_variable_name", "ansi_c_string",
    }
)  # fmt: skip
_OPENERS = re.compile(rb"\$\(|\$\{|`|[<>]\(")
_OPENED = frozenset({"command_substitution", "arithmetic_expansion", "process_substitution", "expansion"})
_VARIABLE = re.compile(r"\$\{?#?([A-Za-z_]\w*)")


def read_expansions(node: Node, builder: FootprintBuilder, visit: Callable[[Node], None]) -> None:
    """Record what the expansions at or below `node` read; `visit` takes the statements of substituted commands."""
    kind = node.type
    if kind == "command_substitution":
        visit(node)
        return
    if kind == "arithmetic_expansion":
        _arithmetic(node, builder)
    elif kind == "simple_expansion":
        if any(child.type == "special_variable_name" and child.text in (b"@", b"*") for child in node.children):
            builder.stop_at("the positional parameters are not known before running")
    elif kind == "expansion":
        _parameter(node, builder)
    elif kind == "heredoc_body":
        builder.variable_reads.update(_VARIABLE.findall(_text(node)))
    elif kind == "variable_name":
        name = _text(node)
        if not name.isdigit():
            builder.variable_reads.add(name)
    elif node.is_named and kind not in _INERT:
        builder.stop_at(f"{_text(node)!r} is more than is understood")
    for child in node.children:
        if kind != "arithmetic_expansion" or child.type in ("expansion", "command_substitution"):
            read_expansions(child, builder, visit)


def _parameter(node: Node, builder: FootprintBuilder) -> None:
    for position, child in enumerate(node.children):
        if child.type == "subscript" or child.type in ("@", "*"):
            builder.stop_at(f"the subscript in {_text(node)!r} is not understood")
        elif not child.is_named and child.type in _ASSIGNING:
            for name in node.named_children:
                if name.type == "variable_name":
                    builder.write_variable(_text(name))
        elif not child.is_named and (child.type not in _OPERATORS or (position == 1 and child.type != "#")):
            builder.stop_at(f"the expansion {_text(node)!r} is not understood")


def _arithmetic(node: Node, builder: FootprintBuilder) -> None:
    """A shell evaluates the *value* of a name again, and bash runs `a[$(…)]` there."""
    text = _text(node)
    names = re.findall(r"[A-Za-z_]\w*", text)
    builder.variable_reads.update(names)
    if names or "$" in text[1:] or "`" in text:
        builder.stop_at(f"the arithmetic {text!r} evaluates values")


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


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")
