"""What git gets on standard input reaches it, however late git reads it."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls
from tests.support.git import make_repository


def test_a_git_that_reads_late_gets_all_of_its_input(tmp_path: Path) -> None:
    git = GitCalls(cwd=str(make_repository(tmp_path / "r", {"a": "b\n"})))
    for size in (10, 1_000_000):
        late = ("-c", "alias.late=!sleep 0.6; wc -c", "late")
        assert int(git.text(*late, stdin=b"x" * size)) == size


def test_a_git_that_ends_without_reading_its_input_is_no_failure(tmp_path: Path) -> None:
    git = GitCalls(cwd=str(make_repository(tmp_path / "r", {"a": "b\n"})))
    assert git.text("-c", "alias.early=!echo done", "early", stdin=b"x" * 1_000_000) == "done"
