"""Variables of `env` that name each other, whatever their order in the file."""

from __future__ import annotations

from pathlib import Path

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

FORWARD = """
name: forward
env:
  A: "${B}/$C"
  B: "b-${C}"
  C: {command: 'echo "c${D}"'}
  MODE: {condition: "${STAGE} == 'late'", when_true: "${A}", when_false: early}
  D: d
  STAGE: late
  HOME: "${HOME}/below"
  X: "${Y:-none}"
  Y: "y"
steps:
  - shell: echo "$A $B $MODE $X ${HOME##*/}" > seen; git add seen
    auto_commit: true
"""


def test_a_variable_may_name_one_that_stands_below_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": ""})
    ended = run(repository, FORWARD)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["seen"].strip() == "b-cd/cd b-cd b-cd/cd y below"
    assert "is left as it is" not in ended.stdout


def test_variables_that_name_each_other_are_a_warning(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": ""})
    text = "name: t\nenv: {a: '${b}', b: '${a}'}\nsteps: [{shell: 'true'}]\n"
    (repository / "w.yml").write_text(text)
    ended = prodigy(repository, "validate", "w.yml")
    assert ended.exit_code == 0
    assert "w.yml:2:22: warning: '${a}' is left as it is: `a` needs this value itself" in ended.stdout, ended.stdout
