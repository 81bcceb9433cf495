from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.errors import InvalidInput
from prodigy_action.model.git import Checkout, Identity
from tests.support.backends import BACKENDS, run_on
from tests.support.git import git, make_repository, write


def describe(path: Path, backend: str = "asyncio") -> Checkout:
    return run_on(backend, open_checkout, str(path), dict(os.environ))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_checkout_is_described(tmp_path: Path, backend: str) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "config", "user.name", "Someone")
    git(repository, "config", "user.email", "someone@example.org")
    write(repository, "file1.txt", "changed\n")
    write(repository, "new.txt", "new\n")
    write(repository, "directory/new.txt", "new\n")
    found = describe(repository, backend)
    assert found == Checkout(
        path=str(repository),
        git_dir=f"{repository}/.git",
        common_dir=f"{repository}/.git",
        head=git(repository, "rev-parse", "HEAD"),
        branch="main",
        shallow=False,
        identity=Identity("Someone", "someone@example.org"),
        modified=1,
        untracked=2,
        owner=(os.geteuid(), os.getegid()),
    )


def test_describing_changes_nothing(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    os.utime(repository / "file1.txt", (1, 1))
    before = (repository / ".git/index").read_bytes()
    describe(repository)
    assert (repository / ".git/index").read_bytes() == before


def test_a_subdirectory_names_its_checkout(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a/b/c": "text\n"})
    assert describe(repository / "a/b").path == str(repository)


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "checkout", "--quiet", "--detach")
    assert describe(repository).branch is None


def test_a_linked_worktree_is_a_checkout(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    found = describe(tmp_path / "linked")
    assert (found.branch, found.common_dir) == ("other", f"{repository}/.git")
    assert found.git_dir == f"{repository}/.git/worktrees/linked"


def test_a_work_tree_named_by_the_configuration_is_the_checkout(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    shutil.copytree(repository, tmp_path / "elsewhere", ignore=shutil.ignore_patterns(".git"))
    git(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    found = describe(repository)
    assert found.path == str(tmp_path / "elsewhere")
    assert found.git_dir == f"{repository}/.git"


def test_a_shallow_clone_says_so(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "clone")
    assert describe(tmp_path / "clone").shallow


def test_a_checkout_in_the_middle_of_a_merge_is_accepted(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / ".git/MERGE_HEAD").write_text(git(repository, "rev-parse", "HEAD") + "\n")
    assert describe(repository).head == git(repository, "rev-parse", "HEAD")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_checkout_of_another_user_is_opened(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 1001, 121)
    assert describe(repository).owner == (1001, 121)


def test_variables_of_a_calling_git_do_not_lead_astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(tmp_path / "repository")
    other = make_repository(tmp_path / "other", {"a": "a\n"})
    monkeypatch.setenv("GIT_DIR", f"{other}/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", f"{other}/.git/index")
    found = describe(repository)
    assert (found.path, found.modified) == (str(repository), 0)


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        describe(path)
    return caught.value.diagnostics[0].message


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    assert "is not a directory" in refusal(tmp_path / "absent")


def test_a_directory_without_repository_is_refused(tmp_path: Path) -> None:
    assert "is not inside a git repository" in refusal(tmp_path)


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    assert "is a bare repository" in refusal(tmp_path / "bare")


def test_the_inside_of_a_git_directory_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    assert "lies inside a git directory" in refusal(repository / ".git")


def test_a_repository_without_commits_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "empty")
    assert "has no commit yet" in refusal(tmp_path / "empty")


def test_a_head_that_names_no_commit_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    assert "has a HEAD that names no commit" in refusal(repository)


def test_a_sha256_repository_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "modern")
    git(tmp_path / "modern", "commit", "--quiet", "--allow-empty", "-m", "base")
    assert "object format 'sha256'" in refusal(tmp_path / "modern")
