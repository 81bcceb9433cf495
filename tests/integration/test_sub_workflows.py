"""Sub-workflows, through the command line: `workflows`, steps `workflow: NAME`, and imports with `alias`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.blackbox import prodigy
from tests.support.composing import compose, problems, seen, step


def test_sub_workflows_run_in_their_order_before_the_own_steps(tmp_path: Path) -> None:
    main = f"workflows:\n  two: {{source: b.yml}}\n  one: a\ncommands:\n{step('own')}"
    files = {"main.yml": main, "a.yml": step("a"), "b.yml": f"steps:\n{step('b')}"}
    assert seen(compose(tmp_path, files)) == "b\na\nown"


def test_a_step_runs_a_sub_workflow_where_it_stands(tmp_path: Path) -> None:
    main = f"""
sub_workflows:
  greet:
    parameters: {{who: {{type: string, default: you}}}}
    steps:
{step("hello ${who}").replace("- shell", "    - shell")}
commands:
{step("first")}
- workflow: greet
- workflow: greet
  with: {{who: ana}}
- workflow: greet
  when: "false"
"""
    assert seen(compose(tmp_path, {"main.yml": main})) == "first\nhello you\nhello ana"


BUILD = """
parameters: {target: {required: true}, mode: {default: fast}}
env: {LABEL: "${target}/${mode}"}
steps:
  - shell: echo "$LABEL"
    capture: label
  - shell: 'echo ''{"n": [1, 2]}'''
    capture: data
    capture_format: json
  - shell: echo secret
    capture: inner
"""


def test_outputs_leave_a_sub_workflow_and_other_captures_do_not(tmp_path: Path) -> None:
    main = f"""
workflows:
  build:
    source: build.yml
    parameters: {{target: core}}
    outputs: [label, data]
commands:
{step('"${build.label} ${build.data.n[1]} ${build.success} ${build.output} ${inner:-none}"')}
"""
    assert seen(compose(tmp_path, {"main.yml": main, "build.yml": BUILD})) == "core/fast 2 true secret none"


def test_inputs_are_values_of_the_file_that_runs_it(tmp_path: Path) -> None:
    main = f"""
commands:
- {{shell: echo lib, capture: chosen}}
- workflow: build
  inputs: {{target: chosen, mode: "m-${{chosen}}"}}
{step("${build.label}")}
workflows: {{build: {{source: build.yml, outputs: label}}}}
"""
    assert seen(compose(tmp_path, {"main.yml": main, "build.yml": BUILD})) == "lib/m-lib"


def test_an_input_is_data(tmp_path: Path) -> None:
    main = """
