"""The expansions inside a word: variables read and set, substituted commands, and text that is not understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from prodigy_action.pure.dependency_analysis.footprint import FootprintBuilder

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
    """A shell evaluates the *value* of a name again; in it, bash runs `a[$(…)]`."""
    text = _text(node)
    names = re.findall(r"[A-Za-z_]\w*", text)
    builder.variable_reads.update(names)
    if names or "$" in text[1:] or "`" in text:
        builder.stop_at(f"the arithmetic {text!r} evaluates values")


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")
