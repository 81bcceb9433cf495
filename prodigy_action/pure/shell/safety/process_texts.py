"""Texts that a program reads without a shell between: an agent's prompt, the values of `env`."""

from __future__ import annotations

from prodigy_action.pure.shell.safety.command_rules import CODE_VARIABLES
from prodigy_action.pure.shell.safety.compile import InterpolationRefused
from prodigy_action.pure.templates.interpolation import Variables, render_text


def render_prompt(text: str, variables: Variables) -> str:
    """The one argument of an agent command.

    Raises `InterpolationRefused` when a value at its start would make the agent take the whole for an option.
    """
    prompt = render_text(text, variables)
    if prompt.startswith("-") and not text.lstrip().startswith("-"):
        message = f"the prompt begins with a value that makes it the option {prompt[:40]!r}"
        raise InterpolationRefused(message, end=len(text), hint="write a word before the value")
    return prompt


def render_own_variable(name: str, text: str, variables: Variables) -> str:
    """A value of a step's `env`. Raises `InterpolationRefused` for a variable whose value a shell reads as code."""
    value = render_text(text, variables)
    if value != text and (name in CODE_VARIABLES or name.startswith("BASH_")):
        message = f"a shell reads the value of the variable {name!r} as code: no other value may stand in it"
        raise InterpolationRefused(message, end=len(text))
    return value
