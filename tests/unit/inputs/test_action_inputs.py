"""Settings out of options and the action's inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_action.errors import InvalidInput
from prodigy_action.inputs.action_inputs import Given, input_variable, read_settings
from prodigy_action.model.settings import INPUTS, Settings

WORKFLOW = {"INPUT_WORKFLOW": "w.yml"}


def settings_of(options: dict[str, Given] | None = None, /, **inputs: str) -> Settings:
    environ = {input_variable(name.replace("_", "-")): value for name, value in inputs.items()}
    return read_settings(options or {}, WORKFLOW | environ)


def problems_of(options: dict[str, Given], environ: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        read_settings(options, environ)
    return [(problem.source, problem.message) for problem in refused.value.diagnostics]


def test_defaults_are_those_of_the_table() -> None:
    settings, of_the_table = settings_of(), Settings(workflow="w.yml")

    for field in INPUTS:
        if field.name not in {"workflow", "log-format", "log-level"}:
            assert getattr(settings, field.attribute) == getattr(of_the_table, field.attribute)


def test_an_input_is_found_by_the_name_that_the_runner_gives_it() -> None:
    settings = read_settings({}, WORKFLOW | {"INPUT_MAX-PARALLEL": "4"})

    assert settings.max_parallel == 4


def test_an_option_wins_over_an_input() -> None:
    assert settings_of({"max-parallel": "3"}, max_parallel="4").max_parallel == 3


def test_an_option_that_was_not_given_leaves_the_input() -> None:
    assert settings_of({"max-parallel": None, "only": []}, max_parallel="4", only="a\nb").only == ("a", "b")


def test_an_empty_input_is_unset() -> None:
    assert settings_of(results_dir="", max_parallel="  ").results_dir == "prodigy-results"


def test_an_empty_option_gives_the_default() -> None:
    assert settings_of({"profile": ""}, profile="staging").profile is None


def test_unknown_inputs_are_ignored() -> None:
    assert settings_of(max_paralel="x") == settings_of()


@pytest.mark.parametrize(
    ("written", "expected"),
    (("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False)),
)
def test_booleans_are_spelled_as_the_toolkit_wants(written: str, expected: bool) -> None:
    assert settings_of(job_summary=written).job_summary is expected


@pytest.mark.parametrize("written", ("yes", "on", "1", "tRUE", "t"))
def test_no_other_word_is_a_boolean(written: str) -> None:
    assert problems_of({}, WORKFLOW | {"INPUT_DRY-RUN": written}) == [
        ("input dry-run", f"{written!r} is no boolean"),
    ]


def test_a_list_is_split_at_line_feeds_trimmed_and_freed_of_blanks() -> None:
    assert settings_of(only=" item-1 \r\n\n  item-2*\n").only == ("item-1", "item-2*")


def test_values_of_a_repeated_option_are_kept_as_they_are() -> None:
    assert settings_of({"params": ["a=1\n2", "b= x"]}).params == {"a": "1\n2", "b": " x"}


def test_a_parameter_may_hold_equals_signs() -> None:
    assert settings_of(params="query=a=b\nempty=").params == {"query": "a=b", "empty": ""}


@pytest.mark.parametrize(
    ("name", "written", "message"),
    (
        ("max-parallel", "0", "'0' is no whole number from 1"),
        ("max-parallel", "-1", "'-1' is no whole number from 1"),
        ("max-parallel", "1.5", "'1.5' is no whole number from 1"),
        ("max-parallel", "٣", "'٣' is no whole number from 1"),
        ("max-log-bytes", "10MB", "'10MB' is no whole number from 1"),
        ("timeout-minutes", "0", "'0' is no number of minutes above 0"),
        ("timeout-minutes", "nan", "'nan' is no number of minutes above 0"),
        ("params", "novalue", "'novalue' is no key=value"),
        ("params", "=x", "'=x' is no key=value"),
        ("env-allow", "A=b", "'A=b' is no name of a variable"),
        ("agent-command", "claude 'x", '"claude \'x" cannot be split into words: no closing quotation'),
        ("agent-command", "#x \\", "'#x \\\\' cannot be split into words: no escaped character"),
        ("fail-on", "all", "'all' is none of threshold, any, never"),
    ),
)
def test_a_wrong_value_is_reported_with_its_source(name: str, written: str, message: str) -> None:
    assert problems_of({}, WORKFLOW | {input_variable(name): written}) == [(f"input {name}", message)]
    assert problems_of({name: written}, WORKFLOW)[0][0].startswith("option --")


def test_every_problem_is_reported_at_once() -> None:
    environ = {"INPUT_MAX-PARALLEL": "none", "INPUT_DRY-RUN": "yes", "INPUT_COMMITS": "deterministc"}

    assert [source for source, _ in problems_of({"params": ["x"]}, environ)] == [
        "input max-parallel",
        "option --param",
        "input dry-run",
        "input commits",
    ]


def test_a_misspelt_word_gets_a_suggestion() -> None:
    with pytest.raises(InvalidInput) as refused:
        settings_of(commits="deterministc")

    assert refused.value.diagnostics[0].hint == "did you mean `deterministic`?"


@pytest.mark.parametrize(
    ("environ", "expected"),
    (
        ({}, "console"),
        ({"GITHUB_ACTIONS": "true"}, "json"),
        ({"GITHUB_ACTIONS": "true", "INPUT_LOG-FORMAT": "console"}, "console"),
    ),
)
def test_logs_are_json_in_actions_and_for_people_elsewhere(environ: dict[str, str], expected: str) -> None:
    assert read_settings({}, WORKFLOW | environ).log_format == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    (
        ({}, "info"),
        ({"RUNNER_DEBUG": "1"}, "debug"),
        ({"RUNNER_DEBUG": "1", "INPUT_LOG-LEVEL": "warning"}, "warning"),
    ),
)
def test_debug_logging_of_the_job_raises_the_level(environ: dict[str, str], expected: str) -> None:
    assert read_settings({}, WORKFLOW | environ).log_level == expected


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in INPUTS]),
        st.none() | st.booleans() | st.text(max_size=20) | st.lists(st.text(max_size=9), max_size=3),
        max_size=6,
    ),
    st.dictionaries(st.sampled_from([input_variable(field.name) for field in INPUTS]), st.text(max_size=20)),
)
def test_whatever_is_given_becomes_settings_or_diagnostics(options: dict[str, Any], environ: dict[str, str]) -> None:
    try:
        settings = read_settings(options, environ)
    except InvalidInput as refused:
        reported = bool(refused.diagnostics)
    else:
        reported = isinstance(settings.workflow, str)
    assert reported


@pytest.mark.parametrize(("written", "meant"), (("auto", None), ("1", 1), ("256", 256)))
def test_shards_are_a_number_or_auto(written: str, meant: int | None) -> None:
    assert settings_of(shards=written).shards == meant


@pytest.mark.parametrize("written", ("0", "257", "Auto", "-1", "1.5", "9" * 30))
def test_other_numbers_of_shards_are_refused(written: str) -> None:
    ((source, message),) = problems_of({"shards": written}, WORKFLOW)

    assert (source, message) == (
        "option --shards",
        f"{written!r} is neither auto nor a whole number from 1 to 256",
    )
