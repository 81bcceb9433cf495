"""Values that a user's workflow puts into commands, files and prompts: always data, on every way into a process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository

HOSTILE = "x\"; touch pwned; ' $(touch pwned) `touch pwned` ; touch pwned #\n-n * ${HOME}\\"
CODE = "a[$(touch pwned >&2)0]"


def run_steps(
    tmp_path: Path, *steps: Any, items: list[Any] | None = None, options: tuple[str, ...] = (), **top: Any
) -> Ended:
    """Run agent steps over items; what they leave is committed."""
    agents = {"input": [HOSTILE] if items is None else items, "agent_template": list(steps), "commit": "auto"}
    document = {"name": "values", **top, "map": {**agents, **top.get("map", {})}}
    repository = make_repository(tmp_path / "repository", {"seed": "1\n"})
    return run(repository, yaml.safe_dump(document, sort_keys=False), *options)


def landed(ended: Ended) -> dict[str, str]:
    assert ended.exit_code == 0, ended.stdout
    tree = ended.tree()
    assert "pwned" not in tree
    return tree


def problem(ended: Ended) -> str:
    (item,) = ended.results["items"]
    assert not (ended.repository / "pwned").exists()
    message: str = item["error"]["message"]
    return message


def validate(tmp_path: Path, document: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    path = tmp_path / "workflow.yml"
    path.write_text(yaml.safe_dump({"name": "checked", **document}, sort_keys=False))
    ended = prodigy(tmp_path, "validate", "--format", "json", str(path))
    return ended.exit_code, json.loads(ended.stdout)["problems"]


@pytest.mark.parametrize("interpreter", ("sh", "bash"))
def test_a_hostile_value_reaches_commands_as_it_is(tmp_path: Path, interpreter: str) -> None:
    script = "printf '%s|' \"${item}\" > out; printf '%s|' '${item}' >> out; cat <<'EOF' >> out\n${item}|\nEOF\n"
    ended = run_steps(tmp_path, {"shell": script}, defaults={"interpreter": interpreter})
    assert landed(ended)["out"] == f"{HOSTILE}|" * 3


def test_a_hostile_value_is_data_in_a_file_and_in_a_prompt(tmp_path: Path) -> None:
    write = {"write_file": {"path": "written", "content": "${item}"}}
    agent = tmp_path / "agent"
    agent.write_text('#!/bin/sh\nprintf "%s\\n" "$#" "$1" > arguments\n')
    agent.chmod(0o755)
    repository = make_repository(tmp_path / "repository", {})
    steps = [write, {"claude": "/fix ${item}"}]
    document = {"name": "values", "map": {"input": [HOSTILE], "agent_template": steps, "commit": "auto"}}
    ended = run(repository, yaml.safe_dump(document), "--agent-command", str(agent))
    tree = landed(ended)
    assert tree["written"] == HOSTILE
    assert tree["arguments"] == f"1\n/fix {HOSTILE}"


def test_a_prompt_that_a_value_turns_into_an_option_is_refused(tmp_path: Path) -> None:
    ended = run_steps(
        tmp_path, {"claude": "${item}"}, items=["--mcp-config=evil.json"], options=("--agent-command", "true")
    )
    assert (ended.exit_code, ended.states) == (1, ["failed"])
    assert "begins with a value that makes it the option" in problem(ended)


def test_a_captured_value_in_arithmetic_runs_nothing(tmp_path: Path) -> None:
    steps = [{"shell": f"printf '{CODE}'", "capture": "N"}, {"shell": "echo $(($N + 1)) > out", "interpreter": "bash"}]
    ended = run_steps(tmp_path, *steps, items=["a"])
    assert ended.states == ["failed"]
    assert problem(ended).startswith("echo $(($N + 1)) > out: the value of '$N' stands in arithmetic")


def test_a_captured_number_may_stand_in_arithmetic(tmp_path: Path) -> None:
    steps = [{"shell": "printf 41", "capture": "N"}, {"shell": "echo $(($N + 1)) > out", "interpreter": "bash"}]
    assert landed(run_steps(tmp_path, *steps, items=["a"]))["out"] == "42"


def test_a_captured_value_is_set_for_expansions_that_only_the_shell_knows(tmp_path: Path) -> None:
    steps = [{"shell": "printf a.txt", "capture": "FILE"}, {"shell": 'echo "${FILE%.txt} ${#FILE}" > out'}]
    assert landed(run_steps(tmp_path, *steps, items=["a"]))["out"] == "a 5"


def test_a_captured_value_that_a_shell_would_read_as_code_is_refused_before_anything_runs(tmp_path: Path) -> None:
    setup = [{"shell": "cat seed", "capture": "CMD"}, {"shell": 'eval "$CMD"'}]
    code, problems = validate(tmp_path, {"setup": setup})
    assert code == 2
    assert [(each["line"], each["message"]) for each in problems] == [
        (5, "the value of '$CMD' would be read as code by 'eval'")
    ]


def test_a_captured_value_in_the_input_command_is_data(tmp_path: Path) -> None:
    setup = [{"shell": "printf '\";touch pwned;\" $(touch pwned)'", "capture": "V"}]
    ended = run_steps(
        tmp_path,
        {"shell": 'printf "%s" "${item}" > out'},
        setup=setup,
        map={"input": 'printf "%s\\n" "${V}$V"; ls'},
        items=[],
    )
    assert [item["item"] for item in ended.results["items"]] == [
        {"item": '";touch pwned;" $(touch pwned)' * 2},
        {"item": "seed"},
    ]


def test_an_input_that_is_a_variable_of_the_workflow_is_its_value(tmp_path: Path) -> None:
    ended = run_steps(
        tmp_path, {"shell": "true"}, env={"LIST": "printf 'a\\nb\\n' | tac"}, map={"input": "${LIST}"}, items=[]
    )
    assert [item["item"] for item in ended.results["items"]] == [{"item": "b"}, {"item": "a"}]


def test_a_parameter_in_the_input_command_is_data(tmp_path: Path) -> None:
    document = {
        "name": "values",
        "parameters": {"q": {}},
        "map": {"input": "echo ${q}; ls", "agent_template": [{"shell": "true"}]},
    }
    repository = make_repository(tmp_path / "repository", {"seed": ""})
    ended = run(repository, yaml.safe_dump(document), "--param", "q=$(touch pwned); touch pwned")
    assert [item["item"]["item"] for item in ended.results["items"]] == ["$(touch pwned); touch pwned", "seed"]


def test_a_value_that_the_input_command_would_run_is_refused(tmp_path: Path) -> None:
    setup = [{"shell": "echo ls", "capture": "CMD"}]
    ended = run_steps(tmp_path, {"shell": "true"}, setup=setup, map={"input": 'sh -c "${CMD}"'}, items=[])
    assert ended.exit_code != 0
    assert "would be read as code by 'sh'" in ended.results["message"]


def test_the_caller_s_environment_is_data_in_a_command_that_computes_a_variable(tmp_path: Path) -> None:
    document = {
        "name": "values",
        "env": {"T": {"command": 'printf "%s" "${TITLE}"'}},
        "map": {"input": ["a"], "agent_template": [{"shell": 'printf "%s" "${T}" > out'}], "commit": "auto"},
    }
    repository = make_repository(tmp_path / "repository", {})
    ended = run(repository, yaml.safe_dump(document), TITLE='";touch pwned;" $(touch pwned)')
    assert landed(ended)["out"] == '";touch pwned;" $(touch pwned)'


def test_the_environment_of_a_step_wins_over_that_of_the_workflow(tmp_path: Path) -> None:
    step = {"shell": 'echo "$A ${A} $(printenv A)" > out', "env": {"A": "step"}}
    assert landed(run_steps(tmp_path, step, items=["a"], env={"A": "workflow"}))["out"] == "step step step"


def test_raw_interpolation_pastes_a_value_as_code(tmp_path: Path) -> None:
    step = {"shell": "echo ${item}", "interpolation": "raw"}
    assert landed(run_steps(tmp_path, step, items=["a > out"]))["out"] == "a"


def test_validate_reports_raw_interpolation_and_values_that_other_programs_read(tmp_path: Path) -> None:
    agent_template = [
        {"shell": "echo ${item}", "interpolation": "raw"},
        {"shell": 'ssh host "ls ${item.dir}"'},
        {"shell": "ls | xargs -I{} echo '${item}'"},
        {"shell": "awk '/${item}/' seed"},
        {"shell": "find . -exec grep '${item}' {} +"},
        {"shell": "${item.tool} --version"},
        {"shell": "cat ${item.path}"},
        {"foreach": {"items": "ls ${item.dir}", "do": [{"shell": 'echo "${item}"'}]}},
    ]
    code, problems = validate(tmp_path, {"map": {"input": ["a"], "agent_template": agent_template}})
    assert code == 0
    assert {each["severity"] for each in problems} == {"warning"}
    assert [each["code"] for each in problems] == [
        "raw-interpolation",
        "nested-interpreter",
        "nested-interpreter",
        "value-as-command",
        "unquoted-value",
        "unquoted-value",
        "unquoted-value",
    ]
    assert "'ssh'" in problems[1]["message"]
    assert problems[5]["hint"] == 'quote it: "${item.path}"'
    assert all(each["line"] and each["column"] for each in problems)


def test_validate_names_steps_that_could_run_beside_others(tmp_path: Path) -> None:
    setup = [{"shell": "frob a"}, {"shell": "frob b"}, {"shell": "git gc"}, {"shell": "frob c", "parallel": False}]
    code, problems = validate(tmp_path, {"setup": setup})
    assert code == 0
    assert [(each["code"], each["line"]) for each in problems] == [
        ("undeclared-footprint", 3),
        ("undeclared-footprint", 4),
        ("undeclared-footprint", 5),
    ]


def test_validate_is_silent_about_steps_that_say_what_they_touch(tmp_path: Path) -> None:
    setup = [{"shell": "frob a", "reads": [], "writes": ["a"]}, {"shell": "frob b", "reads": [], "writes": ["b"]}]
    assert validate(tmp_path, {"setup": setup}) == (0, [])


def test_validate_knows_the_shell_that_the_workflow_chose(tmp_path: Path) -> None:
    document = {"map": {"input": ["a"], "agent_template": [{"shell": '[[ "${item}" == a ]] && echo yes'}]}}
    assert validate(tmp_path, document)[0] == 2
    assert validate(tmp_path, {"defaults": {"interpreter": "bash"}, **document}) == (0, [])
