"""`foreach` in every phase: over lists and commands, side by side, bounded, with failures."""

from __future__ import annotations

from pathlib import Path

from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import git

STEPS = """
- foreach: [a, "b c", {name: "${GREETING}", tags: [x]}, 7]
  do:
    - shell: printf '%s|' "${item}" "${index}" "${total}" >> list-PHASE
- foreach:
    items: [{n: "${GREETING}"}]
    do: [{shell: 'printf %s "${item.n}" > rendered-PHASE'}]
- foreach: printf '%s\\n' one two three
  max_items: 2
  do:
    - shell: printf '%s ' "${item}" >> lines-PHASE
- foreach:
    items: echo '[{"n":1},{"n":2}]'
    do: [{shell: 'echo "n${item.n}"', capture: last_n}]
  capture: outputs
  capture_format: lines
- shell: printf '%s' "${outputs:json} ${outputs[1]} ${last_n} ${shell.output:-}" > outputs-PHASE
- foreach: [1, 2, 3]
  parallel: 3
  do:
    - shell: |
        touch "here-PHASE-${item}"
        n=0; while [ "$(ls here-PHASE-* | wc -l)" -lt 3 ]; do sleep 0.05; n=$((n+1)); [ $n -lt 200 ] || exit 1; done
- foreach: [1, 2]
  parallel: true
  working_dir: sub
  env: {WHO: me}
  interpreter: bash
  do: [{shell: 'printf %s "$(basename "$PWD") $WHO ${WHO}" > "../loop-PHASE-${item}"'}]
- foreach: [1, 2, 3]
  continue_on_error: true
  do: [{shell: 'echo "${item}" >> goes-on-PHASE; test "${item}" != 1'}]
- foreach: [1, 2, 3]
  do: [{shell: 'echo "${item}" >> stops-PHASE; test "${item}" != 2'}]
  REPORT
- foreach: [1, 2, 3]
  parallel: 2
  do: [{shell: 'test "${item}" = 2'}]
  REPORT
- foreach: exit 6
  do: [{shell: 'true'}]
  REPORT
- foreach: [1]
  timeout: 200ms
  do: [{shell: sleep 20}]
  REPORT
- foreach: [1]
  do: [{foreach: [x, y], do: [{shell: 'printf "%s" "${item}" >> inner-PHASE'}]}]
- foreach: [1, 2, 3, 4]
  parallel: 4
  do: [{shell: 'echo x > "c-PHASE-${item}"', auto_commit: true, commit_config: {message: "by ${item}"}}]
- foreach: []
  do: [{shell: 'touch never'}]
"""


def test_a_loop_runs_its_steps_for_each_element_in_every_phase(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, STEPS, top="env: {GREETING: hi}"))
    for phase in PHASES:
        assert tree[f"list-{phase}"] == 'a|0|4|b c|1|4|{"name":"hi","tags":["x"]}|2|4|7|3|4|'
        assert tree[f"rendered-{phase}"] == "hi"
        assert tree[f"lines-{phase}"].split() == ["one", "two"]
        assert tree[f"outputs-{phase}"] == '["n1","n2"] n2 n2 n1\nn2'
        assert {f"here-{phase}-{number}" for number in (1, 2, 3)} <= set(tree)
        assert tree[f"loop-{phase}-2"] == "sub me me"
        assert tree[f"goes-on-{phase}"].split() == ["1", "2", "3"]
        assert tree[f"stops-{phase}"].split() == ["1", "2"]
        reported = tree[f"errors-{phase}"].splitlines()
        assert reported[0].startswith("element 2: ")
        assert reported[0].endswith(": exit code 1")
        assert [part[:9] for part in reported[1].split("; ")] == ["element 1", "element 3"]
        assert reported[2] == "its list command: exit code 6"
        assert reported[3] == "timed out after 0.2 s"
        assert tree[f"inner-{phase}"] == "xy"
    assert "never" not in tree


COMMITTING = """
- foreach: [1, 2, 3, 4, 5, 6]
  parallel: true
  do:
    - shell: echo x > f${item}-PHASE
    - shell: git add f${item}-PHASE
    - shell: sleep 0.05; git commit -qm f${item}-PHASE
- foreach: [1, 2, 3]
  parallel: true
  do:
    - foreach: ["${item}a", "${item}b", "${item}c"]
      parallel: true
      do:
        - shell: echo x > n${item}-PHASE
          auto_commit: true
          commit_config: {message_template: "n${item}-PHASE", include_files: ["n${item}-PHASE"]}
          validate:
            shell: git diff --cached --quiet && git commit -q --allow-empty -m "checked ${item}-PHASE"
    - shell: git rm -q n${item}a-PHASE && git commit -qm "removed ${item}-PHASE"
- foreach: [1, 2, 3, 4]
  parallel: true
  continue_on_error: true
  do:
    - shell: echo x > c${item}-PHASE; git add c${item}-PHASE; test ${item} -gt 1
      retry: {attempts: 2, initial_delay: 1ms}
    - shell: git commit -qm c${item}-PHASE
      commit_required: true
"""


def test_parallel_elements_that_commit_take_turns_in_every_phase(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, COMMITTING)
    tree = succeeded(ended)
    for phase in PHASES:
        made = {f"f{n}-{phase}" for n in range(1, 7)} | {f"n{n}{m}-{phase}" for n in "123" for m in "bc"}
        assert made | {f"c{n}-{phase}" for n in (2, 3, 4)} <= set(tree)
        assert not {f"n{n}a-{phase}" for n in "123"} & set(tree)
        for number in range(1, 7):
            name = f"f{number}-{phase}"
            subject = git(ended.repository, "log", "-1", "--format=%s", "--", name)
            assert subject == name, "each commit holds the file of its own element"


def test_the_steps_before_the_first_commit_run_side_by_side(tmp_path: Path) -> None:
    steps = """
    - foreach: [1, 2, 3]
      parallel: true
      do:
        - shell: touch "$MEET-${item}"; until [ "$(ls "$MEET"-* | wc -l)" = 3 ]; do sleep 0.05; done
          timeout: 60s
        - shell: echo x > g${item} && git add g${item} && git commit -qm g${item}
    """
    tree = succeeded(run_everywhere(tmp_path, steps, phases=("map",), MEET=str(tmp_path / "meet")))
    assert {"g1", "g2", "g3"} <= set(tree)
