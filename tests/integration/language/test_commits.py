"""Commits that steps must make, or that are made for them, in every phase."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import git

MADE = """
- shell: echo x > kept-PHASE; echo x > dropped-PHASE.log; echo x > other-PHASE
  name: made in PHASE
  auto_commit: true
  commit_config:
    message_template: "feat(PHASE): ${step.files_added} by ${WHO}"
    message_pattern: '^feat'
    author: Ada <ada@example.com>
    include_files: ['${NOWHERE:-kept}-*', '*.log']
    exclude_files: '*.log'
- shell: echo squashed > s1-PHASE; git add s1-PHASE; git commit -qm 'one PHASE'; echo t > s2-PHASE
  auto_commit: true
  commit_config: {squash: true, message: squashed PHASE}
- shell: |
    for n in 1 2; do echo $n > q$n-PHASE; git add q$n-PHASE; git commit -qm "part $n PHASE"; done
    echo l > left-PHASE
  commit_config: {squash: true, message: folded PHASE}
  commit_required: true
- shell: echo out
  output_file: report-PHASE.txt
  auto_commit: true
  id: report-PHASE
  on_success: {shell: 'printf "%s" "${step.commit_count} ${step.files_changed}" > counted-PHASE'}
- shell: 'true'
  auto_commit: true
- shell: 'true'
  name: nothing new
  auto_commit: true
"""


def test_commits_are_made_as_the_step_says_in_every_phase(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, MADE, top="env: {WHO: me}")
    tree = succeeded(ended)
    log = git(ended.repository, "log", "--no-merges", "--format=%an|%s").splitlines()
    files = {
        line.split("\n", 1)[0]: line.split("\n")[1:]
        for line in git(ended.repository, "log", "--no-merges", "--format=%x00%s", "--name-only").split("\0")
    }
    for phase in PHASES:
        first = next(line for line in log if line.startswith(f"Ada|feat({phase})"))
        assert first.endswith(f"dropped-{phase}.log kept-{phase} other-{phase} by me")
        assert [name for name in files[first[4:]] if name] == [f"kept-{phase}"]
        assert f"other-{phase}" in tree
        assert not any(line.endswith((f"|one {phase}", f"|part 1 {phase}", f"|part 2 {phase}")) for line in log)
        squashed = {f"{name}-{phase}" for name in ("other", "s1", "s2")} | {f"dropped-{phase}.log"}
        assert set(files[f"squashed {phase}"]) - {""} == squashed
        assert [name for name in files[f"folded {phase}"] if name] == [f"q1-{phase}", f"q2-{phase}"]
        assert f"report-{phase}.txt" in files[f"report-{phase}"]
        assert tree[f"counted-{phase}"].startswith("1 ")
    assert "nothing new" not in "".join(log)


REFUSED = """
- shell: 'true'
  commit_required: true
  on_exit_code: {0: {shell: touch ran-PHASE}}
  REPORT
- shell: touch bad-PHASE
  auto_commit: true
  commit_config: {message: bad, message_pattern: '^fix: '}
  REPORT
- shell: git commit -q --allow-empty -m 'no type'
  commit_config: {message_pattern: '^fix: '}
  commit_required: true
  REPORT
- shell: touch signed-PHASE
  auto_commit: true
  commit_config: {sign: true}
  REPORT
- shell: 'true'
  commit_required: true
  on_failure: {shell: git commit -q --allow-empty -m by-handler, retry_original: false, fail_workflow: false}
- shell: test -e again-PHASE
  commit_required: true
  on_failure: {shell: touch again-PHASE; git add -A; git commit -qm again}
"""


@pytest.mark.parametrize("phases", (("setup", "map"), ("reduce", "merge")))
def test_a_commit_that_is_not_as_required_fails_its_step(phases: tuple[str, ...], tmp_path: Path) -> None:
    tree = succeeded(run_everywhere(tmp_path, REFUSED, phases=phases, GNUPGHOME=str(tmp_path / "no-keys")))
    for phase in phases:
        reported = tree[f"errors-{phase}"].splitlines()
        assert reported[0] == "commit_required: the step made no commit"
        assert reported[1] == "the commit message 'bad' does not match '^fix: '"
        assert reported[2] == "the commit message 'no type' does not match '^fix: '"
        assert reported[3].startswith("no commit could be made: ")
        assert f"ran-{phase}" not in tree


@pytest.mark.parametrize(
    ("commit", "states", "landed"),
    (
        ("as-made", ["succeeded", "unchanged", "unchanged"], {"made"}),
        ("auto", ["succeeded", "succeeded", "unchanged"], {"made", "left"}),
        ("required", ["succeeded", "failed", "failed"], {"made"}),
    ),
)
def test_what_an_agent_leaves_is_committed_as_the_map_says(
    commit: str, states: list[str], landed: set[str], tmp_path: Path
) -> None:
    steps = """
    - {shell: touch made && git add made && git commit -qm made, when: item == 'made'}
    - {shell: touch left, when: item == 'left'}
    """
    ended = run_everywhere(
        tmp_path,
        steps,
        phases=("map",),
        map_fields=f"input: [made, left, none]\ncommit: {commit}",
    )
    assert ended.states == states
    assert {"made", "left"} & set(ended.tree()) == landed
