"""Positional arguments of a run: `$ARG`, `$ARG_1`, and `$1` in scripts and in values of `env`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename, splitext

from prodigy_action.dataclass import dataclass
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import EnvValue, Phase, Step, SubWorkflow, Workflow
from prodigy_action.pure.steps.argument_names import OWN_NAMES
from prodigy_action.pure.steps.order_of_variables import in_order_of_use
from prodigy_action.pure.templates.interpolation import mentioned_roots
from prodigy_action.pure.text.cutting import cut

_POSITION = re.compile(r"(?<![\\$])\$(?:([1-9])|\{([1-9][0-9]{0,2})\})")
_BY_POSITION = re.compile(r"ARG(?:_[0-9]+)?")
_SHELL_SETS_ARG = re.compile(r"\bARG=|\b(?:for|read|read -r)\s+ARG\b")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; `file` is the path when `--map` found it."""

    text: str
    file: str | None = None


def argument_of_file(path: str) -> Argument:
    """The argument that a matching file stands for: its name without the ending, up to the first hyphen."""
    stem = splitext(basename(path))[0]
    return Argument(stem.partition("-")[0] or stem, path)


def with_arguments(workflow: Workflow, arguments: Sequence[Argument]) -> tuple[Workflow, dict[str, JsonValue]]:
    """The workflow for these arguments, and the variables that hold them.

    A standard workflow with several arguments does its steps once for each, in order. Raises `InvalidInput` for fields
    that have no meaning when steps are repeated.
    """
    if not arguments:
        return workflow, {}
    workflow = _with_named_positions(workflow)
    own = workflow.variables
    if workflow.map is not None:
        return workflow, {"ARG": arguments[0].text, **_by_position(arguments)}
    if len(arguments) == 1:
        (only,) = arguments
        found = {"ARG": only.text, "ARG_1": only.text, "INDEX": "1", "TOTAL": "1"}
        found |= {} if only.file is None else {"FILE": only.file}
        return workflow, {name: value for name, value in found.items() if name not in own or name == "ARG"}
    return _repeated(workflow, arguments, own)


def positional(variables: Mapping[str, JsonValue]) -> Iterator[str]:
    """The arguments of a script, `$1` and so on: the variables `ARG_1`, `ARG_2`, …"""
    number = 1
    while isinstance(text := variables.get(f"ARG_{number}"), str):
        yield text
        number += 1


def missing_argument(workflow: Workflow, known: frozenset[str]) -> str | None:
    """The first name of an argument that a text uses although nothing (`known`) defines it."""
    names = [name for name in (*OWN_NAMES, "ARG_1", "ARG_2") if name not in known]
    for text, of_shell in _texts(workflow):
        mentioned = mentioned_roots(text)
        for name in names:
            sets_it = of_shell and (not name.startswith("ARG") or _SHELL_SETS_ARG.search(text))
            if name in mentioned and not sets_it:
                return name
    return None


def uses_arguments(workflow: Workflow) -> bool:
    """Whether a text of the workflow can read an argument."""
    texts = [text for text, _ in _texts(workflow)]
    return any(_POSITION.search(text) or "$@" in text or "$*" in text for text in texts) or any(
        name in OWN_NAMES or _BY_POSITION.fullmatch(name) for text in texts for name in mentioned_roots(text)
    )


def _by_position(arguments: Sequence[Argument]) -> dict[str, JsonValue]:
    return {f"ARG_{number}": argument.text for number, argument in enumerate(arguments, 1)}