commands:
  - {shell: "printf %s \\"it's; touch pwned\\"", capture: text}
  - workflow: show
    inputs: {shown: "${text}"}
workflows:
  show: [{shell: "printf %s \\"${shown}\\" > log; git add -A; git commit -qm x"}]
"""
    ended = compose(tmp_path, {"main.yml": main})
    assert seen(ended) == "it's; touch pwned"
    assert "pwned" not in ended.tree()


@pytest.mark.parametrize("tolerant", (True, False))
def test_a_failing_sub_workflow_fails_its_step_unless_it_may_fail(tolerant: bool, tmp_path: Path) -> None:
    main = f"""
workflows:
  broken: {{source: broken.yml, continue_on_error: {"true" if tolerant else "false"}}}
commands:
{step('"${broken.success}"')}
"""
    files = {"main.yml": main, "broken.yml": "- shell: exit 7\n- shell: echo never >> log\n"}
    ended = compose(tmp_path, files)
    if tolerant:
        assert seen(ended) == "false"
    else:
        assert ended.exit_code == 1
        assert "exit code 7" in ended.stdout + ended.stderr
        assert "log" not in ended.tree()


def test_a_sub_workflow_has_a_limit_and_a_directory(tmp_path: Path) -> None:
    main = """
workflows:
  slow: {source: slow.yml, timeout: 200ms, continue_on_error: true}
  below: {source: below.yml, working_dir: ./services/api}
"""
    below = "- shell: pwd | grep -o 'services/api' > ../../log; git add ../../log; git commit -qm x\n"
    files = {"main.yml": main, "slow.yml": "- shell: sleep 60", "below.yml": below, "services/api/x": ""}
    ended = compose(tmp_path, files)
    assert seen(ended) == "services/api"
    assert "timed out after 0.2 s" in ended.stdout + ended.stderr


def test_an_alias_names_a_file_and_its_sub_workflows(tmp_path: Path) -> None:
    main = f"""
imports:
  - {{path: ci.yml, alias: ci}}
commands:
{step("own")}
- workflow: ci.lint
- workflow: ci
"""
    ci = f"workflows:\n  lint:\n{step('lint').replace('- shell', '  - shell')}commands:\n{step('ci')}"
    assert seen(compose(tmp_path, {"main.yml": main, "ci.yml": ci})) == "own\nlint\nci"


def test_agents_run_sub_workflows_with_their_item(tmp_path: Path) -> None:
    main = """
name: mapped
workflows:
  write: {source: write.yml}
map:
  input: [{"n": 1}, {"n": 2}]
  agent_template:
    - workflow: write
      parameters: {number: "${item.n}"}
"""
    write = "parameters: [{name: number, required: true}]\nsteps:\n- {shell: 'touch n-${number}', auto_commit: true}\n"
    ended = compose(tmp_path, {"main.yml": main, "write.yml": write})
    assert ended.exit_code == 0, ended.stdout
    assert {"n-1", "n-2"} <= ended.tree().keys()


def test_values_of_a_template_choose_the_files_of_its_sub_workflows(tmp_path: Path) -> None:
    template = (
        "parameters: {limit: 30}\nworkflows:\n  lint: {source: 'flows/${language}/lint.yml', timeout: '${limit}'}\n"
    )
    files = {
        "main.yml": "template: {source: ci, with: {language: rust}}",
        "templates/ci.yml": template,
        "flows/rust/lint.yml": step("rust"),
    }
    assert seen(compose(tmp_path, files)) == "rust"


@pytest.mark.parametrize(
    ("main", "place", "code", "says"),
    (
        ("steps: [{workflow: nope}]", (1, 20), "unknown-name", "there is no sub-workflow `nope`"),
        ("workflows: {a: s.yml}\nsteps: [{workflow: b}, {workflow: aa}]", (2, 20), "unknown-name", "define it"),
        ("workflows: {a: no.yml}", (1, 16), "missing-file", "does not exist"),
        ("workflows: {a: main.yml}", (1, 16), "cycle", "main.yml → main.yml"),
        ("workflows: {a: map.yml}", (1, 16), "conflicting-keys", "has a `map`"),
        ("workflows: {a: needs.yml}", (1, 13), "missing", "needs the parameter `x`"),
        ("workflows: {a: {timeout: 5}}", (1, 13), "empty", "has no steps"),
        ("workflows: [{source: s.yml}]", (1, 13), "missing", "without a name"),
        ("workflows: {a: 's-${x}.yml'}", (1, 16), "missing-file", "does not exist"),
    ),
)
def test_what_is_no_sub_workflow_is_refused_in_place(
    main: str, place: tuple[int, int], code: str, says: str, tmp_path: Path
) -> None:
    files = {
        "main.yml": f"{main}\n",
        "s.yml": step("x"),
        "map.yml": "name: m\nmap: {input: [1], agent_template: [{shell: x}]}\n",
        "needs.yml": "parameters: {required: [x]}\nsteps: [{shell: x}]\n",
    }
    ended = compose(tmp_path, files, "validate", "--format", "json")
    assert ended.exit_code == 2, ended.stdout
    found = json.loads(ended.stdout)["problems"][0]
    expected = ("map.yml", 2, 1, code) if "map" in main else ("main.yml", *place, code)
    assert problems(ended)[0] == expected
    text = prodigy(ended.repository, "validate", "main.yml").stdout
    assert says in text, found


@pytest.mark.parametrize(
    ("entry", "says"),
    (
        ("{source: s.yml, parallel: true}", "run one after the other"),
        ("{source: s.yml, parameters: {colour: red}}", "uses `colour`"),
        ("{source: s.yml, outputs: [lable]}", "no step of the sub-workflow captures `lable`"),
        ("{source: s.yml, timeuot: 5}", "unknown key `timeuot` in a sub-workflow"),
        ("{source: handled.yml}", "`handlers` of a sub-workflow has no effect"),
    ),
)
def test_what_has_no_effect_in_a_sub_workflow_is_a_warning(entry: str, says: str, tmp_path: Path) -> None:
    handled = f"handlers: {{a: [{{shell: x}}]}}\nsteps:\n{step('x')}"
    files = {"main.yml": f"workflows: {{a: {entry}}}", "s.yml": step("x"), "handled.yml": handled}
    ended = compose(tmp_path, files, "validate")
    assert ended.exit_code == 0, ended.stdout
    assert says in ended.stdout


def test_an_alias_that_nothing_runs_is_a_warning(tmp_path: Path) -> None:
    files = {"main.yml": f"imports: [{{path: a.yml, alias: ci}}]\nsteps:\n{step('x')}", "a.yml": step("a")}
    ended = compose(tmp_path, files, "validate")
    assert "main.yml:1:32: warning: nothing runs the import `ci`" in ended.stdout


TOOLS = """
parameters: {who: {default: you}, other: {default: x}}
steps:
  - {name: greet, shell: 'echo "hello ${who}" >> log'}
  - {name: leave, shell: 'echo bye >> log'}
workflows:
  stamp: [{shell: echo stamped >> log}]
  burn: [{shell: rm log}]
"""


@pytest.mark.parametrize(
    ("chosen", "calls", "expected"),
    (
        ("[greet, who, stamp]", ("tools", "tools.stamp"), "hello you\nstamped"),
        ("[stamp]", ("tools.stamp",), "stamped"),
        ("[1]", ("tools",), "bye"),
    ),
)
def test_an_alias_stands_for_the_chosen_parts_of_a_file(
    chosen: str, calls: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    steps = "".join(f"- workflow: {name}\n" for name in calls) + "- {shell: git add log, auto_commit: true}\n"
    imports = f"imports: [{{path: tools.yml, alias: tools, selective: {chosen}}}]\n"
    assert seen(compose(tmp_path, {"main.yml": f"{imports}commands:\n{steps}", "tools.yml": TOOLS})) == expected


@pytest.mark.parametrize(
    ("chosen", "call", "problem"),
    (
        ("[stamp]", "tools.burn", ("main.yml", 3, 13, "unknown-name")),
        ("[stmap]", "tools", ("main.yml", 1, 55, "unknown-name")),
    ),
)
def test_an_alias_has_no_parts_that_were_not_chosen(
    chosen: str, call: str, problem: tuple[str, int, int, str], tmp_path: Path
) -> None:
    imports = f"imports: [{{path: tools.yml, alias: tools, selective: {chosen}}}]\n"
    files = {"main.yml": f"{imports}commands:\n- workflow: {call}\n", "tools.yml": TOOLS}
    ended = compose(tmp_path, files, "validate", "--format", "json")
    assert ended.exit_code == 2
    assert problem in problems(ended), ended.stdout


CHOICE = """
parameters: {KIND: {default: fast}, LIMIT: {default: 1m}}
workflows:
  build: {source: "flows/${KIND}.yml", timeout: "${LIMIT}"}
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    (
        ((), "fast"),
        (("--param", "KIND=slow"), "slow"),
        (("--param", "KIND=slow", "--param", "LIMIT=100ms"), None),
    ),
)
def test_a_parameter_chooses_the_file_and_the_limit_of_a_sub_workflow(
    options: tuple[str, ...], expected: str | None, tmp_path: Path
) -> None:
    files = {"main.yml": CHOICE, "flows/fast.yml": step("fast"), "flows/slow.yml": "- shell: sleep 1\n" + step("slow")}
    ended = compose(tmp_path, files, "run", *options)
    if expected is not None:
        assert seen(ended) == expected
        return
    assert ended.exit_code == 1
    assert "timed out after 0.1 s" in ended.stdout


