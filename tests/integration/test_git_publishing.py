from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from prodigy_action.model.git import Publication
from tests.support.backends import BACKENDS, run_on
from tests.support.engines import Act, committing, engine_on, land
from tests.support.git import commit_all, git, make_repository, write

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def publish(
    repository: Path,
    act: Act,
    *,
    meanwhile: Callable[[], object] = lambda: None,
    run_id: str = "run-1",
    backend: str = "asyncio",
    move_checkout: bool = True,
) -> Publication:
    async def run() -> Publication:
        async with engine_on(repository, run_id) as engine:
            await land(engine, 0, act)
            head = await engine.advance()
            meanwhile()
            return await engine.publish(head, move_checkout=move_checkout)

    return run_on(backend, run)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_branch_and_the_checkout_follow(tmp_path: Path, backend: str) -> None:
    repository = make_repository(tmp_path / "repository")
    found = publish(repository, committing({"dir/new": "new\n", "file1.txt": "changed\n"}), backend=backend)
    assert found == Publication(head=git(repository, "rev-parse", "HEAD"), branch="prodigy/run-1", checkout=True)
    assert git(repository, "rev-parse", "prodigy/run-1", "main").splitlines() == [found.head] * 2
    assert (repository / "dir/new").read_text() == "new\n"
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "fsck", "--full") == ""


