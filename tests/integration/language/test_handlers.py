"""What follows a step that failed or went well: `on_failure` in every shape, `on_success`, `on_exit_code`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import make_repository

SHAPES = """
- shell: exit 1
  on_failure: true
- {shell: echo a >> log-PHASE; test -e repaired-PHASE, on_failure: touch repaired-PHASE}
- shell: echo b >> log-PHASE; test "$(grep -c b log-PHASE)" -ge 2
  on_failure: {commands: [echo b1 >> also-PHASE, {shell: echo b2 >> also-PHASE}], retry_original: true}
- shell: echo c >> log-PHASE; test "$(grep -c c log-PHASE)" -ge 3
  on_failure:
    shell: printf "%s;" "${error.step}" "${error.exit_code}" "${error.message}" >> tries-PHASE
    max_attempts: 3
- name: named step
  shell: echo out; echo err >&2; exit 9
  on_failure:
    commands:
      - shell: |
          printf '%s;' "${error.step}" "${error.exit_code}" "${error.message}" "${shell.output}" > errors-PHASE
          printf '%s;' "${shell.stderr}" >> errors-PHASE
      - {shell: echo repaired, capture: repair_PHASE}
    strategy: fallback
    fail_workflow: false
- shell: printf %s "${repair_PHASE}" > repair-PHASE
- shell: exit 1
  on_failure: {claude: /fix it, shell: echo both > both-PHASE, fail_workflow: false, retry_original: false}
- shell: exit 1
  on_failure: {shell: echo cleaned >> cleanup-PHASE, strategy: cleanup, max_attempts: 3, fail_workflow: false}
  on_exit_code: {1: {shell: echo one > code-PHASE}}
- shell: exit 4
  on_exit_code: {3: {shell: echo three > code3-PHASE}, 4: [{shell: 'printf %s "${error.exit_code}" > code4-PHASE'}]}
- shell: 'true'
  on_exit_code: {0: {shell: echo zero > code0-PHASE}}
  on_success: [{shell: echo done > done-PHASE}]
