"""What is read from loose objects as git writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from prodigy_action.adapters.git.calls import GitCalls
from prodigy_action.adapters.git.objects import GitObjects
from tests.support.git import git_environ, make_repository


def test_the_size_of_a_loose_object_is_reported_however_it_is_compressed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "x"})
    objects = GitObjects(GitCalls(cwd=str(repository)), str(repository / ".git" / "objects"))
    # The code tables that text is compressed with may be longer than what is read of the header.
    text = (Path(__file__).parents[2] / "README.md").read_bytes()
    for size in (0, 1, 100, 1_000, 2_000, 4_000, 6_000):
        content = text[:size]
        command = ["git", "-C", str(repository), "hash-object", "-w", "--stdin"]
        done = subprocess.run(command, input=content, capture_output=True, check=True, env=git_environ())
        assert objects.loose_size(done.stdout.decode().strip()) == size
    assert objects.loose_size("1" * 40) == 0
    objects.close()
