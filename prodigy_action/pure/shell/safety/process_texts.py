"""Texts that a program reads without a shell between: an agent's prompt, the values of `env`."""

from __future__ import annotations

from prodigy_action.pure.shell.safety.compiled import InterpolationRefused
from prodigy_action.pure.shell.safety.special_names import is_code_variable, meaning_of
from prodigy_action.pure.templates.interpolation import Variables, render_text
from prodigy_action.pure.text.cutting import cut


def render_prompt(text: str, variables: Variables) -> str:
    """The one argument of an agent command.

    Raises `InterpolationRefused` when a value at its start would make the agent take the whole for an option.
    """
    prompt = render_text(text, variables)
    if prompt.startswith("-") and not text.lstrip().startswith("-"):
        message = f"the prompt begins with a value that makes it the option {cut(prompt, 40)!r}"
        raise InterpolationRefused(message, end=len(text), hint="write a word before the value")
    return prompt


def render_own_variable(name: str, text: str, variables: Variables, *, foreign: bool) -> str:
    """A value of a step's `env`; `foreign`: an item, a capture or a parameter decides it.

    Raises `InterpolationRefused` for a variable that means something to a shell or to programs.
    """
    value = render_text(text, variables)
    meaning = meaning_of(name) if foreign or is_code_variable(name) else None
    if value != text and meaning is not None:
        raise InterpolationRefused(refused_variable(name, meaning), end=len(text))
    return value


def refused_variable(name: str, meaning: str) -> str:
    """The message about a value in a variable that is not for values."""
    return f"no value may stand in the variable {name!r}: {meaning}"