- test: {command: test -e tested-PHASE, on_failure: {shell: touch tested-PHASE}}
- {shell: exit 1, on_failure: {fail_workflow: false}}
- {shell: exit 1, allow_failure: true}
"""


def test_every_shape_of_a_handler_does_its_work_in_every_phase(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, SHAPES))
    for phase in PHASES:
        assert tree[f"log-{phase}"].split() == ["a", "b", "b", "c", "c", "c"]
        assert tree[f"also-{phase}"].split() == ["b1", "b2"]
        assert (
            tree[f"tries-{phase}"] == f'echo c >> log-{phase}; test "$(grep -c c log-{phase})" -ge 3;1;exit code 1;' * 2
        )
        assert tree[f"errors-{phase}"] == "named step;9;exit code 9;out\nerr;err;"
        assert tree[f"repair-{phase}"] == "repaired"
        assert tree[f"both-{phase}"] == "both"
        assert f"cleanup-{phase}" not in tree, "on_exit_code has handled it"
        assert tree[f"code-{phase}"] == "one"
        assert f"code3-{phase}" not in tree
        assert tree[f"code4-{phase}"] == "4"
        assert tree[f"code0-{phase}"] == "zero"
        assert tree[f"done-{phase}"] == "done"
        assert f"tested-{phase}" in tree


FATAL: tuple[tuple[str, str, list[str]], ...] = (
    ("on_failure: false", "exit code 5", []),
    ("on_failure: {shell: echo h >> ran, fail_workflow: true}", "exit code 5", ["h"]),
    ("on_failure: {shell: echo h >> ran, strategy: fallback, fail_workflow: true}", "exit code 5", ["h"]),
    ("on_failure: {shell: echo h >> ran, max_attempts: 2, fail_workflow: true}", "exit code 5", ["h", "h"]),
    ("on_failure: {shell: 'echo h >> ran; exit 1', max_attempts: 2, fail_workflow: true}", "handler fail", ["h", "h"]),
    (
        "on_failure: {shell: 'echo h >> ran; exit 1', max_attempts: 2, handler_failure_fatal: true}",
        "its handler failed",
        ["h"],
    ),
    ("on_failure: {shell: echo h >> ran, strategy: cleanup, max_attempts: 2, fail_workflow: true}", "exit", ["h"]),
    ("on_failure: {shell: echo h >> ran, commit_required: true, fail_workflow: true}", "exit code 5", ["h"]),
    ("on_exit_code: {5: {shell: 'echo h >> ran; exit 1'}}", "its on_exit_code steps failed", ["h"]),
)
TOLERATED: tuple[tuple[str, str | None, str | None, list[str]], ...] = (
    ("on_failure: true", None, "exit code 5", []),
    ("on_failure: echo h >> ran", "exit code 5", None, ["h"]),
    ("on_failure: {shell: echo h >> ran}", "exit code 5", None, ["h"]),
    ("on_failure: {shell: echo h >> ran, strategy: fallback, fail_workflow: false}", "exit code 5", None, ["h"]),
    ("on_failure: {shell: echo h >> ran, strategy: cleanup}", None, "exit code 5", ["h"]),
    ("on_failure: {shell: echo h >> ran, strategy: custom, fail_workflow: false}", None, "exit code 5", ["h"]),
    ("on_failure: {shell: 'echo h >> ran; exit 1'}", None, "exit code 5; its handler failed: ", ["h"]),
    ("on_failure: {shell: 'echo h >> ran; exit 1', max_attempts: 3}", None, "exit code 5; its ", ["h", "h", "h"]),
    ("on_failure: {shell: echo h >> ran, max_attempts: 2}", None, "exit code 5", ["h", "h"]),
    ("on_failure: {shell: echo h >> ran, max_retries: 2, retry_original: false}", "exit code 5", None, ["h"]),
    ("on_failure: {shell: echo h >> ran, commit_required: true}", None, "commit_required: the handler made", ["h"]),
    ("commit_required: true, on_failure: {shell: echo h >> ran}", None, "commit_required: its handler made", ["h"]),
    ("on_exit_code: {5: {shell: echo h >> ran}}", "exit code 5", None, ["h"]),
    ("retry: {attempts: 1, on_failure: continue}", None, "exit code 5", []),
)


def test_the_run_continues_after_a_failure_and_says_so(tmp_path: Path) -> None:
    steps = "".join(
        f"- {{shell: exit 5, when: item == {number}, {fields.replace('>> ran', '>> ran-$PRODIGY_ITEM_ID')}}}\n"
        for number, (fields, *_) in enumerate(TOLERATED)
    )
    items = f"input: {list(range(len(TOLERATED)))}"
    steps += "- shell: touch reached-${item}"
    ended = run_everywhere(tmp_path, steps, "--log-format", "console", phases=("map",), map_fields=items)
    tree = succeeded(ended)
    for number, (fields, recovered, tolerated, ran) in enumerate(TOLERATED):
        assert f"reached-{number}" in tree
        record = next(step for step in ended.results["items"][number]["steps"] if step["index"] == number)
        assert (recovered or "") in (record["recovered"] or ""), fields
        assert (tolerated or "") in (record["tolerated"] or ""), fields
        assert [record["recovered"] is None, record["tolerated"] is None] == [recovered is None, tolerated is None]
        assert tree.get(f"ran-item_{number}", "").split() == ran, fields
    count = sum(tolerated is not None for _, _, tolerated, _ in TOLERATED)
    assert f"{count} tolerated failures: these steps failed, and the run continued" in ended.stdout
    assert "<h3>Tolerated failures</h3>" in (ended.results_dir / "summary.md").read_text()
    assert "it failed, and the run continues" in ended.stdout


def test_a_step_with_a_handler_runs_once_and_the_run_continues_in_every_phase(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    steps = f"- {{shell: 'echo mail >> {sent}; exit 1', on_failure: {{shell: 'true'}}}}\n- shell: touch reached-PHASE"
    tree = succeeded(run_everywhere(tmp_path, steps))
    assert sent.read_text() == "mail\n" * len(PHASES)
    assert {f"reached-{phase}" for phase in PHASES} <= tree.keys()


FAILING_STEP = """
- shell: "echo 'error[E0425]'; echo 'not found' >&2; exit 101"
  capture: w
  capture_output: whole
  on_failure:
    - {claude: "/fix '${w}' ${w.exit_code} ${shell.output}"}
    - {shell: 'printf "%s" "${claude.output}|${whole}" > seen-PHASE'}
    - {shell: exit 0}
- shell: echo '{"a":7}'; exit 3
  capture_output: tree
  capture_format: json
  on_failure: {shell: 'printf "%s" "${tree.a} $tree" > tree-PHASE'}
