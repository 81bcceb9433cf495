"""A command that no shell can read is reported in place, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import prodigy, run
from tests.support.git import make_repository

CUT = """name: cut
setup:
- shell: touch ran
map:
  input: [1]
  agent_template:
  - shell: sed -i '1i # header' f
  - {shell: echo ok, on_failure: {shell: 'echo "oh'}}
reduce:
- foreach: echo 'a
  do: [{shell: "echo (x"}]
"""


def test_a_command_that_a_comment_of_yaml_has_cut_is_reported_in_place(tmp_path: Path) -> None:
    ended = run(make_repository(tmp_path / "repository", {}), CUT)
    assert ended.exit_code == 2
    output = ended.stderr
    refused = "error: the shell cannot read this command: reached EOF without closing quote"
    assert f"workflow.yml:7:19: {refused} `'`" in output
    assert "in YAML ` #` begins a comment" in output
    assert f'workflow.yml:8:48: {refused} `"`' in output
    assert f"workflow.yml:10:17: {refused} `'`" in output
    assert "workflow.yml:11:17: warning: a shell may not read this command: `foo(` must be followed by `)`" in output
    assert output.count("begins a comment") == 1
    assert not ended.results_dir.exists()


def test_a_prompt_that_a_comment_of_yaml_has_cut_is_warned_of(tmp_path: Path) -> None:
    document = """
steps:
- claude: /fix issue #12 now
- claude: /fix issue # by hand
- claude: '/fix issue #13'
reduce: [{shell: 'true'}]
"""
    (tmp_path / "workflow.yml").write_text(document)
    ended = prodigy(tmp_path, "validate", "workflow.yml")
    output = ended.stdout + ended.stderr
    assert ended.exit_code == 0
    assert "workflow.yml:3:11: warning: YAML takes what begins with '#12' for a comment" in output
    assert "workflow.yml:6:1: warning: `reduce` does not run without a `map`" in output
    assert output.count("warning:") == 2


@pytest.mark.parametrize(
    "command",
    (
        "|\n    cat <<'END' > out\n    don't\n    END",
        "'echo \"# it''s\"'",
        "echo a\\'b # a comment that isn't code",
    ),
)
def test_a_command_that_a_shell_reads_is_not_refused(command: str, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(f"name: fine\nsteps:\n- shell: {command}\n")
    ended = prodigy(tmp_path, "validate", "workflow.yml")
    assert (ended.exit_code, "shell cannot read" in ended.stdout + ended.stderr) == (0, False)
