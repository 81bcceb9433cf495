"""Workflows made of several files, through the command line: what they do, and where their problems are reported."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.composing import compose, problems, seen, step
from tests.support.git import make_repository


def test_a_file_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    base = f"env: {{A: base, B: $A-2}}\ncommands:\n{step('$A $B')}"
    assert seen(compose(tmp_path, {"base.yml": base, "main.yml": "extends: base.yml\nenv: {A: own}"})) == "own own-2"


def test_own_steps_replace_inherited_ones(tmp_path: Path) -> None:
    main = f"extends: base\nsteps:\n{step('own $A')}"
    files = {"bases/base.yml": f"env: {{A: base}}\ncommands:\n{step('inherited')}", "main.yml": main}
    assert seen(compose(tmp_path, files)) == "own base"


def test_an_extended_file_may_extend_another_one(tmp_path: Path) -> None:
    files = {
        "main.yml": "extends: middle/m.yml\nenv: {C: main}",
        "middle/m.yml": "extends: ../lowest.yml\nenv: {B: middle, C: middle}",
        "lowest.yml": f"env: {{A: lowest, B: lowest, C: lowest}}\nsteps:\n{step('$A $B $C')}",
    }
    assert seen(compose(tmp_path, files)) == "lowest middle main"


def test_imported_steps_follow_the_own_ones_in_the_order_of_imports(tmp_path: Path) -> None:
    files = {
        "main.yml": f"imports: [b.yml, {{path: a.yml}}]\ncommands:\n{step('own')}",
        "a.yml": f"steps:\n{step('a')}",
        "b.yml": step("b"),
    }
    assert seen(compose(tmp_path, files)) == "own\nb\na"


def test_an_imported_setup_runs_before_the_own_steps(tmp_path: Path) -> None:
    files = {"main.yml": f"imports: [a.yml]\ncommands:\n{step('own')}", "a.yml": f"setup:\n{step('first')}"}
    assert seen(compose(tmp_path, files)) == "first\nown"


def test_a_standard_file_imported_into_a_map_sets_up(tmp_path: Path) -> None:
    main = """
name: mapped
imports: [prepare.yml, agent.yml]
map:
  input: [{"n": 1}]
  agent_template:
    - shell: cat log > "own-${item.n}"
  commit: auto
"""
    agent = 'map:\n  input: [{"n": 7}]\n  agent_template:\n    - shell: cat log > "second-${item.n}"\n'
    ended = compose(tmp_path, {"main.yml": main, "prepare.yml": step("prepared"), "agent.yml": agent})
    assert seen(ended) == "prepared"
    assert {"own-1", "second-1"} <= ended.tree().keys()


def test_captures_of_an_imported_phase_follow_its_steps(tmp_path: Path) -> None:
    main = f"""
name: captured
imports: [more.yml]
setup:
  commands:
    - shell: echo one
  capture_outputs: {{first: 0}}
map: {{input: [1], agent_template: [{{shell: "true"}}]}}
reduce:
{step("${first} ${second} ${third}")}
"""
    more = """
setup:
  steps:
    - shell: echo two
    - shell: echo three
  capture_outputs: {second: {command_index: 0}, third: 1}
"""
    assert seen(compose(tmp_path, {"main.yml": main, "more.yml": more})) == "one two three"


@pytest.mark.parametrize(
    "template",
    (
        "template: greet",
        "template: {source: greet}",
        "template: {name: hello, source: {registry: greet}}",
        "template: {source: {file: templates/greet.yml}}",
        "template: {source: ./templates/greet.yml}",
    ),
)
def test_a_template_is_found_by_name_and_by_path(template: str, tmp_path: Path) -> None:
    files = {"main.yml": f"{template}\nmode: standard", "templates/greet.yml": step("hello")}
    assert seen(compose(tmp_path, files)) == "hello"


GREETING = f"""
parameters:
  required: [name]
  optional: [{{name: mark, type: string, default: "!"}}]
