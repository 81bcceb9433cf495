"""Real repositories in temporary directories, and agents that are functions."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from prodigy_action.adapters.git.checkout import open_checkout
from prodigy_action.adapters.git_engine import GitEngine, git_engine
from prodigy_action.adapters.landing.merging import Commits, MergingBranch, Shape
from prodigy_action.adapters.worktrees.pool import WorktreePool
from prodigy_action.model.git import Conflicted, Identity, Landed, Submission

IDENTITY = Identity("Engine", "engine@example.org")
PEOPLE = {
    "GIT_AUTHOR_NAME": "Author",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "Committer",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
}
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "HOME": "/nonexistent"}

Act = Callable[[Path], None]


def environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **ALONE, **PEOPLE, **(added or {})}


def git(directory: Path | str, *arguments: str, check: bool = True, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=environment(env),
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {arguments} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def shell(directory: Path | str, script: str) -> str:
    done = subprocess.run(
        ["sh", "-ec", script], cwd=directory, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(root: Path, path: str | bytes, content: str | bytes) -> None:
    target = root / os.fsdecode(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit_all(directory: Path | str, message: str = "change") -> str:
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")


def make_repository(path: Path, files: Mapping[str, str] | None = None) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "-b", "main")
    default = {f"file{number}.txt": f"line {number}\n" * 5 for number in range(12)}
    for name, content in (default if files is None else files).items():
        write(path, name, content)
    commit_all(path, "base")
    return path


class GitWork:
    """The git work of one run: `worktrees` and `parent` are there once `prepare_pool` has run."""

    worktrees: WorktreePool
    parent: MergingBranch

    def __init__(self, engine: GitEngine) -> None:
        self.parent_worktree = engine.parent_worktree
        self.git_dir = engine.git_dir
        self.bring_carried = engine.bring_carried
        self.commit_setup_changes = engine.commit_setup_changes
        self.result_head = engine.result_head
        self.publish = engine.publish
        self._engine = engine

    async def prepare_pool(self, size: int, carry: Sequence[str] = ()) -> None:
        self._map = await self._engine.prepare_pool(size, carry)
        self.worktrees, self.parent = self._map.worktrees, self._map.parent

    async def advance(self) -> str:
        return await self._map.advance()


@asynccontextmanager
async def engine_on(
    repository: Path | str,
    run_id: str = "run-1",
    *,
    shape: Shape = "merge",
    commits: Commits = "as-made",
    temporary: Path | str | None = None,
    size: int | None = 2,
    carry: tuple[str, ...] = (),
) -> AsyncIterator[GitWork]:
    """An engine whose pool is prepared, unless `size` is None."""
    checkout = await open_checkout(str(repository), dict(os.environ))
    directory = None if temporary is None else str(temporary)
    async with git_engine(
        checkout, run_id, IDENTITY, shape=shape, commits=commits, temporary_directory=directory
    ) as opened:
        engine = GitWork(opened)
        if size is not None:
            await engine.commit_setup_changes()
            await engine.prepare_pool(size, carry)
        yield engine


async def run_agent(engine: GitWork, item_id: int, act: Act) -> Submission:
    """One agent's life: a worktree, `act` in it, collected and released."""
    worktree = await engine.worktrees.create_worktree(f"agent-{item_id}")
    try:
        await anyio.to_thread.run_sync(act, Path(worktree.path))
        return await engine.worktrees.collect(worktree, item_id)
    finally:
        await engine.worktrees.release(worktree)


async def land(engine: GitWork, item_id: int, act: Act) -> Landed | Conflicted:
    submission = await run_agent(engine, item_id, act)
    return await engine.parent.land(item_id, submission, f"Merge item {item_id}")


def committing(files: Mapping[str, str | bytes | None], message: str = "agent") -> Act:
    """An agent that writes (None: removes) files and commits."""

    def act(root: Path) -> None:
        for name, content in files.items():
            if content is None:
                (root / name).unlink()
            else:
                write(root, name, content)
        commit_all(root, message)

    return act


def picture(root: Path) -> dict[bytes, tuple[int, bytes]]:
    """Every path below `root` but the git directory, with its mode and content."""
    top = os.fsencode(root)
    found: dict[bytes, tuple[int, bytes]] = {b"": (os.lstat(top).st_mode, b"")}

    def look(directory: bytes) -> None:
        for entry in os.scandir(directory):
            if directory == top and entry.name == b".git":
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            content = b""
            if stat.S_ISLNK(mode):
                content = os.fsencode(Path(os.fsdecode(entry.path)).readlink())
            elif stat.S_ISREG(mode):
                content = Path(os.fsdecode(entry.path)).read_bytes()
            found[entry.path[len(top) + 1 :]] = (mode, content)
            if stat.S_ISDIR(mode):
                look(entry.path)

    look(top)
    return found
