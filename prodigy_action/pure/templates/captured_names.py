"""Captured names in shell text: `$NAME` and `${NAME%.*}` stay in the script, and shell variables get the values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from prodigy_action.model.json_value import JsonValue
from prodigy_action.pure.templates.placeholders import TEXTS_KEPT, parse_template, roots_of
from prodigy_action.pure.templates.value_text import render_value

BUILT_IN_ROOTS = frozenset(
    {
        "agent",
        "claude",
        "env",
        "error",
        "item",
        "item_id",
        "item_index",
        "item_json",
        "item_key",
        "item_total",
        "last",
        "map",
        "merge",
        "shell",
        "step",
        "validation",
        "worker",
        "workflow",
    }
)
"""Roots that the product defines; a workflow cannot choose these names."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MENTION = re.compile(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)")


def captured_names(text: str, variables: Mapping[str, JsonValue], exported: Mapping[str, str]) -> dict[str, str]:
    """The values of names in `text` that the shell expands and that its environment (`exported`) does not hold."""
    mentioned = mentioned_names(text, roots_of(variables.keys()))
    values = {name: render_value(variables[name]) for name in sorted(mentioned) if name in variables}
    return {name: value for name, value in values.items() if exported.get(name) != value}


@lru_cache(maxsize=TEXTS_KEPT)
def mentioned_names(text: str, roots: frozenset[str]) -> frozenset[str]:
    """The names of `roots` that `text` mentions outside of placeholders."""
    literal = "\0".join(parse_template(text, roots).literals)
    return frozenset(_MENTION.findall(literal)) & roots - BUILT_IN_ROOTS


def named_in(text: str, names: frozenset[str]) -> frozenset[str]:
    """Those of `names` that `text` says as a word, with or without `$`: arithmetic reads a variable without one."""
    return names & frozenset(_WORD.findall(text)) if names else names


def first_mention(text: str, name: str) -> tuple[int, int]:
    """Where `text` first mentions `name`: offsets in characters."""
    match = re.search(rf"\$\{{?[#!]?{name}(?![A-Za-z0-9_])", text)
    match = match or re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", text)
    return match.span() if match is not None else (0, len(text))