defaults: {{word: hello}}
commands:
{step("${word} ${name}${mark}")}
"""


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    (
        ("with: {name: ana}", (), "hello ana!"),
        ("with: {name: ana, word: bye, mark: '?'}", (), "bye ana?"),
        ("with: {name: ana}", ("--param", "name=ben"), "hello ben!"),
        ("with: {name: '${WHO}'}", (), "hello eve!"),
    ),
)
def test_values_of_with_are_those_of_parameters(
    values: str, options: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    main = f"template:\n  source: greet\n  {values}\n"
    files = {"main.yml": main, "templates/greet.yml": GREETING}
    assert seen(compose(tmp_path, files, "run", *options, WHO="eve")) == expected


def test_own_parameters_are_values_for_a_template(tmp_path: Path) -> None:
    main = "template: greet\nparameters: {name: ana, mark: '.'}"
    assert seen(compose(tmp_path, {"main.yml": main, "templates/greet.yml": GREETING})) == "hello ana."


def test_a_value_for_a_template_is_data(tmp_path: Path) -> None:
    name = "it's; touch pwned $(touch pwned)"
    main = json.dumps({"template": {"source": "t", "with": {"name": name}}})
    template = (
        'steps:\n- shell: printf %s "${name}" > log; git add -A; git commit -qm x\nparameters: {name: {required: true}}'
    )
    ended = compose(tmp_path, {"main.yml": main, "templates/t.yml": template})
    assert seen(ended) == name
    assert "pwned" not in ended.tree()


def test_fields_of_a_template_are_overridden(tmp_path: Path) -> None:
    main = """
template:
  source: t
  override:
    env: {A: new}
    commands.1: {shell: "echo $A $B >> log; git add log; git commit -qm second"}
"""
    template = f"env: {{A: old, B: old}}\ncommands:\n{step('first')}{step('never')}"
    ended = compose(tmp_path, {"main.yml": main, "templates/t.yml": template}, "run", B="outside")
    assert seen(ended) == "first\nnew outside"


def test_selective_takes_steps_and_parameters(tmp_path: Path) -> None:
    main = f"imports: [{{path: lib.yml, selective: ['0', last, who]}}]\nsteps:\n{step('own ${who}')}"
    lib = (
        "parameters: {who: {default: ana}, other: {required: true}}\nsteps:\n"
        + step("zero")
        + step("one")
        + "- {shell: 'echo two >> log; git add log; git commit -qm two', id: last}\n"
    )
    assert seen(compose(tmp_path, {"main.yml": main, "lib.yml": lib})) == "own ana\nzero\ntwo"


def test_selective_takes_steps_that_a_file_has_from_others(tmp_path: Path) -> None:
    files = {
        "main.yml": "imports: [{path: lib.yml, selective: [1]}]",
        "lib.yml": f"imports: [more.yml]\nsteps:\n{step('lib')}",
        "more.yml": step("more"),
    }
    assert seen(compose(tmp_path, files)) == "more"


def test_explain_names_the_file_and_line_of_each_step(tmp_path: Path) -> None:
    main = """
name: explained
imports: [lib/agent.yml]
setup:
  - shell: echo own
map:
  input: [1]
  agent_template:
    - shell: echo agent
