"""What a step runs, where and with what: the fields around its command, in every phase."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.everywhere import PHASES, run_everywhere, succeeded

REASONS = (
    "timed out after 0.3 s",
    "leaves the worktree",
    "no directory",
    "'../outside' leaves",
    "exit code 7",
    "127",
    "signal 9",
    "leaves the worktree",
    "o such file",
    "no JSON",
)


def test_the_fields_around_a_command_hold_in_every_phase(tmp_path: Path) -> None:
    steps = """
    - shell: cat b.txt > ../dir-PHASE
      working_dir: sub
    - shell: printf '%s' "$GREETING/$SECOND/${GREETING}" > env-PHASE
      env: {GREETING: 'hello $NAME', SECOND: '${GREETING} again'}
    - shell: echo ran >> when-PHASE
      when: ${NAME} == 'world' && missing.exists == false
    - shell: echo never >> when-PHASE
      when: ${NAME} != 'world'
    - shell: '[[ a == a ]] && printf "%s" "${BASH_VERSION:+bash}" > bash-PHASE'
      interpreter: bash
    - shell: '! false | true && echo not reached'
      interpreter: bash
    - shell: printf %s ${SNIPPET} > raw-PHASE
      interpolation: raw
    - shell: printf 'line\\n'
      output_file: made/out-PHASE.txt
    - shell: grep -q line made/out-PHASE.txt
    """
    tree = succeeded(
        run_everywhere(tmp_path, steps, top="env: {NAME: world, SNIPPET: '$((6*7))'}", files={".gitignore": "errors-*"})
    )
    for phase in PHASES:
        assert tree[f"dir-{phase}"] == "b"
        assert tree[f"env-{phase}"] == "hello world/hello world again/hello world"
        assert tree[f"when-{phase}"] == "ran"
        assert tree[f"bash-{phase}"] == "bash"
        assert tree[f"raw-{phase}"] == "42"
        assert tree[f"made/out-{phase}.txt"] == "line"


def test_why_a_command_failed_is_reported_in_every_phase(tmp_path: Path) -> None:
    steps = """
    - shell: sleep 30
      timeout: 300ms
      REPORT
    - shell: pwd
      working_dir: ../..
      REPORT
    - shell: pwd
      working_dir: nowhere
      REPORT
    - shell: echo x
      output_file: ../outside
      REPORT
    - shell: exit 7
      REPORT
    - shell: no-such-program-anywhere
      REPORT
    - shell: kill -9 $$
      REPORT
    - write_file: {path: ../../x, content: x}
      REPORT
    - write_file: {path: no/such/dir/x, content: x}
      REPORT
    - write_file: {path: x.json, content: '{', format: json}
      REPORT
    """
    tree = succeeded(run_everywhere(tmp_path, steps))
    for phase in PHASES:
        reported = tree[f"errors-{phase}"].splitlines()
        assert len(reported) == len(REASONS), reported
        assert all(part in line for part, line in zip(REASONS, reported, strict=True)), reported


def test_files_are_written_in_every_format_in_every_phase(tmp_path: Path) -> None:
    steps = """
    - write_file:
        path: deep/er/text-PHASE
        content: "${NAME} $NAME $1 ${x:-3}\\n"
        create_dirs: true
        mode: "0755"
    - write_file:
        path: json-PHASE.json
        content: '{"big": 12345678901234567890, "one": 1.0, "name": "${NAME}"}'
        format: json
    - write_file:
        path: yaml-PHASE.yml
        content: |
          name: ${NAME}
        format: yaml
    - shell: test -x deep/er/text-PHASE && printf %s "${shell.output}" > said-PHASE
    """
    tree = succeeded(run_everywhere(tmp_path, steps, top="env: {NAME: world}"))
    for phase in PHASES:
        assert tree[f"deep/er/text-{phase}"] == "world world $1 3"
        assert tree[f"json-{phase}.json"].splitlines()[1:3] == ['  "big": 12345678901234567890,', '  "one": 1.0,']
        assert json.loads(tree[f"json-{phase}.json"])["name"] == "world"
        assert tree[f"yaml-{phase}.yml"] == "name: world"
        assert tree[f"said-{phase}"] == f"yaml-{phase}.yml"


def test_an_agent_command_is_one_argument_in_every_phase(tmp_path: Path) -> None:
    steps = """
    - claude: /fix $NAME "${NAME}" '$HOME' `x`
      working_dir: sub
      env: {MODE: fast}
      capture: said
    - shell: printf %s "${claude.output}" > agent-PHASE; printf %s "${said}" > said-PHASE
    - shell: test "$(basename "$(cat sub/agent-ran)")" = sub && rm sub/agent-ran
    """
    tree = succeeded(run_everywhere(tmp_path, steps, top="env: {NAME: world}"))
    for phase in PHASES:
        assert tree[f"agent-{phase}"] == "1|/fix world \"world\" '$HOME' `x`|"
        assert tree[f"said-{phase}"] == tree[f"agent-{phase}"]


def test_the_default_interpreter_is_the_workflows_and_a_step_may_have_its_own(tmp_path: Path) -> None:
    steps = """
    - {shell: '[[ a == a ]] && echo bash > default-PHASE'}
    - {shell: 'false | true; echo reached', REPORT}
    - {shell: 'false; echo "went on" > sh-PHASE', interpreter: sh}
    - {shell: 'printf "%s" "${shell.output}" >> sh-PHASE; false; echo never', REPORT}
    - {foreach: 'shopt -q -o pipefail && echo ok', do: [{shell: '[[ ${item} == ok ]] && touch loop-PHASE'}]}
    """
    top = "defaults: {interpreter: bash}"
    tree = succeeded(run_everywhere(tmp_path, steps, top=top, phases=("setup", "map", "merge")))
    for phase in ("setup", "map", "merge"):
        assert tree[f"default-{phase}"] == "bash"
        assert tree[f"sh-{phase}"] == "went on"
        assert tree[f"errors-{phase}"].splitlines() == ["exit code 1", "exit code 1"]
        assert f"loop-{phase}" in tree
