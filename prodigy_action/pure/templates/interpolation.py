"""Replacing placeholders by values: look up the path, render the value, or say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue, compact_json
from prodigy_action.pure.templates.placeholders import (
    PathPart,
    Placeholder,
    Template,
    mentioned_roots,
    parse_template,
    roots_of,
    roots_with_default,
)
from prodigy_action.pure.templates.value_text import (
    chosen_texts,
    line_of,
    render_formatted,
    render_item,
    render_names,
    render_value,
)

__all__ = [
    "Placeholder",
    "Shape",
    "Template",
    "UndefinedVariable",
    "Variables",
    "check_text",
    "escaped_glob",
    "look_up",
    "mentioned_roots",
    "names_of",
    "parse_template",
    "render_glob",
    "render_placeholder",
    "render_text",
    "render_value",
    "roots_of",
]

Variables: TypeAlias = Mapping[str, JsonValue]
"""Root name → value, nested. A name may also be a dotted path (`build.exit_code`, also when `build` is a text)."""

Shape: TypeAlias = "Mapping[str, Shape] | None"
"""The names that may follow a name: `None` means any, a mapping exactly its names, an empty mapping none."""

_LISTS_OF_OBJECTS = frozenset(
    {("map", "results"), ("map", "results_array"), ("merge", "commits"), ("merge", "modified_files")}
)
"""Values that are JSON even when they are empty."""
_NAMES_SHOWN = 12
_BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_GLOB_CHARACTERS = re.compile(r"[\\*?\[\]]")


class UndefinedVariable(ExpressionError):
    """A path under a known root that has no value and no default."""


def render_text(text: str, variables: Variables, escape: Callable[[str], str] = str) -> str:
    """`text` with every known `${path}` and every known whole `$NAME` replaced; for texts that no shell reads.

    An unknown `${NAME:-default}` becomes its default. `escape` is applied to each text that replaces something.

    Values are data: placeholders inside a value are not replaced. Raises `UndefinedVariable`.
    """
    if "$" not in text:
        return text
    template = parse_template(text, roots_of(variables.keys()) | roots_with_default(text))
    return "".join(
        _replace_bare(segment, variables, escape)
        if isinstance(segment, str)
        else escape(render_placeholder(segment, variables))
        for segment in template.segments
    )


def render_glob(text: str, variables: Variables) -> str:
    """As `render_text`, for a glob: a value stands for itself, whatever characters of globs are in it.

    Raises `UndefinedVariable`.
    """
    return render_text(text, variables, escaped_glob)


def render_placeholder(placeholder: Placeholder, variables: Variables) -> str:
    """The text of one placeholder; as with the shell's `:-`, a default also replaces null and empty text.

    Raises `UndefinedVariable` when the path has no value and there is no default.
    """
    found, value, tried = look_up(placeholder.path, variables)
    if not found and placeholder.default is None:
        raise _undefined(placeholder, tried)
    text = ""
    if found and placeholder.names_list:
        text = render_names(chosen_texts(value, placeholder.format))
    elif found and placeholder.format is not None:
        text = render_formatted(value, placeholder.format)
    elif found:
        text = _render_found(placeholder.path, value)
    if not text and placeholder.default is not None:
        return _render_default(placeholder.default, variables)
    return text


def _render_found(path: Sequence[PathPart], value: JsonValue) -> str:
    if tuple(path) in _LISTS_OF_OBJECTS:
        return compact_json(value)
    return render_item(value) if tuple(path) == ("item",) else render_value(value)


def names_of(placeholder: Placeholder, variables: Variables) -> list[str]:
    """The names that a placeholder of a list of names stands for; none when the list is missing."""
    found, value, _ = look_up(placeholder.path, variables)
    return chosen_texts(value, placeholder.format) if found else []


def check_text(text: str, shapes: Mapping[str, Shape]) -> list[ExpressionError]:
    """Every placeholder of `text` that cannot have a value; `shapes` are the possible names below each known root.

    In the order of the text; offsets are characters of `text`. A placeholder with a default is never wrong. A text such
    as `${item.path##*/}`, which begins like a placeholder but is not one, is reported too: it stays unchanged.
    """
    template = parse_template(text, shapes.keys())
    problems: list[ExpressionError] = [
        _undefined(placeholder, names)
        for placeholder in template.placeholders
        if placeholder.default is None and (names := _missing_names(placeholder.path, shapes)) is not None
    ]
    for start, end in template.suspects:
        hint = "assign it first: name=${…}, then ${name##*/}; a placeholder knows `:-default` only"
        problems.append(
            ExpressionError(f"not a placeholder: {text[start:end]!r} is left as it is", start=start, end=end, hint=hint)
        )
    return sorted(problems, key=lambda problem: problem.start)


def escaped_glob(value: str) -> str:
    """The glob that stands for exactly this text."""
    return _GLOB_CHARACTERS.sub(r"\\\g<0>", value)


def _replace_bare(text: str, variables: Variables, escape: Callable[[str], str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in variables:
            return match.group()
        return escape(render_item(variables[name]) if name == "item" else render_value(variables[name]))

    return _BARE.sub(replacement, text)


def _render_default(default: str, variables: Variables) -> str:
    template = parse_template(default, roots_of(variables.keys()))
    return "".join(
        segment if isinstance(segment, str) else render_placeholder(segment, variables) for segment in template.segments
    )


def look_up(path: Sequence[PathPart], variables: Variables) -> tuple[bool, JsonValue, Iterable[str]]:
    """Whether the path leads to a value, the value, and the names that are possible at the first wrong name."""
    tried: Iterable[str] = variables.keys()
    for length in range(len(path), 0, -1):
        if not all(isinstance(part, str) for part in path[:length]):
            continue
        name = ".".join(map(str, path[:length]))
        if name in variables:
            found, value, tried = _descend(variables[name], path[length:])
            if found:
                return True, value, ()
    if tuple(path) == ("item", "value") and (line := line_of(variables.get("item"))) is not None:
        return True, line, ()
    return False, None, tried


def _descend(value: JsonValue, path: Sequence[PathPart]) -> tuple[bool, JsonValue, Iterable[str]]:
    for part in path:
        if isinstance(value, Mapping):
            if str(part) not in value:
                return False, None, value.keys()
            value = value[str(part)]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if not str(part).isdecimal() or int(part) >= len(value):
                return False, None, ()
            value = value[int(part)]
        else:
            return False, None, ()
    return True, value, ()


def _missing_names(path: Sequence[PathPart], shapes: Mapping[str, Shape]) -> Iterable[str] | None:
    """The names that are possible at the first name of `path` that the shapes do not have; `None` when all exist."""
    shape: Shape = shapes[str(path[0])] if str(path[0]) in shapes else shapes[f"{path[0]}."]
    for part in path[1:]:
        if shape is None:
            return None
        if str(part) not in shape:
            return shape.keys()
        shape = shape[str(part)]
    return None


def _undefined(placeholder: Placeholder, names: Iterable[str]) -> UndefinedVariable:
    known = sorted(names)
    close = get_close_matches(str(placeholder.path[-1]), known, n=1)
    hint = "give it a default: ${path:-default}"
    if close:
        hint = f"did you mean `{close[0]}`?"
    elif known and len(known) <= _NAMES_SHOWN:
        hint = f"known are {', '.join(known)}"
    message = f"unknown variable {placeholder.text!r}"
    return UndefinedVariable(message, start=placeholder.start, end=placeholder.end, hint=hint)
