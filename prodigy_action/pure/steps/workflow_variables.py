"""Parameters, profiles, and numbers that may be given by variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from prodigy_action.errors import Diagnostic, ExpressionError, InvalidInput
from prodigy_action.model.json_value import JsonValue, parse_json
from prodigy_action.model.workflow import MapPhase, Parameter, Workflow
from prodigy_action.pure.shell.safety.special_names import meaning_of_own
from prodigy_action.pure.steps.parameter_use import unknown_parameters
from prodigy_action.pure.templates.interpolation import render_text
from prodigy_action.pure.text.durations import parse_duration

LIMITED_KINDS = ("shell", "claude", "foreach", "workflow", "write_file", "validate")
"""Kinds of steps that `per_command` limits."""


def resolve_parameters(workflow: Workflow, given: Mapping[str, str]) -> dict[str, JsonValue]:
    """The values of the workflow's parameters, and of names that it uses without a declaration.

    Raises `InvalidInput` for every name that it does not know, every required parameter that is missing and every value
    of the wrong type.
    """
    problems = unknown_parameters(workflow, given)
    problems += [
        Diagnostic(f"no parameter can have the name {name!r}: {meaning}", source="params", code="special-variable")
        for name in given
        if name not in workflow.parameters and (meaning := meaning_of_own(name)) is not None
    ]
    values: dict[str, JsonValue] = {name: text for name, text in given.items() if name not in workflow.parameters}
    for name, parameter in workflow.parameters.items():
        text = given.get(name, parameter.default)
        if text is None:
            if parameter.required:
                description = f" ({parameter.description})" if parameter.description else ""
                hint = f"give it with --param {name}=VALUE or the input params"
                problems.append(
                    Diagnostic(
                        f"the parameter {name!r} is required{description}",
                        source="params",
                        hint=hint,
                        code="missing-parameter",
                    )
                )
            continue
        try:
            values[name] = typed_value(text, parameter)
        except ValueError:
            hint = f"write a value of type {parameter.type}"
            problems.append(
                Diagnostic(
                    f"the parameter {name!r} is {text!r}, which is no {parameter.type}", source="params", hint=hint
                )
            )
    if problems:
        raise InvalidInput(problems)
    return values


def typed_value(text: str, parameter: Parameter) -> JsonValue:
    """The value of a parameter. Raises `ValueError` for a text that does not have its type."""
    if parameter.type == "string":
        return text
    value = parse_json(text)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "any": True,
        "array": isinstance(value, list),
        "boolean": isinstance(value, bool),
        "integer": is_number and isinstance(value, int),
        "number": is_number,
        "object": isinstance(value, dict),
    }
    if not fits[parameter.type]:
        raise ValueError(text)
    return value


def select_profile(workflow: Workflow, name: str | None) -> dict[str, str]:
    """The variables of the chosen profile; none when no profile is chosen. Raises `InvalidInput` for an unknown one."""
    if not name:
        return {}
    if name in workflow.profiles:
        return dict(workflow.profiles[name])
    close = get_close_matches(name, workflow.profiles, n=1)
    known = ", ".join(sorted(workflow.profiles)) or "none"
    hint = f"did you mean `{close[0]}`?" if close else f"profiles of this workflow: {known}"
    raise InvalidInput([Diagnostic(f"unknown profile {name!r}", source="profile", hint=hint, code="unknown-profile")])


def resolve_number(value: int | str, variables: Mapping[str, JsonValue], *, field: str, minimum: int) -> int:
    """A number of the map; it may be a variable in the workflow. Raises `InvalidInput`."""
    text = str(value) if isinstance(value, int) else _rendered(value, variables, field)
    if not re.fullmatch(r"\d+", text.strip()) or int(text) < minimum:
        shown = f"{value!r}" if isinstance(value, int) or text == value else f"{value!r}, that is {text!r}"
        message = f"{field} is {shown}: it must be a whole number, {minimum} or more"
        raise InvalidInput([Diagnostic(message, source=field, code="wrong-number")])
    return int(text)


def resolve_seconds(value: float | str, variables: Mapping[str, JsonValue], *, field: str) -> float:
    """A duration of the map in seconds; it may be a variable in the workflow. Raises `InvalidInput`."""
    if not isinstance(value, str):
        return value
    text = _rendered(value, variables, field).strip()
    seconds = parse_duration(text)
    if seconds is None:
        message = f"{field} is {text!r}: write seconds, or a duration such as 30s or 5m"
        raise InvalidInput([Diagnostic(message, source=field, code="wrong-duration")])
    return seconds


def _rendered(text: str, variables: Mapping[str, JsonValue], field: str) -> str:
    try:
        rendered = render_text(text, variables)
    except ExpressionError as error:
        raise InvalidInput([Diagnostic(f"{field}: {error.message}", source=field, hint=error.hint)]) from error
    if rendered == text and "$" in text:
        hint = "set it under env, in a profile, or in the process environment"
        raise InvalidInput([Diagnostic(f"{field}: the variable {text!r} is not defined", source=field, hint=hint)])
    return rendered


def agent_timeout(phase: MapPhase, variables: Mapping[str, JsonValue]) -> float | None:
    """The time limit of one agent in seconds; None when it has no limit. Raises `InvalidInput`."""
    if phase.timeout_config.timeout_policy == "per_command":
        return None
    return _agent_seconds(phase, variables)


def command_timeouts(phase: MapPhase, variables: Mapping[str, JsonValue]) -> dict[str, float]:
    """The limits of an agent's commands in seconds, by kind (`shell`) or by kind and position (`shell_0`).

    With `per_command` the agent's limit applies to each command without a limit of its own; with `per_agent` commands
    have no limits. Raises `InvalidInput`.
    """
    config = phase.timeout_config
    if config.timeout_policy == "per_agent":
        return {}
    if config.timeout_policy == "hybrid":
        return config.command_timeouts
    each = _agent_seconds(phase, variables)
    general = {} if each is None else dict.fromkeys(LIMITED_KINDS, each)
    return {**general, **config.command_timeouts}


def _agent_seconds(phase: MapPhase, variables: Mapping[str, JsonValue]) -> float | None:
    value, field = phase.agent_timeout_secs, "map.agent_timeout_secs"
    if value is None:
        value, field = phase.timeout_config.agent_timeout_secs, "map.timeout_config.agent_timeout_secs"
    return None if value is None else resolve_seconds(value, variables, field=field)
