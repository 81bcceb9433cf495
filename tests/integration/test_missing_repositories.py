"""A worktree, a submodule and a subdirectory as the workspace: they run where their repository is there, and are
reported as what they are where it is not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository

WORKFLOW = "name: w\nmap:\n  input: [a]\n  commit: auto\n  agent_template:\n    - shell: echo 1 > made.txt\n"
PULL = "-c", "protocol.file.allow=always"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("places")
    main = make_repository(directory / "main", {"w.yml": WORKFLOW})
    library = make_repository(directory / "library", {"w.yml": WORKFLOW})
    git(main, *PULL, "submodule", "--quiet", "add", str(library), "lib")
    git(main, "commit", "-qm", "lib")
    git(main, "worktree", "add", "-q", str(directory / "tree"), "-b", "side")
    return directory


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert [word for word in words if word not in ended.stderr] == [], ended.stderr


@pytest.mark.parametrize("place", ("tree", "main/lib"))
def test_a_run_works_in_a_worktree_and_in_a_submodule(places: Path, place: str) -> None:
    ended = prodigy(places / place, "run", "w.yml")
    assert ended.exit_code == 0, ended.stderr
    assert (places / place / "made.txt").read_text() == "1\n"
    assert git(places / place, "status", "--porcelain") == ""
    assert ended.results["base_sha"] != ended.results["head_sha"]


def test_without_its_repository_each_is_reported_as_what_it_is(places: Path, tmp_path: Path) -> None:
    (places / "main/lib").rename(tmp_path / "lib")
    (places / "main").rename(tmp_path / "moved")
    git_dir = f"{places}/main/.git"
    tree = prodigy(places / "tree", "run", "w.yml")
    assert_refused(
        tree, "is a worktree without its repository", f"names '{git_dir}/worktrees/tree', which is not there"
    )
    assert_refused(tree, f"mount '{git_dir}' too, at the same path")
    assert_refused(prodigy(places / "tree", "clean"), "is a worktree without its repository")
    library = prodigy(tmp_path / "lib", "plan", "w.yml")
    assert_refused(library, "is a submodule without its repository", "names '../.git/modules/lib'", "working-directory")
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone/w.yml").write_text(WORKFLOW)
    alone = prodigy(tmp_path / "alone", "run", "w.yml")
    assert_refused(alone, "is not inside a git repository", "mount its root, not a directory in it")
