"""What follows a step that failed or went well: `on_failure` in every shape, `on_success`, `on_exit_code`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.everywhere import PHASES, run_everywhere, succeeded

SHAPES = """
- shell: exit 1
  on_failure: true
- {shell: echo a >> log-PHASE; test -e repaired-PHASE, on_failure: touch repaired-PHASE}
- shell: echo b >> log-PHASE; test "$(grep -c b log-PHASE)" -ge 2
  on_failure: [echo b1 >> also-PHASE, {shell: echo b2 >> also-PHASE}]
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
        assert tree[f"log-{phase}"].split() == ["a", "a", "b", "b", "c", "c", "c"]
        assert tree[f"also-{phase}"].split() == ["b1", "b2"]
        assert tree[f"tries-{phase}"] == "shell step 4;1;exit code 1;" * 2
        assert tree[f"errors-{phase}"] == "named step;9;exit code 9;out;err;"
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
    ("on_failure: {shell: echo h >> ran, max_attempts: 2}", "exit code 5", ["h", "h"]),
    ("on_failure: {shell: 'echo h >> ran; exit 1', max_attempts: 2, fail_workflow: false}", "exit code 5", ["h", "h"]),
    (
        "on_failure: {shell: 'echo h >> ran; exit 1', max_attempts: 2, handler_failure_fatal: true}",
        "its handler failed",
        ["h"],
    ),
    ("on_failure: {shell: echo h >> ran, strategy: cleanup, max_attempts: 2, fail_workflow: false}", "exit", ["h"]),
    ("on_failure: {shell: echo h >> ran, commit_required: true, fail_workflow: false}", "exit code 5", ["h"]),
    ("on_exit_code: {5: {shell: 'echo h >> ran; exit 1'}}", "its on_exit_code steps failed", ["h"]),
)


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
    steps = "- {shell: exit 5, on_failure: {shell: echo h >> ran}}\n- shell: echo never"
    ended = run_everywhere(tmp_path, steps, phases=(phase,))
    assert ended.exit_code == 1
    assert ended.results["phases"][phase]["error"]["exit_code"] == 5
    assert "ran" not in ended.tree()