def _repeated(
    workflow: Workflow, arguments: Sequence[Argument], own: frozenset[str]
) -> tuple[Workflow, dict[str, JsonValue]]:
    _refuse_single(workflow)
    variables: dict[str, JsonValue] = {}
    steps: list[Step] = []
    environ = _depending_on_argument(workflow.env)
    for number, argument in enumerate(arguments, 1):
        kept = f"_ARGUMENT_{number}"
        variables[kept] = argument.text
        values = {"ARG": kept, "ARG_1": kept, "INDEX": str(number), "TOTAL": str(len(arguments))}
        if argument.file is not None:
            variables[f"_FILE_{number}"] = argument.file
            values["FILE"] = f"_FILE_{number}"
        sub = SubWorkflow(
            name=f"argument_{number}",
            steps=workflow.setup.steps,
            values={name: value for name, value in values.items() if name not in own or name == "ARG"},
            env=environ,
        )
        steps.append(Step(name=f"argument {number} ({cut(argument.text, _SHOWN)})", workflow=sub, parallel=False))
    setup = workflow.setup.model_copy(update={"steps": tuple(steps)})
    return workflow.model_copy(update={"setup": setup}), variables


def _refuse_single(workflow: Workflow) -> None:
    """Raise `InvalidInput` for what cannot be repeated for each argument."""
    found: list[str] = []
    if workflow.setup.capture_outputs:
        found.append("setup.capture_outputs")
    if any(step.keep_running for step in workflow.setup.steps):
        found.append("keep_running")
    for name, value in workflow.env.items():
        if value.value is None and any(_mentions(text) for text in _env_texts(value)):
            found.append(f"env.{name}")
    if found:
        hint = "give one argument, or use `foreach` or `map` in the workflow"
        message = f"several arguments repeat the steps, and {found[0]} has one value for the whole run"
        raise InvalidInput([Diagnostic(message, source="option --args", hint=hint, code="several-arguments")])


def _depending_on_argument(env: Mapping[str, EnvValue]) -> dict[str, str]:
    """The variables whose text uses an argument, or one of these variables."""
    found: dict[str, str] = {}
    for name in in_order_of_use(env):
        value = env[name]
        if value.value is not None and (_mentions(value.value) or mentioned_roots(value.value) & found.keys()):
            found[name] = value.value
    return found


def _mentions(text: str) -> bool:
    return any(name in OWN_NAMES or _BY_POSITION.fullmatch(name) for name in mentioned_roots(text))


def _env_texts(value: EnvValue) -> Iterator[str]:
    for text in (value.command, value.condition, value.when_true, value.when_false):
        if text is not None:
            yield text


def _with_named_positions(workflow: Workflow) -> Workflow:
    """The workflow with `$1` in values of `env` written as `${ARG_1}`; in scripts it is the script's own argument."""
    named = {name: _named_value(value) for name, value in workflow.env.items()}
    profiles = {key: {name: _named(text) for name, text in each.items()} for key, each in workflow.profiles.items()}
    update: dict[str, object] = {"env": named, "profiles": profiles}
    for phase in ("setup", "reduce", "merge"):
        each: Phase = getattr(workflow, phase)
        update[phase] = each.model_copy(update={"steps": tuple(map(_named_in_step, each.steps))})
    if workflow.map is not None:
        template = tuple(map(_named_in_step, workflow.map.agent_template))
        update["map"] = workflow.map.model_copy(update={"agent_template": template})
    return workflow.model_copy(update=update)


def _named_value(value: EnvValue) -> EnvValue:
    fields = ("value", "when_true", "when_false")
    texts = {field: text for field in fields if (text := getattr(value, field)) is not None}
    return value.model_copy(update={field: _named(text) for field, text in texts.items()})


def _named_in_step(step: Step) -> Step:
    return step.model_copy(update={"env": {name: _named(text) for name, text in step.env.items()}})


def _named(text: str) -> str:
    return _POSITION.sub(lambda match: f"${{ARG_{match[1] or match[2]}}}", text)


def _texts(workflow: Workflow) -> Iterator[tuple[str, bool]]:
    """Every text of the workflow, and whether a shell reads it."""
    yield from _within(workflow.model_dump(by_alias=True), "")


def _within(value: object, field: str) -> Iterator[tuple[str, bool]]:
    if isinstance(value, str):
        yield value, field in {"shell", "command"}
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _within(each, str(key))
    elif isinstance(value, Sequence):
        for each in value:
            yield from _within(each, field)