def test_parameters_of_the_run_reach_templates_and_inner_sub_workflows(tmp_path: Path) -> None:
    files = {
        "main.yml": "template: {source: made, with: {KIND: fast}}\n",
        "templates/made.yml": CHOICE.replace("LIMIT: {default: 1m}", "LIMIT: {default: 30}"),
        "flows/slow.yml": "parameters: {KIND: {default: inner}, STEP: {default: x}}\n"
        "workflows:\n  one: {source: 'flows/${KIND}.yml', parameters: {STEP: '${KIND}-${LIMIT}'}}\n"
        "  two: {source: 'flows/inner.yml', parameters: {STEP: two}}\n",
        "flows/inner.yml": "parameters: {STEP: {default: none}}\nworkflows: {last: {source: 'flows/${STEP}.yml'}}\n",
        "flows/inner-30.yml": step("inner-30"),
        "flows/two.yml": step("two"),
    }
    assert seen(compose(tmp_path, files, "run", "--param", "KIND=slow")) == "inner-30\ntwo"


def test_a_file_whose_name_has_no_value_is_an_error_with_its_cure(tmp_path: Path) -> None:
    main = "parameters: {KIND: {required: true}}\nworkflows: {build: {source: 'flows/${KIND}.yml'}}\n"
    ended = compose(tmp_path, {"main.yml": main, "flows/a.yml": step("a")}, "validate")
    assert ended.exit_code == 2
    assert "main.yml:2:29: error: the file 'flows/${KIND}.yml' does not exist" in ended.stdout
    assert "${KIND} has no value: give it a default under `parameters`, or a value with --param" in ended.stdout


