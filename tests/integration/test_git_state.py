from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio
import pytest

from prodigy_action.adapters.git.state import WorktreeState
from prodigy_action.errors import GitFailed
from prodigy_action.model.git import CommitRequest, GitChanges
from tests.support.backends import BACKENDS, run_on
from tests.support.engines import IDENTITY, committing
from tests.support.git import commit_all, git, make_repository, write

T = TypeVar("T")


def ask(question: Callable[[WorktreeState], Awaitable[T]], backend: str = "asyncio") -> T:
    async def run() -> T:
        return await question(WorktreeState(IDENTITY, anyio.CapacityLimiter(2)))

    return run_on(backend, run)


def commit(repository: Path, request: CommitRequest) -> str | None:
    return ask(lambda state: state.commit(str(repository), request))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"a.txt": "1\n2\n3\n", "b.txt": "b\n", "c.txt": "c\n"})
    git(made, "config", "user.name", IDENTITY.name)
    git(made, "config", "user.email", IDENTITY.email)
    return made


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("how", ("branch", "packed", "detached", "linked"))
def test_head_is_found_wherever_it_is_kept(repository: Path, backend: str, how: str) -> None:
    place = repository
    if how == "packed":
        git(repository, "pack-refs", "--all")
    elif how == "detached":
        git(repository, "checkout", "--quiet", "--detach")
    elif how == "linked":
        git(repository, "worktree", "add", "--quiet", "-b", "x", "../linked")
        place = repository.parent / "linked"
    assert ask(lambda state: state.head(str(place)), backend) == git(repository, "rev-parse", "HEAD")


def test_an_unborn_head_is_an_error(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--orphan", "fresh")
    with pytest.raises(GitFailed):
        ask(lambda state: state.head(str(repository)))


def test_changes_count_commits_and_the_working_tree_together(repository: Path) -> None:
    since = git(repository, "rev-parse", "HEAD")
    first = committing({"a.txt": "1\ntwo\n3\n"})
    first(repository)
    second = commit_all(repository, "empty")
    (repository / "b.txt").unlink()
    write(repository, "new\nname", "x\ny\n")
    write(repository, "binary", b"\0\1")
    index = (repository / ".git/index").read_bytes()
    found = ask(lambda state: state.changes(str(repository), since))
    assert found == GitChanges(
        files_added=("binary", "new\nname"),
        files_modified=("a.txt",),
        files_deleted=("b.txt",),
        commits=(git(repository, "rev-parse", f"{second}^"), second),
        insertions=3,
        deletions=2,
    )
    assert (repository / ".git/index").read_bytes() == index


def test_no_changes_are_none(repository: Path) -> None:
    assert ask(lambda state: state.changes(str(repository), "HEAD")) == GitChanges()


def test_everything_is_committed_without_globs(repository: Path) -> None:
    write(repository, "a.txt", "changed\n")
    write(repository, "dir/new.txt", "new\n")
    made = commit(repository, CommitRequest(message="done\n\nwith a body"))
    assert made == git(repository, "rev-parse", "HEAD")
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "log", "-1", "--format=%B") == "done\n\nwith a body\n"


def test_nothing_to_commit_is_none(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert commit(repository, CommitRequest(message="nothing")) is None
    assert git(repository, "rev-parse", "HEAD") == head


def test_globs_choose_what_is_committed(repository: Path) -> None:
    for name in ("a.txt", "dir/x.py", "dir/deep/y.py", "dir/skip.py", "z.md"):
        write(repository, name, "changed\n")
    request = CommitRequest(message="some", include=("**/*.py", "a.*"), exclude=("dir/skip.py",))
    assert commit(repository, request) is not None
    assert git(repository, "show", "--format=", "--name-only").splitlines() == ["a.txt", "dir/deep/y.py", "dir/x.py"]
    assert git(repository, "status", "--porcelain", "-uall").splitlines() == ["?? dir/skip.py", "?? z.md"]


def test_globs_that_match_nothing_commit_nothing(repository: Path) -> None:
    write(repository, "a.txt", "changed\n")
    assert commit(repository, CommitRequest(message="none", include=("*.rs",))) is None


@pytest.mark.parametrize(
    ("author", "expected"),
    (("Ann <ann@example.org>", "Ann <ann@example.org>"), ("Ann", f"Ann <{IDENTITY.email}>")),
)
def test_an_author_may_be_named(repository: Path, author: str, expected: str) -> None:
    write(repository, "a.txt", "changed\n")
    commit(repository, CommitRequest(message="by Ann", author=author))
    assert git(repository, "log", "-1", "--format=%an <%ae>") == expected


def test_squashing_folds_commits_and_changes_into_one(repository: Path) -> None:
    since = git(repository, "rev-parse", "HEAD")
    for number in range(3):
        committing({"a.txt": f"{number}\n", f"new{number}": "new\n"})(repository)
    write(repository, "b.txt", "changed\n")
    commit(repository, CommitRequest(message="one", squash_since=since))
    assert git(repository, "rev-list", f"{since}..HEAD", "--count") == "1"
    assert len(git(repository, "diff", "--name-only", since, "HEAD").splitlines()) == 5


def test_a_message_that_looks_like_a_comment_stays(repository: Path) -> None:
    write(repository, "a.txt", "changed\n")
    commit(repository, CommitRequest(message="#12: fix"))
    assert git(repository, "log", "-1", "--format=%s") == "#12: fix"


def test_hooks_do_not_run(repository: Path) -> None:
    hook = repository / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    write(repository, "a.txt", "changed\n")
    assert commit(repository, CommitRequest(message="x")) is not None


def test_a_worktree_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="is gone"):
        ask(lambda state: state.head(str(tmp_path / "absent")))
