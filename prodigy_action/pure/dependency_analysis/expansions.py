"""The expansions inside a word: variables read and set, substituted commands, what cannot be followed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from prodigy_action.pure.dependency_analysis.footprint import FootprintBuilder
from prodigy_action.pure.dependency_analysis.value_mentions import MarkedText
from prodigy_action.pure.shell.syntax.tree import (
    Arithmetic,
    Expansion,
    Part,
    Quoted,
    Quoting,
    Statement,
    Substitution,
)

_OPERATORS = frozenset({"", ":-", "-", ":?", "?", ":+", "+", "#", "##", "%", "%%", "/", "^", "^^", ",", ",,"})
_ASSIGNING = frozenset({":=", "="})
_NAME = re.compile(r"[A-Za-z_]\w*")


def read_expansions(
    parts: Sequence[Part],
    text: MarkedText,
    builder: FootprintBuilder,
    visit: Callable[[Sequence[Statement]], None],
) -> None:
    """Record what the expansions in `parts` read; `visit` takes the statements of substituted commands."""
    for part in parts:
        if isinstance(part, Quoted):
            if part.quoting is Quoting.TRANSLATED:
                builder.stop_at(f"{text.written(part)!r} is more than is understood")
            read_expansions(part.parts, text, builder, visit)
        elif isinstance(part, Expansion):
            _parameter(part, text, builder)
            for operand in part.operands:
                read_expansions(operand.parts, text, builder, visit)
        elif isinstance(part, Substitution):
            if part.quoting is Quoting.PROCESS or ("\\" in text.text[part.start : part.end] and not part.statements):
                builder.stop_at(f"{text.written(part)!r} is more than is understood")
            visit(part.statements)
        elif isinstance(part, Arithmetic):
            _arithmetic(part, text, builder)
            for operand in part.operands:
                read_expansions(operand.parts, text, builder, visit)


def _parameter(part: Expansion, text: MarkedText, builder: FootprintBuilder) -> None:
    if (part.start, part.end) in text.tokens:
        return
    if part.name in ("@", "*"):
        builder.stop_at("the positional parameters are not known before running")
    if part.index is not None or part.slices:
        builder.stop_at(f"the subscript in {text.written(part)!r} is not understood")
    if part.prefix == "!" or part.operator not in _OPERATORS | _ASSIGNING:
        builder.stop_at(f"the expansion {text.written(part)!r} is not understood")
    if _NAME.fullmatch(part.name):
        builder.variable_reads.add(part.name)
        if part.operator in _ASSIGNING:
            builder.write_variable(part.name)


def _arithmetic(part: Arithmetic, text: MarkedText, builder: FootprintBuilder) -> None:
    """A shell evaluates the *value* of a name again, and bash runs `a[$(…)]` there."""
    written = text.written(part)
    names = _NAME.findall(text.text[part.start : part.end])
    builder.variable_reads.update(names)
    if names or "$" in written[1:] or "`" in written:
        builder.stop_at(f"the arithmetic {written!r} evaluates values")
