"""Values where a list belongs: a value is a list or an error there, never a command."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, parse_json
from prodigy_action.pure.templates.interpolation import Variables, look_up, render_placeholder
from prodigy_action.pure.templates.placeholders import Placeholder, parse_template, roots_of
from prodigy_action.pure.text.cutting import cut

_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_SHOWN = 60
_HINT = "give a list (`capture_format: lines` or `json` makes one), or write the command that prints it"


@dataclass(frozen=True, slots=True)
class WholeValue:
    """A value that is all of a text: its placeholder, and its elements if it is a list."""

    placeholder: Placeholder
    elements: list[JsonValue] | None
    described: str
    """What the value is, for a message."""


def whole_value(text: str, variables: Variables) -> WholeValue | None:
    """The value when `text` is nothing but one `${…}` or `$NAME`; None for any other text.

    A JSON array in a text is a list, too. Raises `UndefinedVariable`.
    """
    stripped = text.strip()
    bare = _BARE.fullmatch(stripped)
    segments = parse_template(f"${{{bare[1]}}}" if bare else stripped, roots_of(variables.keys())).segments
    if len(segments) != 1 or isinstance(segments[0], str):
        return None
    placeholder = segments[0]
    found, value, _ = look_up(placeholder.path, variables)
    if not found or not value or placeholder.format is not None:
        value = render_placeholder(placeholder, variables)
    described = f"the value of {stripped!r} is no list: it is {_shown(value)}"
    return WholeValue(placeholder, _elements(value), described)


def list_value(text: str, variables: Variables) -> list[JsonValue] | None:
    """The list that a text names when it is nothing but one value; None for any other text.

    Raises `ExpressionError` for a value that is no list, and `UndefinedVariable`.
    """
    whole = whole_value(text, variables)
    if whole is None:
        return None
    if whole.elements is None:
        raise ExpressionError(whole.described, end=len(text), hint=_HINT)
    return whole.elements


def _elements(value: JsonValue) -> list[JsonValue] | None:
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = parse_json(value.strip())
        except (ValueError, RecursionError):
            return None
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else None


def _shown(value: JsonValue) -> str:
    if isinstance(value, str):
        return "the text " + repr(cut(value, _SHOWN))
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "a map" if isinstance(value, dict) else f"the number {value}"