def test_steps_that_were_all_skipped_have_no_output(tmp_path: Path) -> None:
    main = """
commands:
  - shell: echo before
  - workflow: idle
  - foreach: [1, 2]
    do: [{shell: echo in, when: "false"}]
    capture: looped
  - shell: exit 3
    retry: {attempts: 1, on_failure: {fallback: {shell: echo in, when: "false"}}}
    capture: fallen
  - shell: echo before
  - shell: "true"
    validate: {commands: [{claude: /check, when: "false"}], on_incomplete: {claude: /x, fail_workflow: false}}
  - shell: echo "[${idle.output}][${idle.success}][${looped}][${fallen}]" >> log
  - {shell: git add log, auto_commit: true}
workflows:
  idle: [{shell: echo in, when: "false"}]
"""
    assert seen(compose(tmp_path, {"main.yml": main})) == "[][true][\n][]"


def test_a_json_file_names_sub_workflows(tmp_path: Path) -> None:
    steps = [{"workflow": "tools"}, {"shell": "git add log", "auto_commit": True}]
    main = {"imports": [{"path": "a.yml", "alias": "tools"}], "commands": steps, "secrets": {}}
    files = {"main.yml": json.dumps(main), "a.yml": step("a")}
    assert seen(compose(tmp_path, files)) == "a"


def test_an_unknown_sub_workflow_is_an_error_in_a_file_without_definitions(tmp_path: Path) -> None:
    main = json.dumps({"commands": [{"workflow": "nowhere"}], "env": {"workflow": "x"}})
    ended = compose(tmp_path, {"main.yml": main}, "validate", "--format", "json")
    assert problems(ended) == [("main.yml", 1, 28, "unknown-name")]


def test_failures_that_a_sub_workflow_tolerates_are_in_the_results(tmp_path: Path) -> None:
    files = {
        "main.yml": "workflows: {outer: outer.yml}\nsteps: [{workflow: outer}]\n",
        "outer.yml": "workflows:\n  inner: [{shell: exit 4, name: low, on_failure: true}]\n"
        "steps: [{shell: exit 3, on_failure: true}, {workflow: inner}]\n",
    }
    ended = compose(tmp_path, files)
    assert ended.exit_code == 0, ended.stdout
    [step] = ended.results["phases"]["setup"]["steps"]
    assert step["tolerated_inside"] == [
        "workflow outer, exit 3: exit code 3",
        "workflow outer, workflow inner, low: exit code 4",
    ]
