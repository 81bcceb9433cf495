"""The map's input, resolved: the file or the command that its text stands for."""

from __future__ import annotations

import pytest

from prodigy_action.errors import ExpressionError
from prodigy_action.model.json_value import JsonValue
from prodigy_action.model.workflow import MapPhase, Step
from prodigy_action.pure.items.map_input import MapInput, resolve_input
from prodigy_action.pure.steps.run_variables import RunVariables
from tests.support.shell_parsing import PARSER

WRITTEN = {"LIST": "items.json", "COMMAND": "cat items.json", "OTHER": "$COMMAND", "LISTING": "ls ${dir}"}
VARIABLES = RunVariables(
    visible={"PATH": "/bin"},
    own={**WRITTEN, "OTHER": "cat items.json", "LISTING": "ls a b", "PRINTED": "touch pwned"},
    parameters={"dir": "a b", "names": ["x", "y"]},
    authored=WRITTEN,
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
    assert script_of(resolved("${env.OTHER}")) == "cat items.json"


def test_a_value_inside_a_command_of_the_workflow_is_quoted() -> None:
    assert script_of(resolved("$LISTING")).endswith("ls ${PRODIGY_V0_}")


@pytest.mark.parametrize("text", ("$dir", "${dir}", "$COMMAND", "${env.PRINTED}", "$PRINTED", " ${made.name} "))
def test_a_value_that_the_workflow_did_not_write_is_no_command(text: str) -> None:
    wanted = resolved(text, COMMAND="touch pwned", made={"name": "touch pwned"})
    with pytest.raises(ExpressionError, match=r"is no list: it is the text .* and names no file"):
        script_of(wanted)


@pytest.mark.parametrize("text", ("$names", "${names}", "${made}", "${json}"))
def test_a_list_in_a_value_is_the_items(text: str) -> None:
    assert resolved(text, made=["x", "y"], json='["x", "y"]').listed == ["x", "y"]


def test_a_value_that_a_shell_would_read_as_code_is_refused() -> None:
    with pytest.raises(ExpressionError):
        script_of(resolved("eval ${dir}"))
