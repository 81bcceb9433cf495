"""A shell step's text and values → the script to run and the values it reads; no value becomes code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from prodigy_action.dataclass import dataclass
from prodigy_action.pure.shell.safety.compiled import (
    CompiledShell,
    InterpolationRefused,
    Interpreter,
    Slot,
    refused_name,
)
from prodigy_action.pure.shell.safety.constraints import ValueConstraint
from prodigy_action.pure.shell.syntax.standing import standing_text
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.templates.captured_names import captured_names, named_in
from prodigy_action.pure.templates.interpolation import (
    Placeholder,
    Variables,
    mentioned_roots,
    names_of,
    parse_template,
    render_placeholder,
    render_value,
    roots_of,
)
from prodigy_action.pure.text.cutting import cut

__all__ = [
    "InterpolationRefused",
    "Interpreter",
    "ShellScript",
    "inline_script",
    "render_raw",
    "render_shell",
    "render_values_file",
    "text_to_parse",
]

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


def render_shell(
    text: str,
    variables: Variables,
    *,
    interpreter: Interpreter,
    parsed: ParsedShells = MappingProxyType({}),
    raw: bool = False,
    exported: Mapping[str, str] = MappingProxyType({}),
    given: frozenset[str] = frozenset(),
) -> ShellScript:
    """The script for `text` with every known `${path}` replaced, by the quotes around it, by a variable.

    A known name that the text leaves to the shell (`$NAME`) is set, unless the environment of the script, `exported`,
    holds its value. A text that mentions no value of ours is the script, byte for byte; for any other, `parsed` has the
    tree (`text_to_parse`). With `raw` the values are pasted as text. `given` are the names of `exported` whose values
    come from an item, a capture or a parameter. Raises `UndefinedVariable` and
    `InterpolationRefused`, both with offsets into `text`.
    """
    checked = named_in(text, given)
    if "$" not in text and not checked:
        return ShellScript(text, MappingProxyType({}))
    known = roots_of(variables.keys())
    names = captured_names(text, variables, exported)
    for name in names:
        if "\0" in names[name]:
            raise refused_name(text, name, "contains a NUL, which no shell can hold")
    if raw:
        return ShellScript(render_raw(text, variables), MappingProxyType(names))
    trusted = frozenset(name for name, value in exported.items() if name in variables and variables[name] == value)
    from prodigy_action.pure.shell.safety.compile import compile_shell  # only a text that mentions values needs it

    roots = mentioned_roots(text) & known
    compiled = compile_shell(text, roots, interpreter, parsed, frozenset(names) | checked, trusted - given)
    for name, constraints in compiled.names.items():
        if unmet := _unmet(constraints, names[name] if name in names else exported[name]):
            raise refused_name(text, name, unmet)
    script, spread = _spread(compiled, variables)
    return ShellScript(script, MappingProxyType({**names, **_values(compiled, variables), **spread}))


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


def inline_script(
    text: str,
    variables: Variables,
    *,
    parsed: ParsedShells,
    exported: Mapping[str, str],
    interpreter: Interpreter = "sh",
) -> str:
    """The script for `sh -c`, with its values before it: one argument, which the kernel limits to 128 KiB.

    What the environment holds is left to the shell, for other processes can see arguments. Raises as `render_shell`.
    """
    script = render_shell(
        text, inline_variables(text, variables, exported), interpreter=interpreter, parsed=parsed, exported=exported
    )
    if not script.values:
        return script.script
    return render_values_file(script.values).decode("utf-8", "surrogateescape") + script.script


def inline_variables(text: str, variables: Variables, exported: Mapping[str, str]) -> Variables:
    """The variables that `inline_script` puts into a text: those that its environment does not hold."""
    if "|default:" in text:
        return variables
    return {name: value for name, value in variables.items() if exported.get(name) != render_value(value)}


def text_to_parse(
    text: str,
    variables: Variables,
    *,
    exported: Mapping[str, str] = MappingProxyType({}),
    given: frozenset[str] = frozenset(),
) -> list[str]:
    """What `render_shell` needs the tree of, for `text` and `variables`: nothing when no value of ours is in it."""
    checked = named_in(text, given)
    if "$" not in text and not checked:
        return []
    roots = mentioned_roots(text) & roots_of(variables.keys())
    standing = standing_text(text, roots)
    read = checked or standing.placeholders or captured_names(text, variables, exported)
    return [standing.text] if read else []


def _double_quoted(value: str) -> str:
    apart = _MULTIBYTE_SPECIAL.sub("\\1\0", value)
    return '"' + _SPECIAL.sub(r"\\\1", apart).replace("\0", '""') + '"'


def _spread(compiled: CompiledShell, variables: Variables) -> tuple[str, dict[str, str]]:
    """The script in which each list of names is as many quoted words, each a variable, and their values."""
    script, values = compiled.script, dict[str, str]()
    for slot in (each for each in compiled.slots if each.spread):
        names = _texts_of_names(slot.placeholder, variables)
        for name in names:
            _check(slot, name)
        words = {f"{slot.variable}{number}": name for number, name in enumerate(names)}
        values.update(words if words else {slot.variable: ""})
        if words:
            script = script.replace(f"${{{slot.variable}}}", " ".join(f'"${{{word}}}"' for word in words))
    return script, values


def _texts_of_names(placeholder: Placeholder, variables: Variables) -> list[str]:
    names = names_of(placeholder, variables)
    if names:
        return names
    text = _text_of(placeholder, variables)
    return [text] if text else []


def _values(compiled: CompiledShell, variables: Variables) -> dict[str, str]:
    values: dict[str, str] = {}
    for slot in (each for each in compiled.slots if not each.spread):
        if slot.variable not in values:
            values[slot.variable] = _text_of(slot.placeholder, variables)
        _check(slot, values[slot.variable])
    return values


def render_raw(text: str, variables: Variables) -> str:
    """`text` with every known `${path}` replaced by its value as text: how people are shown a command."""
    template = parse_template(text, roots_of(variables.keys()))
    pieces = [segment if isinstance(segment, str) else _text_of(segment, variables) for segment in template.segments]
    return "".join(pieces)


def _text_of(placeholder: Placeholder, variables: Variables) -> str:
    value = render_placeholder(placeholder, variables)
    if "\0" in value:
        message = f"the value of {placeholder.text!r} contains a NUL, which no shell can hold"
        raise InterpolationRefused(message, start=placeholder.start, end=placeholder.end)
    return value


def _check(slot: Slot, value: str) -> None:
    placeholder = slot.placeholder
    if unmet := _unmet(slot.constraints, value):
        message = f"the value of {placeholder.text!r} {unmet}"
        raise InterpolationRefused(message, start=placeholder.start, end=placeholder.end)


def _unmet(constraints: frozenset[ValueConstraint], value: str) -> str | None:
    """What is wrong with a value, if it does not meet a constraint."""
    for constraint in sorted(constraints, key=lambda constraint: constraint.name):
        if not constraint.accepts(value):
            return f"{constraint.reason}; it is {cut(value, 40)!r}"
    return None