"""


def test_a_handler_sees_what_its_step_captured_and_printed(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, FAILING_STEP))
    for phase in PHASES:
        seen = "1|/fix 'error[E0425]' 101 error[E0425]\nnot found||error[E0425]"
        assert tree[f"seen-{phase}"] == seen
        assert tree[f"tree-{phase}"] == '7 {"a":7}'


def test_a_step_that_no_handler_repairs_fails_its_agent(tmp_path: Path) -> None:
    steps = "".join(
        f"- {{shell: exit 5, when: item == {number}, {fields}}}\n" for number, (fields, _, _) in enumerate(FATAL)
    )
    items = f"input: {list(range(len(FATAL)))}"
    ended = run_everywhere(tmp_path, steps, phases=("map",), map_fields=items)
    assert ended.exit_code == 1
    for item, (fields, message, ran) in zip(ended.results["items"], FATAL, strict=True):
        assert item["state"] == "failed", fields
        assert message in item["error"]["message"], fields
        patch = (ended.results_dir / item["patch"]).read_text() if ran else ""
        assert patch.count("+h") == len(ran), fields


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
def test_a_step_that_no_handler_repairs_fails_its_phase(phase: str, tmp_path: Path) -> None:
    steps = "- {shell: exit 5, on_failure: {shell: echo h >> ran, fail_workflow: true}}\n- shell: echo never"
    ended = run_everywhere(tmp_path, steps, phases=(phase,))
    assert ended.exit_code == 1
    assert ended.results["phases"][phase]["error"]["exit_code"] == 5
    assert "ran" not in ended.tree()


INSIDE = """
- foreach: [1, 2, 3]
  name: loop
  do:
    - {shell: 'test ${item} != 2', on_failure: true}
    - {shell: 'test ${item} != 3', name: third, on_failure: {shell: exit 4}}
- foreach: [1, 2]
  parallel: 2
  continue_on_error: true
  do: [{shell: 'test ${item} = 1'}]
- shell: exit 5
  on_failure: {commands: [{shell: exit 6, on_failure: true}]}
- {shell: "true", on_success: {shell: exit 7, on_failure: true}}
- foreach: [1]
  do: [{foreach: [1], id: inner, do: [{shell: exit 8, on_failure: true}]}]
- shell: "true"
  validate: {shell: exit 1, on_incomplete: {shell: "true", max_attempts: 1, fail_workflow: false}}
- shell: "true"
"""
TOLERATED_INSIDE = [
    [
        "foreach 2 of 3, test ${item} != 2: exit code 1",
        "foreach 3 of 3, third: exit code 1; its handler failed: exit 4: exit code 4",
    ],
    ["foreach 2 of 2, test ${item} = 1: exit code 1"],
    ["on_failure of exit 5, attempt 1, exit 6: exit code 6"],
    ["on_success of true, exit 7: exit code 7"],
    ["foreach 1 of 1, inner, foreach 1 of 1, exit 8: exit code 8"],
    ["validation: 0 % complete, 100 % needed"],
    [],
]


def test_failures_inside_other_steps_are_tolerated_in_sight(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, INSIDE, "--log-format", "console")
    succeeded(ended)
    results = ended.results
    recorded = [
        results["items"][0]["steps"],
        *(results["phases"][name]["steps"] for name in ("setup", "reduce", "merge")),
    ]
    for steps in recorded:
        assert [step["tolerated_inside"] for step in steps[: len(TOLERATED_INSIDE)]] == TOLERATED_INSIDE
    count = 4 * sum(map(len, TOLERATED_INSIDE))
    assert f"{count} tolerated failures: these steps failed, and the run continued" in ended.stdout
    summary = (ended.results_dir / "summary.md").read_text()
    for reason in (
        "foreach 2 of 3, test ${item} != 2: exit code 1",
        "on_success of true, exit 7: exit code 7",
    ):
        assert reason in summary
    page = (ended.results_dir / "report.html").read_text()
    assert "tolerated: foreach 2 of 3, test ${item} != 2: exit code 1" in page


def test_many_failures_inside_a_step_are_counted(tmp_path: Path) -> None:
    workflow = "name: t\nsteps:\n- foreach: seq 60\n  do: [{shell: exit 3, on_failure: true}]\n"
    ended = run(make_repository(tmp_path / "r", {"a": ""}), workflow)
    [step] = ended.results["phases"]["setup"]["steps"]
    assert ended.exit_code == 0
    assert len(step["tolerated_inside"]) == 51
    assert step["tolerated_inside"][-1] == "10 further failures inside"
