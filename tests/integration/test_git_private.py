"""The private repository: borrowed objects, many runs at once, nothing left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from prodigy_action.adapters.files.temporary_pool import remove_tree, sweep_pools, temporary_pool
from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.git_engine import git_engine
from prodigy_action.errors import GitFailed, InvalidInput
from prodigy_action.model.git import Conflicted, Landed, Submission
from tests.support.backends import BACKENDS, run_on
from tests.support.engines import IDENTITY, GitWork, committing, engine_on, land, land_one, run_agent
from tests.support.git import git, make_repository, write


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_left_at_the_end(tmp_path: Path, backend: str) -> None:
    repository, temporary = make_repository(tmp_path / "repository"), tmp_path / "temporary"
    temporary.mkdir()

    def protect(root: Path) -> None:
        write(root, "closed/inner/file", "x\n")
        (root / "closed/inner").chmod(0)
        (root / "closed").chmod(0)

    async def run() -> None:
        async with engine_on(repository, temporary=temporary) as engine:
            worktree = await engine.worktrees.create_worktree("agent-0")
            protect(Path(worktree.path))

    run_on(backend, run)
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_after_a_cancellation(tmp_path: Path) -> None:
    repository, temporary = make_repository(tmp_path / "repository"), tmp_path / "temporary"
    temporary.mkdir()

    async def run() -> None:
        async with engine_on(repository, temporary=temporary, size=2) as engine, anyio.create_task_group() as group:
            group.start_soon(engine.worktrees.create_worktree, "a")
            group.start_soon(engine.worktrees.create_worktree, "b")
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    run_on("asyncio", run)
    assert list(temporary.iterdir()) == []


def test_pools_of_dead_runs_are_swept_and_those_of_live_ones_are_not(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from prodigy_action.adapters.files.temporary_pool import temporary_pool\n"
        "with temporary_pool(sys.argv[1]) as root:\n"
        "    print(root, flush=True)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        with temporary_pool(str(tmp_path)) as ours:
            assert theirs.is_dir()
            process.send_signal(signal.SIGKILL)
            process.wait()
            with temporary_pool(str(tmp_path)):
                assert not theirs.exists()
                assert Path(ours).is_dir()
    finally:
        process.kill()
        process.communicate()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("removed", (0, 1, 2, 3))
def test_a_pool_whose_removal_was_killed_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    class Killed(BaseException):
        pass

    left = iter(range(removed))

    def remove(path: str) -> None:
        if next(left, None) is None:
            raise Killed
        remove_tree(path)

    monkeypatch.setattr("prodigy_action.adapters.files.temporary_pool.remove_tree", remove)
    with suppress(Killed), temporary_pool(str(tmp_path)) as root:
        for name in ("a", "worktrees", "z"):
            write(Path(root), f"{name}/file", "x")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) != []
    sweep_pools(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_directories_that_are_no_pools_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / "prodigy-pool-without-lock").mkdir()
    (tmp_path / "other").mkdir()
    write(tmp_path, "other/pool.lock", "")
    with temporary_pool(str(tmp_path)):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "prodigy-pool-without-lock"]


def test_a_pool_is_locked_while_it_is_in_use(tmp_path: Path) -> None:
    with temporary_pool(str(tmp_path)) as root, open(f"{root}/pool.lock") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_removed_tree_takes_no_linked_directory_with_it(tmp_path: Path) -> None:
    write(tmp_path, "kept/file", "kept\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to(tmp_path / "kept")
    remove_tree(str(tmp_path / "tree"))
    assert (tmp_path / "kept/file").exists()


def test_a_run_id_that_no_branch_can_have_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> None:
        with pytest.raises(GitFailed, match="cannot be part of a branch name"):
            async with engine_on(repository, "a..b"):
                pass

    run_on("asyncio", run)


def test_many_runs_at_once_on_one_repository(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    moved: list[bool] = []

    async def one(number: int) -> None:
        async with engine_on(repository, f"run-{number}", temporary=tmp_path) as engine:
            for item in range(3):
                await land(engine, item, committing({f"run{number}-{item}": "new\n"}))
            moved.append((await engine.publish(await engine.advance())).checkout)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(one, number)

    run_on("asyncio", run)
    assert moved.count(True) == 1
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "fsck", "--full") == ""
    for number in range(4):
        names = git(repository, "diff", "--name-only", "main~3", f"prodigy/run-{number}").splitlines()
        assert {f"run{number}-{item}" for item in range(3)} <= set(names)


@pytest.mark.parametrize("filter_", ("blob:none", "tree:0"))
def test_a_partial_clone_is_completed_through_the_checkout(tmp_path: Path, filter_: str) -> None:
    origin = make_repository(tmp_path / "origin")
    committing({"file1.txt": "newer\n"})(origin)
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", f"--filter={filter_}", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    git(clone, "sparse-checkout", "set", "nothing")
    git(clone, "checkout", "--quiet")

    async def run() -> bool:
        async with engine_on(clone) as engine:
            await land(engine, 0, committing({"file2.txt": "landed\n"}))
            return (await engine.publish(await engine.advance())).checkout

    assert run_on("asyncio", run)
    assert git(clone, "show", "HEAD:file2.txt") == "landed"


def test_a_partial_clone_that_cannot_be_completed_is_refused(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", {"dir/a": "a\n", "b": "b\n"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{origin}", "clone")
    origin.rename(tmp_path / "gone")

    async def run() -> None:
        with pytest.raises(InvalidInput, match="partial clone that lacks 2 objects"):
            async with engine_on(tmp_path / "clone"):
                pass

    run_on("asyncio", run)


def test_a_missing_object_of_the_checkout_is_an_error_not_a_hole(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    blob = git(repository, "rev-parse", "HEAD:file1.txt")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()

    async def run() -> None:
        with pytest.raises(GitFailed):
            async with engine_on(repository):
                pass

    run_on("asyncio", run)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_foreign_checkout_is_left_exactly_as_it_was_until_publishing(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 1001, 121)

    def picture() -> dict[str, tuple[int, int, int]]:
        # git freshens the times of borrowed objects that somebody writes again.
        paths = (path for path in (repository, *repository.rglob("*")) if path.parent.parent.name != "objects")
        stats = {str(path): path.lstat() for path in paths}
        return {path: (stat.st_uid, stat.st_gid, stat.st_mtime_ns) for path, stat in stats.items()}

    before = picture()

    async def run() -> None:
        async with engine_on(repository) as engine:
            await land(engine, 0, committing({"new": "new\n"}))
            await engine.advance()
            assert picture() == before

    run_on("asyncio", run)
    assert picture() == before


def test_the_identity_of_commits_is_the_one_given(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> None:
        checkout = await open_checkout(str(repository), dict(os.environ))
        async with git_engine(checkout, "run-1", IDENTITY, now=lambda: 1_700_000_000) as opened:
            engine = GitWork(opened)
            await engine.prepare_pool(1)
            await land(engine, 0, committing({"new": "new\n"}))
            await engine.publish(engine.parent.head)

    run_on("asyncio", run)
    assert git(repository, "log", "-1", "--format=%cn <%ce> %ct") == "Engine <engine@example.org> 1700000000"


@pytest.mark.stress
def test_24_agents_at_once_land_every_time(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {f"file{number}": f"{number}\n" for number in range(480)})
    landed: list[Landed | Conflicted] = []

    async def agent(engine: GitWork, item_id: int, submissions: dict[int, Submission]) -> None:
        act = committing({f"file{item_id}": "edited\n", f"new{item_id}": "new\n"})
        submissions[item_id] = await run_agent(engine, item_id, act)

    async def run() -> None:
        async with engine_on(repository, size=24, temporary=tmp_path) as engine:
            for repetition in range(20):
                submissions: dict[int, Submission] = {}
                async with anyio.create_task_group() as group:
                    for item_id in range(repetition * 24, repetition * 24 + 24):
                        group.start_soon(agent, engine, item_id, submissions)
                for item_id in sorted(submissions):
                    outcome = await land_one(engine.parent, item_id, submissions[item_id], "Merge")
                    landed.append(outcome)
            await engine.publish(await engine.advance())

    run_on("asyncio", run)
    assert [type(outcome) for outcome in landed] == [Landed] * 480
    assert len(git(repository, "diff", "--name-only", "HEAD@{1}", "HEAD").splitlines()) == 960


def test_what_was_killed_before_it_was_locked_is_swept(tmp_path: Path) -> None:
    (tmp_path / "prodigy-new-pool-empty").mkdir()
    write(tmp_path, "prodigy-new-pool-unlocked/pool.lock", "")
    with temporary_pool(str(tmp_path)) as root:
        assert list(tmp_path.iterdir()) == [Path(root)]
    assert list(tmp_path.iterdir()) == []


def test_runs_that_start_and_sweep_at_once_all_get_a_pool(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from prodigy_action.adapters.files.temporary_pool import temporary_pool\n"
        "for _ in range(100):\n"
        "    with temporary_pool(sys.argv[1]) as root:\n"
        "        assert pathlib.Path(root, 'pool.lock').exists()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert list(tmp_path.iterdir()) == []
