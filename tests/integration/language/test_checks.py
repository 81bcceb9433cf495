"""What must hold after a step: `validate` loops, `step_validate`, in every phase."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.everywhere import PHASES, run_everywhere, succeeded

SCORE = """printf '{"completion_percentage": %s, "missing": ["m%s"], "gaps": {"g": 1}}' "$1" "$1"\n"""
LOOPS = """
- shell: echo 40 > score-PHASE
  validate:
    shell: sh score.sh "$(cat score-PHASE)"
    threshold: 90
    on_incomplete:
      shell: |
        echo "${validation.attempt_number} ${validation.completion} ${validation.missing}" >> seen-PHASE
        echo "${validation.missing_count} ${validation.gaps.g} ${validation.status}" >> seen-PHASE
        echo $(($(cat score-PHASE) + 30)) > score-PHASE
      max_attempts: 5
- shell: echo "${validation.completion} ${validation.attempt_number}" > end-PHASE
- validate:
    commands: [echo noise; mkdir -p out; sh score.sh "$(cat score-PHASE)" > out/PHASE.json; exit 1]
    result_file: out/PHASE.json
    threshold: 100
- shell: echo "${shell.output}" > file-PHASE
- validate:
    shell: test -e late-PHASE.json
    result_file: late-PHASE.json
    on_incomplete: {shell: 'echo ''{"status": "complete"}'' > late-PHASE.json'}
- validate:
    shell: test -e done-PHASE
    on_incomplete: {commands: [touch done-PHASE, git add done-PHASE && git commit -qm done], commit_required: true}
- validate: {shell: exit 1, on_incomplete: {shell: exit 2, max_attempts: 2, fail_workflow: false}}
- validate: [touch listed-PHASE, {shell: sh score.sh 80, threshold: 80}]
- validate: {claude: '{"completion_percentage":100}', threshold: 100}
- validate:
    shell: |
      echo 'Some parts are missing:'; echo '```json'
      printf '{"completion_percentage": %s, "open_specs": ["s1", "s2"]}\\n' "$(cat fenced-PHASE || echo 10)"; echo '```'
    on_incomplete: {shell: 'echo "${validation.open_specs}" > specs-PHASE; echo 100 > fenced-PHASE'}
- shell: printf 'made %s' PHASE
  capture: made
  output_file: made-PHASE
  validate: {shell: 'test "${made} ${shell.output}" = "made PHASE made PHASE" && grep -q made made-PHASE'}
- shell: echo checked
  step_validate: [{shell: 'echo "${shell.output}"', expect_output: '${shell.output}'}]
- shell: 'true'
  step_validate:
    commands:
      - shell: echo x >> tried-PHASE; test "$(grep -c x tried-PHASE)" = 3
      - {command: exit 4, expect_exit_code: 4}
      - {claude: /look, expect_output: /look}
      - exit 9
    success_criteria: {atleast: 3}
    max_attempts: 5
    retry_delay: 10ms
- shell: 'true'
  step_validate: {commands: [exit 1, 'true'], success_criteria: any}
"""
FAILING = """
- shell: 'true'
  validate: {shell: sh score.sh 30, on_incomplete: {shell: echo i >> tries-PHASE, max_attempts: 3}}
  REPORT
- validate: {shell: exit 1, on_incomplete: {shell: echo broken >&2; exit 3, max_attempts: 1}}
  REPORT
- validate: {shell: 'true', result_file: nowhere.json}
  REPORT
- validate: {shell: echo no > bad.json, result_file: bad.json}
  REPORT
- validate: {shell: exit 1, on_incomplete: {shell: 'true', commit_required: true}}
  REPORT
- validate: {claude: /look at it}
  REPORT
- validate: {shell: sleep 20, timeout: 200ms}
  REPORT
- validate: {shell: sleep 20}
  timeout: 200ms
  REPORT
- shell: 'true'
  step_validate: {commands: ['true', exit 1], success_criteria: all}
  REPORT
- shell: 'true'
  step_validate:
    commands: [{shell: echo yes, expect_output: no}, {shell: sleep 9}]
    success_criteria: any
    timeout: 200ms
  REPORT
"""
REASONS = (
    "validation: 30 % complete, 100 % needed; missing: m30",
    "on_incomplete failed: echo broken >&2; exit 3: exit code 3",
    "the result file 'nowhere.json'",
    "'bad.json' is no JSON",
    "commit_required",
    "0 % complete, 100 % needed; missing: the check printed no verdict",
    "the validation timed out after 0.2 s",
    "timed out after 0.2 s",
    "ended with exit code 1 instead of 0",
    "did not print 'no'; 'sleep 9' timed out",
)


def test_work_is_checked_and_improved_in_every_phase(tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, LOOPS, files={"score.sh": SCORE}))
    for phase in PHASES:
        assert tree[f"score-{phase}"] == "100"
        assert tree[f"seen-{phase}"].splitlines() == ["1 40 m40", "1 1 incomplete", "2 70 m70", "1 1 incomplete"]
        assert tree[f"end-{phase}"] == "100 2"
        assert '"completion_percentage": 100' in tree[f"file-{phase}"]
        assert {f"done-{phase}", f"listed-{phase}"} <= set(tree)
        assert tree[f"specs-{phase}"] == "s1, s2"
        assert tree[f"tried-{phase}"].split() == ["x"] * 3


@pytest.mark.parametrize("phases", (("setup", "map"), ("reduce", "merge")))
def test_work_that_stays_incomplete_fails_its_step_in_every_phase(phases: tuple[str, ...], tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, FAILING, phases=phases, files={"score.sh": SCORE}))
    for phase in phases:
        reported = tree[f"errors-{phase}"].splitlines()
        assert len(reported) == len(REASONS), reported
        for part, line in zip(REASONS, reported, strict=True):
            assert part in line
        assert tree[f"tries-{phase}"].split() == ["i"] * 3
