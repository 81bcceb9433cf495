"""Parameters, profiles and numbers from variables."""

from __future__ import annotations

import pytest

from prodigy_action.errors import InvalidInput
from prodigy_action.model.workflow import MapPhase, Parameter, Phase, Step, TimeoutConfig, Workflow
from prodigy_action.pure.steps.workflow_variables import (
    agent_timeout,
    resolve_number,
    resolve_parameters,
    resolve_seconds,
    select_profile,
)

WORKFLOW = Workflow(
    name="w",
    parameters={
        "count": Parameter(type="integer", default="3"),
        "strict": Parameter(type="boolean"),
        "where": Parameter(required=True, description="a directory"),
    },
    profiles={"production": {"URL": "https://x"}},
)


def test_parameters_take_their_types_and_defaults() -> None:
    assert resolve_parameters(WORKFLOW, {"where": "src", "strict": "true"}) == {
        "count": 3,
        "strict": True,
        "where": "src",
    }


def test_parameters_that_are_used_without_a_declaration_are_text() -> None:
    using = WORKFLOW.model_copy(update={"setup": Phase(steps=(Step(shell="echo ${extra}"), Step(when="more == 1")))})
    assert resolve_parameters(using, {"where": ".", "extra": "1", "more": "1"}) == {
        "count": 3, "extra": "1", "more": "1", "where": ".",
    }  # fmt: skip


def test_a_parameter_that_nothing_uses_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_parameters(WORKFLOW, {"where": ".", "cuont": "1", "colour": "red"})
    assert [(d.message, d.hint) for d in caught.value.diagnostics] == [
        ("the workflow has no parameter 'cuont'", "did you mean `count`?"),
        (
            "the workflow has no parameter 'colour'",
            "it declares URL, count, strict, where; declare it under `parameters`, or use ${colour}",
        ),
    ]


def test_every_wrong_and_every_missing_parameter_is_reported() -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_parameters(WORKFLOW, {"count": "many", "strict": "1"})
    assert [d.message for d in caught.value.diagnostics] == [
        "the parameter 'count' is 'many', which is no integer",
        "the parameter 'strict' is '1', which is no boolean",
        "the parameter 'where' is required (a directory)",
    ]


def test_a_profile_is_found_by_name_and_a_slip_gets_a_suggestion() -> None:
    assert select_profile(WORKFLOW, "production") == {"URL": "https://x"}
    assert select_profile(WORKFLOW, None) == {}
    with pytest.raises(InvalidInput) as caught:
        select_profile(WORKFLOW, "prodction")
    assert caught.value.diagnostics[0].hint == "did you mean `production`?"


@pytest.mark.parametrize("text", ("$WORKERS", "${WORKERS}", 7))
def test_a_number_may_come_from_a_variable(text: str | int) -> None:
    assert resolve_number(text, {"WORKERS": "7"}, field="map.max_parallel", minimum=1) == 7


@pytest.mark.parametrize(
    ("text", "message"), (("$WORKERS", "is not defined"), ("${W}", "must be a whole number"), (0, "1 or more"))
)
def test_a_text_that_is_not_a_number_is_refused(text: str | int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        resolve_number(text, {"W": "many"}, field="map.max_parallel", minimum=1)


@pytest.mark.parametrize(("text", "seconds"), (("90", 90.0), ("5m", 300.0), ("500ms", 0.5), (2.5, 2.5), ("$T", 30.0)))
def test_durations_are_seconds(text: str | float, seconds: float) -> None:
    assert resolve_seconds(text, {"T": "30s"}, field="f") == seconds


def test_the_agents_limit_is_ignored_under_a_per_command_policy() -> None:
    steps = (Step(shell="true"),)
    limited = MapPhase(input="x", agent_template=steps, timeout_config=TimeoutConfig(agent_timeout_secs=5))
    assert agent_timeout(limited, {}) == 5
    policy = TimeoutConfig(agent_timeout_secs=5, timeout_policy="per_command")
    assert agent_timeout(MapPhase(input="x", agent_template=steps, timeout_config=policy), {}) is None
