"""Loose objects as git writes them, with its own compression."""

from __future__ import annotations

from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.objects import GitObjects
from tests.support.git import git, make_repository


def test_the_size_of_a_loose_object_is_reported_whatever_its_code_tables(tmp_path: Path) -> None:
    texts = ["", "x", "".join(chr(33 + n * 7 % 90) for n in range(5_000)), Path(__file__).read_text() * 3]
    repository = make_repository(tmp_path / "r", {f"{n}.txt": text for n, text in enumerate(texts)})
    git_dir = str(repository / ".git")
    objects = GitObjects(GitCalls(cwd=git_dir, git_dir=git_dir), f"{git_dir}/objects")
    try:
        ids = [git(repository, "rev-parse", f"HEAD:{n}.txt") for n in range(len(texts))]
        assert [objects.loose_size(id) for id in ids] == [len(text.encode()) for text in texts]
    finally:
        objects.close()