"""
    agent = "setup:\n  - shell: echo lib\nmap:\n  agent_template:\n    - shell: echo more\n"
    files = {"main.yml": main, "lib/agent.yml": agent}
    repository = make_repository(tmp_path / "r", files)
    text = prodigy(repository, "plan", "main.yml", "--explain").stdout
    for line in (
        "shell: echo own  (main.yml:5)",
        "shell: echo lib  (lib/agent.yml:2)",
        "1. shell: echo agent  (main.yml:9)",
        "2. shell: echo more  (lib/agent.yml:5)",
    ):
        assert line in text
    document = json.loads(prodigy(repository, "plan", "main.yml", "--explain", "--format", "json").stdout)
    assert document["setup"]["places"] == ["main.yml:5", "lib/agent.yml:2"]
    assert document["agent_places"] == ["main.yml:9", "lib/agent.yml:5"]
    assert "(main.yml" not in prodigy(repository, "plan", "main.yml").stdout


def test_problems_stand_in_the_file_that_has_the_text(tmp_path: Path) -> None:
    files = {
        "main.yml": "extends: flows/base.yml\nimports: [lib.yml]\nenv: {A: b}\ntimeot: 5\n",
        "flows/base.yml": (
            "env: {ü: 1}\nsteps:\n- shell: echo hello\n  timeout: soon\n- {shell: 'echo (', when: 'a =='}\n"
        ),
        "lib.yml": "steps:\n- shel: x\n",
    }
    ended = compose(tmp_path, files, "validate", "--format", "json")
    assert ended.exit_code == 2
    assert problems(ended) == [
        ("main.yml", 4, 1, "unknown-key"),
        ("flows/base.yml", 1, 7, "bad-name"),
        ("flows/base.yml", 4, 12, "wrong-type"),
        ("flows/base.yml", 5, 12, "shell-syntax"),
        ("flows/base.yml", 5, 32, "expression"),
        ("lib.yml", 2, 3, "no-command"),
    ]


@pytest.mark.parametrize(
    ("main", "place", "code", "says"),
    (
        ("extends: base", (1, 10), "missing-file", "looked for bases/base.yml"),
        ("imports: [{path: no.yml}]", (1, 18), "missing-file", "no.yml"),
        ("template: {source: {file: t.yml}}", (1, 27), "missing-file", "t.yml"),
        ("extends: main.yml", (1, 10), "cycle", "main.yml → main.yml"),
        ("imports: [loop.yml]", (1, 10), "cycle", "loop.yml → back.yml → loop.yml"),
        ("extends: https://example.com/a.yml", (1, 10), "outside-the-repository", "network"),
        ("imports: [~/.prodigy/templates/a.yml]", (1, 11), "outside-the-repository", ".prodigy/templates"),
        ("extends: ../outside.yml", (1, 10), "unreadable-file", "outside the repository"),
        ("extends: link.yml", (1, 10), "unreadable-file", "outside the repository"),
        ("extends: fifo.yml", (1, 10), "unreadable-file", "FIFO"),
        ("extends: {file: a.yml}", (1, 10), "wrong-type", "names a file"),
        ("imports: [{pth: a.yml}]", (1, 11), "wrong-type", "`path`"),
        ("template: {with: {a: 1}}", (1, 11), "missing", "source"),
        ("template: {source: ok.yml, override: {commands.7.shell: x}}", (1, 39), "unknown-name", "commands.7"),
        ("imports: [{path: ok.yml, selective: [9, lintt]}]", (1, 38), "unknown-name", "number"),
    ),
)
def test_what_cannot_be_composed_is_refused_in_place(
    main: str, place: tuple[int, int], code: str, says: str, tmp_path: Path
) -> None:
    files = {
        "main.yml": f"{main}\n",
        "loop.yml": "extends: back.yml\n",
        "back.yml": "imports:\n- loop.yml\n",
        "ok.yml": f"steps:\n{step('x')}",
    }
    (tmp_path / "outside.yml").write_text(step("x"))
    repository = make_repository(tmp_path / "r", files)
    (repository / "link.yml").symlink_to(tmp_path / "outside.yml")
    os.mkfifo(repository / "fifo.yml")
    found = prodigy(repository, "validate", "main.yml", "--format", "json")
    file, line, column, first = problems(found)[0]
    if "loop" not in main:
        assert (file, line, column, first) == ("main.yml", *place, code)
    assert first == code
    for command in ("validate", "run"):
        ended = prodigy(repository, command, "main.yml")
        assert ended.exit_code == 2
        assert says in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("main", "says"),
    (
        ("template: {source: ok.yml, with: {colour: red}}", "nothing in the template uses `colour`"),
        ("template: {sourc: ok.yml, name: ok.yml}", "unknown key `sourc` in `template`"),
        ("imports: [{path: ok.yml, alais: x}]", "unknown key `alais` in an import"),
    ),
)
def test_what_has_no_effect_is_a_warning(main: str, says: str, tmp_path: Path) -> None:
    ended = compose(tmp_path, {"main.yml": main, "ok.yml": f"steps:\n{step('x')}"}, "validate")
    assert ended.exit_code == 0
    assert says in ended.stdout


def test_a_syntax_error_of_a_named_file_is_reported_there(tmp_path: Path) -> None:
    files = {"main.yml": "imports: [a.yml, b.json]", "a.yml": "steps: [\n", "b.json": '{"steps": [,]}'}
    ended = compose(tmp_path, files, "validate", "--format", "json")
    assert ended.exit_code == 2
    assert [(file, line) for file, line, _, _ in problems(ended)] == [("a.yml", 2), ("b.json", 1)]


def test_files_that_import_each_other_twice_again_and_again_end(tmp_path: Path) -> None:
    files = {f"f{n}.yml": f"imports: [f{n + 1}.yml, f{n + 1}.yml]\n" for n in range(60)}
    ended = compose(tmp_path, {"main.yml": "imports: [f0.yml]", **files, "f60.yml": step("x")}, "validate")
    assert ended.exit_code == 2
    assert "more than" in ended.stdout


def test_a_file_outside_of_any_repository_may_name_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "main.yml").write_text("extends: base.yml")
    (tmp_path / "base.yml").write_text("steps:\n- shell: x\n  timeot: 4\n")
    ended = prodigy(tmp_path, "validate", "main.yml", "base.yml", "--format", "json")
    assert problems(ended) == [("base.yml", 3, 3, "unknown-key")]


def test_a_change_of_a_named_file_is_a_change_of_the_workflow(tmp_path: Path) -> None:
    base = "name: x\nmap:\n  input: [1]\n  agent_template:\n  - shell: exit 1\n"
    files = {"main.yml": "extends: base.yml", "base.yml": base}
    first = compose(tmp_path, files)
    assert first.exit_code == 1
    (first.repository / "base.yml").write_text(base.replace("1\n", "2\n"))
    again = prodigy(first.repository, "run", "main.yml", "--resume-from", "prodigy-results", "--results-dir", "second")
    assert again.exit_code == 2
    assert "workflow" in again.stderr + again.stdout


LONG = "x" * 300


@pytest.mark.parametrize(
    ("text", "place"),
    (
        (f"extends: {LONG}\nsteps: [{{shell: 'true'}}]\n", "main.yml:1:10"),
        (f"imports: [{LONG}.yml]\nsteps: [{{shell: 'true'}}]\n", "main.yml:1:11"),
        (f"template: {LONG}\n", "main.yml:1:11"),
        (f"workflows: {{a: {{source: {LONG}}}}}\nsteps: [{{workflow: a}}]\n", "main.yml:1:25"),
    ),
)
def test_a_name_that_no_file_can_have_is_a_missing_file(text: str, place: str, tmp_path: Path) -> None:
    ended = compose(tmp_path, {"main.yml": text}, "validate")
    assert ended.exit_code == 2
    assert f"{place}: error: the file '{LONG}" in ended.stdout, ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_an_env_file_whose_name_is_too_long_is_missing(tmp_path: Path) -> None:
    ended = compose(tmp_path, {"main.yml": f"env_files: [{LONG}]\nsteps: [{{shell: 'true'}}]\n"})
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert "the env file 'xxx" in ended.stdout


def test_of_several_extended_files_the_first_wins(tmp_path: Path) -> None:
    files = {
        "main.yml": "extends: [a.yml, b.yml]\nenv: {A: main}\n",
        "a.yml": "env: {A: a, B: a}\n",
        "b.yml": f"env: {{A: b, B: b, C: b}}\nsteps:\n{step('$A $B $C')}",
    }
    assert seen(compose(tmp_path, files)) == "main a b"
