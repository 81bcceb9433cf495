"""A shell step's text and values → the script to run and the values it reads; no value becomes code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from prodigy_action.pure.interpolation import (
    Placeholder,
    Variables,
    mentioned_roots,
    parse_template,
    render_placeholder,
    roots_of,
)
from prodigy_action.pure.shell_quoting import CompiledShell, InterpolationRefused, Interpreter, Slot, compile_shell

__all__ = ["InterpolationRefused", "Interpreter", "ShellScript", "compile_shell", "render_shell", "render_values_file"]

_SPECIAL = re.compile(r'([\\"$`])')
_MULTIBYTE_SPECIAL = re.compile(r'([^\x00-\x7f])(?=[\\"$`])')
_PIECE_LENGTH = 4096
"""Characters per assignment when a value needs its quotes closed in between: shells join many pieces slowly."""


@dataclass(frozen=True, slots=True)
class ShellScript:
    """A script and the values of the variables it reads; lone surrogates stand for bytes that are no UTF-8."""

    script: str
    values: Mapping[str, str]

    def sourcing(self, values_path: str) -> str:
        """The text to run, which reads the values from the file at `values_path` (absolute) on its first line.

        Line numbers stay right; a script without values is returned as it is. Raises `ValueError` for a relative
        path, which `.` would look for in PATH.
        """
        if not self.values:
            return self.script
        if not values_path.startswith("/"):
            raise ValueError(f"the path of the values must be absolute, not {values_path!r}")
        return f". {_double_quoted(values_path)}; {self.script}"


def render_shell(text: str, variables: Variables, *, interpreter: Interpreter, raw: bool = False) -> ShellScript:
    """The script for `text` with every known `${path}` replaced, by the quotes around it, by a variable.

    A text without placeholders of ours is the script, byte for byte, and no grammar is loaded. With `raw` the values
    are pasted as text. Raises `UndefinedVariable` and `InterpolationRefused`, both with offsets into `text`.
    """
    if "${" not in text:
        return ShellScript(text, MappingProxyType({}))
    known = roots_of(variables.keys())
    if raw:
        return _render_raw(text, variables, known)
    compiled = compile_shell(text, mentioned_roots(text) & known, interpreter)
    return ShellScript(compiled.script, MappingProxyType(_values(compiled, variables)))


def render_values_file(values: Mapping[str, str]) -> bytes:
    """The file that a script sources: double-quoted assignments, nothing exported, linear to read in every shell.

    A character above 127 is kept apart from a `\\` after it, which some encodings would join. Raises `ValueError`
    for a NUL.
    """
    # the first line keeps bash from taking the file for a binary one
    lines = ["# the values of the placeholders of the script beside it\n"]
    for name, value in values.items():
        if "\0" in value:
            raise ValueError(f"the value of {name!r} contains a NUL")
        if name.startswith("PRODIGY_V"):
            lines.append(f"unset {name}\n")
        if _MULTIBYTE_SPECIAL.search(value) is None or len(value) <= _PIECE_LENGTH:
            lines.append(f"{name}={_double_quoted(value)}\n")
            continue
        pieces = [value[start : start + _PIECE_LENGTH] for start in range(0, len(value), _PIECE_LENGTH)]
        names = [f"{name}{number}" for number in range(len(pieces))]
        lines.extend(f"{part}={_double_quoted(piece)}\n" for part, piece in zip(names, pieces, strict=True))
        joined = "".join(f"${{{part}}}" for part in names)
        lines.append(f'{name}="{joined}"\nunset {" ".join(names)}\n')
    return "".join(lines).encode("utf-8", "surrogateescape")


def _double_quoted(value: str) -> str:
    apart = _MULTIBYTE_SPECIAL.sub("\\1\0", value)
    return '"' + _SPECIAL.sub(r"\\\1", apart).replace("\0", '""') + '"'


def _values(compiled: CompiledShell, variables: Variables) -> dict[str, str]:
    values: dict[str, str] = {}
    for slot in compiled.slots:
        if slot.variable not in values:
            values[slot.variable] = _text_of(slot.placeholder, variables)
        _check(slot, values[slot.variable])
    return values


def _render_raw(text: str, variables: Variables, known: frozenset[str]) -> ShellScript:
    template = parse_template(text, known)
    pieces = [segment if isinstance(segment, str) else _text_of(segment, variables) for segment in template.segments]
    return ShellScript("".join(pieces), MappingProxyType({}))


def _text_of(placeholder: Placeholder, variables: Variables) -> str:
    value = render_placeholder(placeholder, variables)
    if "\0" in value:
        message = f"the value of {placeholder.text!r} contains a NUL, which no shell can hold"
        raise InterpolationRefused(message, start=placeholder.start, end=placeholder.end)
    return value


def _check(slot: Slot, value: str) -> None:
    placeholder = slot.placeholder
    for demand in sorted(slot.demands, key=lambda demand: demand.name):
        if not demand.accepts(value):
            message = f"the value of {placeholder.text!r} {demand.reason}; it is {_shortened(value)!r}"
            raise InterpolationRefused(message, start=placeholder.start, end=placeholder.end)


def _shortened(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"
