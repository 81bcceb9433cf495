"""The inputs of the action as options of the command line, and the settings that options and inputs give."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import click

from prodigy_action.app.process_context import ProcessContext
from prodigy_action.inputs.action_inputs import read_settings
from prodigy_action.model.settings import INPUTS, InputField, Settings

Options: TypeAlias = Mapping[str, Any]

_NAMED_INPUT = re.compile(r"`([a-z-]+)(?:: ([a-z-]+))?`")
_FIELDS = {field.name: field for field in INPUTS}


def setting_options(*, without: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of all inputs but the workflow itself and those in `without`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(INPUTS):
            if field.name != "workflow" and field.name not in without:
                function = _option(field)(function)
        return function

    return decorate


def format_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--format`, as text or as JSON."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        metavar="text|json",
        help=f"How to print {what}. [default: text]",
    )


def _option(field: InputField) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    declared = field.declared
    if declared.kind == "boolean":
        flags = "/".join((field.flags[0], f"--no-{field.name}"))
        return click.option(flags, field.attribute, default=None, help=option_help(field))
    return click.option(
        *field.flags,
        field.attribute,
        default=None,
        multiple=field.repeatable,
        metavar=declared.metavar if declared.kind != "choice" else "|".join(field.choices),
        help=option_help(field),
    )


def option_help(field: InputField) -> str:
    """The description of an input in the words of the command line: other inputs are options, lists are repetition."""
    default = field.declared.default_text or field.default
    again = " May be repeated." if field.repeatable else ""
    text = f"{field.declared.description}{again}" + (f" [default: {default}]" if default else "")
    text = text.replace("relative to the workspace", "relative to the current directory")
    return _NAMED_INPUT.sub(_as_option, text).replace("`", "")


def _as_option(found: re.Match[str]) -> str:
    field = _FIELDS.get(found[1])
    if field is None or found[1] == "workflow":
        return found[0]
    return " ".join(part for part in (field.flag, found[2]) if part)


def settings_of(options: Options, world: ProcessContext, workflow: str | None) -> Settings:
    """The settings that the options and the inputs together give."""
    given = {field.name: options.get(field.attribute) for field in INPUTS}
    given["workflow"] = workflow
    settings = read_settings(
        {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()},
        world.environ,
    )
    if settings.workflow:
        return settings
    from prodigy_action.app.workflow_files import usual_workflow

    found = usual_workflow(world.directory, world.directory / settings.working_directory)
    return replace(settings, workflow=found)
