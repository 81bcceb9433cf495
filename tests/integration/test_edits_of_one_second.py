"""Edits that keep the size of a file, in the second of its checkout: neither time nor size shows them to git."""

from __future__ import annotations

from pathlib import Path

from tests.support.blackbox import run
from tests.support.git import git, make_repository

WAIT = 'now=$(date +%s); while [ "$(date +%s)" = "$now" ]; do sleep 0.05; done'
"""Until the next second begins: what copies git's index after that makes it younger than the edit."""


def test_the_patch_of_uncommitted_work_has_such_an_edit(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", files={"a.txt": "a\n"})
    ended = run(
        repository,
        f"""
name: same-size
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7]
  commit: as-made
  max_parallel: 4
  agent_template:
    - shell: |
        echo b > a.txt; {WAIT}
""",
    )
    assert [item["uncommitted"] for item in ended.results["items"]] == [["a.txt"]] * 8
    patches = [path.read_text() for path in sorted((ended.results_dir / "patches").iterdir())]
    assert len(patches) == 8
    assert all("\n+b\n" in patch for patch in patches)


def test_the_changes_of_a_step_have_such_an_edit(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", files={"a.txt": "a\n"})
    ended = run(
        repository,
        f"""
name: same-size
commands:
  - shell: |
      git rm -q --cached a.txt && git add a.txt && echo b > a.txt; {WAIT}
  - shell: 'echo "${{workflow.files_modified}}" > seen && git add seen && git commit -qm seen'
""",
    )
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert git(repository, "show", "HEAD:seen") == "a.txt"
