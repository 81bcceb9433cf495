"""The map's input, resolved: the file or the command that its text stands for."""

from __future__ import annotations

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Step
from prodigy_action.pure.items.map_input import MapInput, resolve_input
from prodigy_action.pure.steps.run_variables import RunVariables
from tests.support.shell_parsing import PARSER

VARIABLES = RunVariables(
    visible={"PATH": "/bin"}, own={"LIST": "items.json", "COMMAND": "cat items.json"}, parameters={"dir": "a b"}
)


def script_of(wanted: MapInput) -> str:
    return wanted.script(PARSER.parse_now(wanted.shell_texts))


def resolved(text: str, **captured: JsonValue) -> MapInput:
    phase = MapPhase(input=text, agent_template=(Step(shell="true"),))
    return resolve_input(phase, VARIABLES, captured)


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("$LIST", "items.json"),
        ("${env.LIST}", "items.json"),
        ("${dir}/x.json", "a b/x.json"),
        ("${made}", "made.json"),
    ),
)
def test_the_text_has_the_values_of_its_variables(text: str, expected: str) -> None:
    assert resolved(text, made="made.json").text == expected


def test_a_variable_of_the_workflow_is_a_command_and_a_parameter_is_a_value() -> None:
    assert script_of(resolved("$COMMAND")) == "cat items.json"
    assert "a b" in script_of(resolved("ls ${dir}"))
    assert script_of(resolved("$dir")).endswith("$dir")


def test_a_captured_value_is_no_command_even_under_the_name_of_a_variable() -> None:
    assert script_of(resolved("$COMMAND", COMMAND="touch pwned")).endswith("$COMMAND")


def test_a_value_that_a_shell_would_read_as_code_is_refused() -> None:
    with pytest.raises(ExpressionError):
        script_of(resolved("eval ${dir}"))
