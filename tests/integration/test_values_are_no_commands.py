"""A value where a list, a handler, a name or a path belongs is that, or an error in its place; never a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from prodigy_action.errors import Diagnostic, InvalidInput
from tests.support.blackbox import Ended, prodigy, run
from tests.support.git import make_repository
from tests.support.shell_parsing import load_workflow

TOUCH = "touch pwned"
CODE = "a[$(touch pwned >&2)0]"
LOOP = [{"shell": 'echo "${item}" >> out'}]


def execute(tmp_path: Path, document: dict[str, Any], *options: str, **environ: str) -> Ended:
    repository = make_repository(tmp_path / "repository", {"seed": "1\n", "names.txt": "n1\nn2\n"})
    ended = run(repository, yaml.safe_dump({"name": "values", **document}, sort_keys=False), *options, **environ)
    assert not (repository / "pwned").exists()
    return ended


def execute_each(tmp_path: Path, cases: list[tuple[Any, Any]], **top: Any) -> Ended:
    """One run in which each item executes the steps of its own case."""
    items = [{"case": index, "value": value} for index, (value, _) in enumerate(cases)]
    template = [
        {**step, "when": f"${{item.case}} == {index}"}
        for index, (_, steps) in enumerate(cases)
        for step in (steps if isinstance(steps, list) else [steps])
    ]
    return execute(tmp_path, {**top, "map": {"input": items, "agent_template": template, "commit": "auto"}})


def messages(ended: Ended) -> list[str]:
    return [(item["error"] or {}).get("message", "") for item in ended.results["items"]]


def checked(document: dict[str, Any]) -> list[Diagnostic]:
    """The errors of a workflow; none when it is valid."""
    try:
        load_workflow(yaml.safe_dump({"name": "checked", **document}, sort_keys=False).encode(), "workflow.yml")
    except InvalidInput as refused:
        return list(refused.diagnostics)
    return []


def agent(*steps: Any, **top: Any) -> dict[str, Any]:
    return {**top, "map": {"input": ["a"], "agent_template": list(steps)}}


def place(document: dict[str, Any], text: str) -> tuple[int, int]:
    """The line and column where a text stands in the written document."""
    lines = yaml.safe_dump({"name": "checked", **document}, sort_keys=False).splitlines()
    (line,) = [number for number, line in enumerate(lines) if text in line]
    return line + 1, lines[line].index(text) + 1


def test_a_value_that_is_no_list_fails_the_loop_of_its_item_and_names_itself(tmp_path: Path) -> None:
    short = {"foreach": "${item.value}", "do": LOOP}
    long = {"foreach": {"input": " $found ", "do": LOOP}}
    capture = {"shell": f"printf '{TOUCH}'", "capture": "found"}
    values = [TOUCH, 5, True, {"a": 1}, "[touch"]
    ended = execute_each(tmp_path, [*((value, short) for value in values), (None, [capture, long]), (["x"], short)])
    said = ["the text 'touch pwned'", "the number 5", "true", "a map", "the text '[touch'"]
    assert [text.partition(" (")[0] for text in messages(ended)] == [
        *(f"foreach step {n + 1}: the value of '${{item.value}}' is no list: it is {it}" for n, it in enumerate(said)),
        "foreach step 7: the value of '$found' is no list: it is the text 'touch pwned'",
        "",
    ]


def test_a_list_in_a_value_is_what_a_loop_goes_over(tmp_path: Path) -> None:
    capture = {"shell": "printf 'c\\n'", "capture": "found", "capture_format": "lines"}
    cases: list[tuple[Any, Any]] = [
        (["a"], {"foreach": "${item.value}", "do": LOOP}),
        ('["b"]', {"foreach": "${item.value}", "do": LOOP}),
        (None, [capture, {"foreach": "$found", "do": LOOP}]),
        (None, {"foreach": "${item.none:-[]}", "do": LOOP}),
        ("$(touch pwned)", {"foreach": 'printf "%s\\n" "${item.value}" d', "do": LOOP}),
    ]
    ended = execute_each(tmp_path, cases, merge=[{"shell": "true"}])
    assert messages(ended)[3] == ""
    logs = [set(item.get("files_changed", ())) for item in ended.results["items"]]
    assert [bool(names) for names in logs] == [True, True, True, False, True]


@pytest.mark.parametrize("text", ("${q}", "$found", "${env.TITLE}", "${FROM_TITLE}", "${PRINTED}", "$TITLE"))
def test_a_value_as_the_whole_input_is_no_command(tmp_path: Path, text: str) -> None:
    document = {
        "parameters": {"q": {}},
        "env": {"FROM_TITLE": "${TITLE}", "PRINTED": {"command": f"echo '{TOUCH}'"}},
        "setup": [{"shell": f"printf '{TOUCH}'", "capture": "found"}],
        "map": {"input": text, "agent_template": [{"shell": "true"}]},
    }
    ended = execute(tmp_path, document, "--param", f"q={TOUCH}", TITLE=TOUCH)
    assert ended.exit_code != 0
    assert "is no list: it is the text 'touch pwned', and names no file" in ended.results["message"]


def test_a_value_as_the_whole_input_may_be_a_list_or_a_file(tmp_path: Path) -> None:
    setup = [{"shell": "printf 'a\\nb\\n'", "capture": "found", "capture_format": "lines"}]
    template = {"agent_template": [{"shell": "true"}]}
    ended = execute(tmp_path / "list", {"setup": setup, "map": {"input": "${found}", **template}})
    assert [item["item"] for item in ended.results["items"]] == ["a", "b"]
    ended = execute(tmp_path / "file", {"map": {"input": "${q}", **template}}, "--param", "q=names.txt")
    assert [item["item"] for item in ended.results["items"]] == [{"item": "n1"}, {"item": "n2"}]


def test_the_author_s_command_in_a_variable_is_a_command_with_its_values_quoted(tmp_path: Path) -> None:
    document = {
        "env": {"LIST": 'printf "%s\\n" "${TITLE}" b', "TRUE": "true"},
        "map": {"input": "${LIST}", "agent_template": [{"shell": "${TRUE}"}]},
    }
    ended = execute(tmp_path, document, TITLE=TOUCH)
    assert [item["item"] for item in ended.results["items"]] == [{"item": TOUCH}, {"item": "b"}]


@pytest.mark.parametrize(
    "step",
    (
        {"shell": "false", "on_failure": "${item.cmd}"},
        {"shell": "false", "on_failure": {"shell": '"${item.cmd}"'}},
        {"shell": "true", "on_success": [{"shell": "${item.cmd} || true"}]},
        {"shell": "true", "step_validate": ["${item.cmd}"]},
        {"shell": "${item.cmd}"},
        {"shell": "false", "on_exit_code": {"1": "$CMD"}},
        {"shell": "false", "retry": {"attempts": 2}, "on_failure": ["${item.cmd}"]},
        {"foreach": ["a"], "do": [{"shell": "${item}"}]},
        {"shell": "$N", "env": {"N": "${item.n}"}},
    ),
)
def test_a_value_that_is_the_whole_command_is_refused_in_place(step: dict[str, Any]) -> None:
    document = agent({"shell": "printf", "capture": "CMD"}, step)
    (found,) = checked(document)
    assert "would be the whole command: a value never is one" in found.message
    value = found.message.split("'")[1]
    assert found.position is not None
    line, column = place(document, value if value in str(document) else "$N")
    assert (found.position.line, found.position.column) == (line, column)


def test_a_handler_that_is_a_value_ends_with_exit_code_2(tmp_path: Path) -> None:
    ended = execute(tmp_path, agent({"shell": "false", "on_failure": "${item.cmd}"}))
    assert ended.exit_code == 2
    assert "workflow.yml:7:17: error: the value of '${item.cmd}' would be the whole command" in ended.stderr


SPECIAL: tuple[str, ...] = (
    "RANDOM",
    "SECONDS",
    "BASH_ENV",
    "PATH",
    "IFS",
    "ENV",
    "LD_PRELOAD",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
)
SPECIAL += ("PROMPT_COMMAND", "GIT_SSH_COMMAND", "EDITOR", "PWD", "OLDPWD", "REPLY", "GIT_DIR", "MAKEFLAGS", "SHELL")


@pytest.mark.parametrize("name", (*SPECIAL, "HOME"))
def test_no_capture_and_no_parameter_has_the_name_of_a_special_variable(name: str) -> None:
    document = {
        "parameters": {name: {"default": "x"}},
        "setup": {"commands": [{"shell": "true"}], "capture_outputs": {name: 0}},
        **agent({"shell": "true", "capture": name}, {"shell": "true", "capture_output": f"{name}.inner"}),
    }
    found = checked(document)
    assert [each.code for each in found] == ["special-variable"] * 4
    assert all(each.position is not None and repr(name) in each.message for each in found)


@pytest.mark.parametrize("name", SPECIAL)
def test_no_value_stands_in_a_special_variable_of_a_step(name: str) -> None:
    document = agent({"shell": "true", "env": {name: "x${item.a}"}})
    (found,) = checked(document)
    assert (found.code, found.position is not None) == ("special-variable", True)
    assert found.position is not None
    assert (found.position.line, found.position.column) == place(document, "x${item.a}")
    assert checked(agent({"shell": "true", "env": {name: "literal"}})) == []


def test_home_of_a_step_may_have_a_value() -> None:
    assert checked(agent({"shell": "true", "env": {"HOME": "/tmp/home-${item}"}})) == []


def test_a_parameter_of_the_command_line_has_no_special_name(tmp_path: Path) -> None:
    ended = execute(tmp_path, agent({"shell": "true"}), "--param", "PATH=/evil")
    assert ended.exit_code == 2
    assert "no parameter can have the name 'PATH'" in ended.stderr


ARITHMETIC = (
    "echo $((N))",
    "echo $(($N + 1))",
    "((N > 1)) || :",
    "let x=N || :",
    "[[ N -eq 1 ]] || :",
    "[[ $N -gt 1 ]] || :",
    "test -v $N || :",
    "declare -i x=N",
    "a=(1); echo ${a[N]}",
    "x=abc; echo ${x:N}",
    "for ((i = 0; i < N; i++)); do break; done",
    "bash -c 'echo $((N))'",
    "m=$N; echo $((m))",
    "n=N; echo $((n))",
)


def test_a_value_of_a_step_s_variable_is_an_integer_in_arithmetic(tmp_path: Path) -> None:
    def step(text: str) -> dict[str, Any]:
        return {"shell": text, "interpreter": "bash", "env": {"N": "${item.value}"}}

    inner = [{"shell": "echo $((N))", "interpreter": "bash"}]
    nested = {"foreach": ["x"], "do": inner, "env": {"N": "${item.value}"}}
    chained = {"shell": "echo $((M))", "interpreter": "bash", "env": {"N": "${item.value}", "M": "${N}"}}
    own = {"shell": "echo $((N))", "interpreter": "bash", "env": {"N": "${SIZE}"}}
    steps = [*map(step, ARITHMETIC), nested, chained]
    cases = [*((CODE, each) for each in steps), *((1, each) for each in steps), (CODE, own)]
    ended = execute_each(tmp_path, cases, env={"SIZE": "2*3"})
    assert [text for text in messages(ended)[: len(steps)] if "stands in arithmetic" not in text] == []
    assert messages(ended)[len(steps) :] == [""] * (len(steps) + 1)


@pytest.mark.parametrize("text", ('eval "$N"', "unset $N", "printf -v $N x", "declare $N", 'sh -c "$N"'))
def test_a_step_s_variable_that_a_shell_reads_as_code_or_name_is_refused_in_place(text: str) -> None:
    document = agent({"shell": text, "interpreter": "bash", "env": {"N": "${item.n}"}})
    (found,) = checked(document)
    assert "the value of '$N'" in found.message
    assert found.position is not None
    assert (found.position.line, found.position.column) == place(document, "$N")


def test_validate_says_the_same_as_run(tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(yaml.safe_dump({"name": "v", **agent({"shell": "true", "env": {"PATH": "${item}/bin"}})}))
    ended = prodigy(tmp_path, "validate", str(path))
    assert ended.exit_code == 2
    assert "no value may stand in the variable 'PATH'" in ended.stdout + ended.stderr