def test_the_result_stands_when_the_private_repository_is_gone(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    publish(repository, committing({"new": "new\n"}))
    assert not (repository / ".git/objects/info/alternates").exists()
    assert git(repository, "fsck", "--full", "--strict") == ""


def test_nothing_landed_makes_no_branch(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    found = publish(repository, lambda _: None)
    assert (found.branch, found.checkout) == (None, False)
    assert git(repository, "branch", "--list") == "* main"


def test_a_detached_head_moves_alone(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "--detach")
    found = publish(repository, committing({"new": "new\n"}))
    assert found.checkout
    assert git(repository, "rev-parse", "HEAD", "main").splitlines() == [found.head, base]


def test_a_run_that_did_not_end_well_leaves_the_branch_only(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    found = publish(repository, committing({"new": "new\n"}), move_checkout=False)
    assert (found.branch, found.checkout) == ("prodigy/run-1", False)
    assert git(repository, "rev-parse", "HEAD", "prodigy/run-1").splitlines() == [base, found.head]


def unmoved(repository: Path, found: Publication, base: str) -> str:
    assert not found.checkout
    assert git(repository, "rev-parse", "HEAD", "prodigy/run-1").splitlines() == [base, found.head]
    assert not (repository / ".git/index.lock").exists()
    assert found.reason is not None
    return found.reason


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    (
        ("file1.txt", "mine\n", "local changes would be lost: 'file1.txt'"),
        ("new", "mine\n", "untracked or ignored files are in the way: 'new'"),
        (".env", "SECRET=1\n", "untracked or ignored files are in the way: '.env'"),
        ("dir", "a file where a directory comes\n", "untracked or ignored files are in the way: 'dir'"),
    ),
)
def test_nothing_local_is_lost(tmp_path: Path, path: str, content: str, reason: str) -> None:
    repository = make_repository(tmp_path / "repository", {"file1.txt": "1\n", ".gitignore": ".env\n"})
    base = git(repository, "rev-parse", "HEAD")

    def act(root: Path) -> None:
        for name in ("file1.txt", "new", ".env", "dir/inside"):
            write(root, name, "landed\n")
        git(root, "add", "--force", ".env")
        commit_all(root)

    found = publish(repository, act, meanwhile=lambda: write(repository, path, content))
    assert unmoved(repository, found, base) == reason
    assert (repository / path).read_text() == content
    assert sorted(entry.name for entry in repository.iterdir()) == sorted({".git", ".gitignore", "file1.txt", path})


def test_a_staged_change_is_not_lost(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    write(repository, "file1.txt", "staged\n")
    git(repository, "add", "file1.txt")
    write(repository, "file1.txt", "line 1\n" * 5)
    unmoved(repository, publish(repository, committing({"file1.txt": "landed\n"})), base)
    assert git(repository, "show", ":file1.txt") == "staged"


def test_local_changes_elsewhere_stay(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", "b": "b\n", "c": "c\n"})
    write(repository, "b", "mine\n")
    write(repository, "staged", "mine\n")
    git(repository, "add", "staged")
    write(repository, "untracked", "mine\n")
    found = publish(repository, committing({"a": "landed\n"}))
    assert found.checkout
    assert git(repository, "status", "--porcelain").splitlines() == [" M b", "A  staged", "?? untracked"]
    assert [(repository / name).read_text() for name in ("a", "b", "untracked")] == ["landed\n", "mine\n", "mine\n"]


@pytest.mark.parametrize("how", ("commit", "reset", "branch", "detach"))
def test_a_checkout_that_moved_meanwhile_is_left_alone(tmp_path: Path, how: str) -> None:
    repository = make_repository(tmp_path / "repository")
    commit_all(repository, "second")
    commands = {
        "commit": ("commit", "--quiet", "--allow-empty", "-m", "mine"),
        "reset": ("reset", "--quiet", "--hard", "HEAD^"),
        "branch": ("checkout", "--quiet", "-b", "other"),
        "detach": ("checkout", "--quiet", "--detach"),
    }
    seen: list[str] = []

    def meanwhile() -> None:
        git(repository, *commands[how])
        seen.append(git(repository, "rev-parse", "HEAD"))

    found = publish(repository, committing({"new": "new\n"}), meanwhile=meanwhile)
    assert "HEAD of the checkout moved" in unmoved(repository, found, seen[0])


def test_an_unfinished_merge_of_the_user_is_left_alone(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    (repository / ".git/MERGE_HEAD").write_text(f"{base}\n")
    unmoved(repository, publish(repository, committing({"new": "new\n"})), base)
    assert (repository / ".git/MERGE_HEAD").exists()


def test_a_locked_index_is_reported_and_waited_for_by_nobody(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    lock = repository / ".git/index.lock"
    found = publish(repository, committing({"new": "new\n"}), meanwhile=lock.touch)
    lock.unlink()
    assert "index.lock" in unmoved(repository, found, base)
    assert found.failure == found.reason


def test_a_branch_of_the_same_name_with_other_commits_is_kept(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "checkout", "--quiet", "-b", "prodigy/run-1")
    mine = commit_all(repository, "mine")
    git(repository, "checkout", "--quiet", "main")
    found = publish(repository, committing({"new": "new\n"}))
    assert (found.branch, found.failure) == ("prodigy/run-1-2", None)
    assert git(repository, "rev-parse", "prodigy/run-1", "prodigy/run-1-2").splitlines() == [mine, found.head]


def test_publishing_again_moves_the_runs_own_branch_on(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    publish(repository, committing({"new": "new\n"}))
    found = publish(repository, committing({"newer": "newer\n"}))
    assert git(repository, "rev-parse", "prodigy/run-1", "main").splitlines() == [found.head] * 2


def test_hooks_and_settings_of_the_user_do_not_interfere(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    for name in ("post-merge", "reference-transaction", "post-checkout"):
        hook = repository / ".git/hooks" / name
        hook.write_text("#!/bin/sh\ntouch hook-ran\nexit 1\n")
        hook.chmod(0o755)
    for key, value in (("merge.ff", "false"), ("merge.autostash", "true"), ("merge.verifySignatures", "true")):
        git(repository, "config", key, value)
    assert publish(repository, committing({"new": "new\n"})).checkout
    assert not (repository / "hook-ran").exists()


def test_a_linked_worktree_is_moved_and_its_main_worktree_is_not(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    found = publish(tmp_path / "linked", committing({"new": "new\n"}))
    assert found.checkout
    assert git(repository, "rev-parse", "main", "other").splitlines() == [base, found.head]
    assert (tmp_path / "linked/new").exists()
    assert not (repository / "new").exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 2


def test_a_shallow_clone_is_published_to(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin")
    for number in range(3):
        commit_all(origin, f"more {number}")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    found = publish(clone, committing({"new": "new\n"}))
    assert found.checkout
    assert git(clone, "rev-list", "--count", "HEAD") == "3"
    assert git(clone, "fsck", "--full") == ""
    assert len((clone / ".git/shallow").read_text().splitlines()) == 1


def test_a_clone_that_borrows_objects_itself_is_published_to(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin")
    git(tmp_path, "clone", "--quiet", "--shared", str(origin), "clone")
    assert publish(tmp_path / "clone", committing({"new": "new\n"})).checkout


def test_a_work_tree_named_by_the_configuration_is_published_to(tmp_path: Path) -> None:
    make_repository(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/.git").rename(tmp_path / "store.git")
    git(tmp_path, "--git-dir=store.git", "config", "core.worktree", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere/.git").write_text(f"gitdir: {tmp_path}/store.git\n")
    assert publish(tmp_path / "elsewhere", committing({"new": "new\n"})).checkout
    assert (tmp_path / "elsewhere/new").exists()


def give_away(repository: Path) -> None:
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 1001, 121)


def owners(root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(root)): (path.lstat().st_uid, path.lstat().st_gid)
        for path in (root, *root.rglob("*"))
        if (path.lstat().st_uid, path.lstat().st_gid) != (1001, 121)
    }


@ROOT_ONLY
def test_what_is_written_belongs_to_the_checkouts_owner(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    give_away(repository)

    def act(root: Path) -> None:
        (root / "link").symlink_to("/etc/hostname")
        committing({"deep/er/new": "new\n", "file1.txt": "changed\n", "file2.txt": None})(root)

    before = Path("/etc/hostname").stat() if Path("/etc/hostname").exists() else None
    assert publish(repository, act).checkout
    assert owners(repository) == {}
    assert before is None or Path("/etc/hostname").stat().st_uid == before.st_uid


@ROOT_ONLY
def test_a_linked_worktree_of_another_user_stays_theirs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    give_away(repository)
    give_away(tmp_path / "linked")
    assert publish(tmp_path / "linked", committing({"new/file": "new\n"})).checkout
    assert owners(repository) == owners(tmp_path / "linked") == {}


@ROOT_ONLY
def test_even_a_refused_publication_leaves_nothing_of_ours(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    give_away(repository)
    write(repository, "new", "mine\n")
    os.lchown(repository / "new", 1001, 121)
    assert not publish(repository, committing({"new": "landed\n"})).checkout
    assert owners(repository) == {}
