"""Readers of scalars, by field: the same text is a number in one field and a name in another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.inputs.documents.diagnostics import suggest
from prodigy_action.inputs.documents.located import Located, Opaque
from prodigy_action.inputs.documents.located_tree import MappingNode, Node, ScalarNode, SequenceNode, json_value
from prodigy_action.inputs.normalize.context import FieldReader, NormalizationContext
from prodigy_action.model.json_value import compact_json
from prodigy_action.pure.text.durations import parse_duration

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_DURATION_HINT = "write seconds or a duration such as `500ms`, `30s`, `5m`, `1h30m`"


def text(node: Node, reading: NormalizationContext) -> Located:
    """The source text of a scalar."""
    if isinstance(node, ScalarNode):
        return Located(node.text, node)
    return reading.wrong_type(node, "a text")


def filled_text(node: Node, reading: NormalizationContext) -> Located:
    """A text that is not blank."""
    placed = text(node, reading)
    if isinstance(placed.value, str) and not placed.value.strip():
        return reading.value_error(node, "the text is empty", code="empty")
    return placed


def boolean(node: Node, reading: NormalizationContext) -> Located:
    """`true` or `false`; no other value."""
    if isinstance(node, ScalarNode) and node.text in {"true", "false"}:
        return Located(node.text == "true", node)
    hint = None
    if isinstance(node, ScalarNode) and node.text.lower() in {"yes", "on", "no", "off", "true", "false"}:
        hint = f"write `{'true' if node.text.lower() in {'yes', 'on', 'true'} else 'false'}`"
    return reading.wrong_type(node, "`true` or `false`", hint)


def integer(node: Node, reading: NormalizationContext) -> Located:
    """A whole number."""
    if isinstance(node, ScalarNode) and _INTEGER.fullmatch(node.text) and len(node.text) < 20:
        return Located(int(node.text), node)
    return reading.wrong_type(node, "a whole number")


def number(node: Node, reading: NormalizationContext) -> Located:
    """A number."""
    if isinstance(node, ScalarNode) and _NUMBER.fullmatch(node.text):
        return Located(float(node.text), node)
    return reading.wrong_type(node, "a number")


def integer_or_variable(node: Node, reading: NormalizationContext) -> Located:
    """A whole number, or a text with a variable whose value is a whole number at run time."""
    if isinstance(node, ScalarNode) and "$" in node.text:
        return Located(node.text, node)
    if isinstance(node, ScalarNode) and _INTEGER.fullmatch(node.text) and len(node.text) < 20:
        return Located(int(node.text), node)
    return reading.wrong_type(node, "a whole number or a variable such as `${NAME}`")


def duration(node: Node, reading: NormalizationContext) -> Located:
    """Seconds, from a number, a duration, or `{secs, nanos}`."""
    if isinstance(node, ScalarNode):
        seconds = parse_duration(node.text)
        if seconds is not None:
            return Located(seconds, node)
    if isinstance(node, MappingNode):
        parts = {key: json_value(value) for key, value in ((k.text, v) for k, v in node.entries)}
        if parts and set(parts) <= {"secs", "nanos"} and all(type(value) is int for value in parts.values()):
            secs, nanos = parts.get("secs", 0), parts.get("nanos", 0)
            if isinstance(secs, int) and isinstance(nanos, int):
                return Located(secs + nanos / 1e9, node)
    return reading.wrong_type(node, "a duration", _DURATION_HINT)


def duration_or_variable(node: Node, reading: NormalizationContext) -> Located:
    """A duration, or a text with a variable whose value is a duration at run time."""
    if isinstance(node, ScalarNode) and "$" in node.text:
        return Located(node.text, node)
    return duration(node, reading)


def folded_word(written: str) -> str:
    """A word without case, hyphens, underscores and blanks: `PerAgent`, `per_agent` and `per-agent` are one."""
    return re.sub(r"[-_\s]", "", written).casefold()


def one_of(*choices: str) -> FieldReader:
    """A word of a fixed list, in any case style."""
    known = {folded_word(choice): choice for choice in choices}

    def read(node: Node, reading: NormalizationContext) -> Located:
        if not isinstance(node, ScalarNode):
            return reading.wrong_type(node, f"one of {listed(choices)}")
        found = known.get(folded_word(node.text))
        if found is not None:
            return Located(found, node)
        guess = suggest(node.text, choices)
        hint = f"did you mean `{guess}`?" if guess else f"write one of {listed(choices)}"
        return reading.value_error(node, f"{node.text!r} is not one of {listed(choices)}", hint, "unknown-word")

    return read


def listed(choices: Sequence[str]) -> str:
    """The choices as a message lists them."""
    return ", ".join(f"`{choice}`" for choice in choices)


def text_list(node: Node, reading: NormalizationContext) -> Located:
    """A list of texts; one text is a list of one."""
    if isinstance(node, ScalarNode):
        return Located([Located(node.text, node)], node)
    if isinstance(node, SequenceNode):
        return Located([text(item, reading) for item in node.items], node)
    return reading.wrong_type(node, "a list of texts")


def text_map(node: Node, reading: NormalizationContext) -> Located:
    """Names and texts; a null is its source text."""
    if not isinstance(node, MappingNode):
        return reading.wrong_type(node, "a map of names and texts")
    return Located({key.text: text(value, reading) for key, value in node.entries}, node)


def any_value(node: Node, _: NormalizationContext) -> Located:
    """Any JSON value."""
    return Located(Opaque(json_value(node)), node)


def any_list(node: Node, reading: NormalizationContext) -> Located:
    """A list of any JSON values."""
    if not isinstance(node, SequenceNode):
        return reading.wrong_type(node, "a list")
    return Located([any_value(item, reading) for item in node.items], node)


def value_as_text(node: Node, reading: NormalizationContext) -> Located:
    """A scalar's text, or the JSON text of a list or map."""
    if isinstance(node, ScalarNode):
        return text(node, reading)
    return Located(compact_json(json_value(node)), node)


def list_of(item: FieldReader) -> FieldReader:
    """A list whose elements have one reader."""

    def read(node: Node, reading: NormalizationContext) -> Located:
        if not isinstance(node, SequenceNode):
            return reading.wrong_type(node, "a list")
        return Located([item(part, reading) for part in node.items], node)

    return read


def at_least(limit: int, reader: FieldReader) -> FieldReader:
    """The number of the reader, which may not be below a limit."""

    def read(node: Node, reading: NormalizationContext) -> Located:
        placed = reader(node, reading)
        if isinstance(placed.value, int) and placed.value < limit:
            return reading.value_error(node, f"must be at least {limit}, found {placed.value}", code="out-of-range")
        return placed

    return read
