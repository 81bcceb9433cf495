"""What a shell text with placeholders is compiled to, and the refusal of a text or value that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import ExpressionError
from prodigy_action.pure.shell.safety.constraints import ValueConstraint
from prodigy_action.pure.templates.captured_names import first_mention
from prodigy_action.pure.templates.placeholders import Placeholder

Interpreter: TypeAlias = Literal["sh", "bash"]

_RAW_HINT = "pass it as an argument or assign it first; `interpolation: raw` pastes the value as code, unprotected"


class InterpolationRefused(ExpressionError):
    """A value that a shell would read as more than a text, or a place where it is unknown whether it would."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One placeholder of a compiled text: the variable that holds its value, and what the value must be.

    With `spread` the value is a list of names, each of which becomes a word of the command.
    """

    placeholder: Placeholder
    variable: str
    constraints: frozenset[ValueConstraint]
    spread: bool = False


@dataclass(frozen=True, slots=True)
class CompiledShell:
    """A script that is the same for all values, and its slots in the order of the text.

    `names` are the variables that the script finds set, and what their values must be.
    """

    script: str
    slots: tuple[Slot, ...]
    names: Mapping[str, frozenset[ValueConstraint]] = field(default_factory=dict)


def refused_name(text: str, name: str, reason: str) -> InterpolationRefused:
    """The refusal of the value that the variable `name` of `text` holds."""
    start, end = first_mention(text, name)
    return InterpolationRefused(f"the value of '${name}' {reason}", start=start, end=end, hint=_RAW_HINT)


def refused_value(placeholder: Placeholder, reason: str) -> InterpolationRefused:
    """The refusal of the value of one placeholder."""
    message = f"the value of {placeholder.text!r} {reason}"
    return InterpolationRefused(message, start=placeholder.start, end=placeholder.end, hint=_RAW_HINT)
