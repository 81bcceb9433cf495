"""Who commits are by, and how much is logged, as the options say."""

from __future__ import annotations

from pathlib import Path

from tests.support.blackbox import run
from tests.support.git import git, make_repository

WORKFLOW = """
name: identity
map:
  input: [0]
  agent_template:
    - shell: echo x > f && git add f && git commit -qm f
"""


def test_commits_are_by_whom_the_options_name_and_the_level_hides_the_rest(tmp_path: Path) -> None:
    options = ("--git-user-name", "Ada Bot", "--git-user-email", "ada@example.com", "--log-level", "error")
    ended = run(make_repository(tmp_path / "r", {"start": ""}), WORKFLOW, *options, "--quiet")
    assert ended.exit_code == 0
    base = ended.results["base_sha"]
    by = git(ended.repository, "log", "--format=%an <%ae>, %cn <%ce>", f"{base}..HEAD").splitlines()
    assert len(by) == 2
    assert set(by) == {"Ada Bot <ada@example.com>, Ada Bot <ada@example.com>"}
    assert ended.stdout == "✓ success: 1 item: 1 landed\n"
