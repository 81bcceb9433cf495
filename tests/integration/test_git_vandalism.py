"""Whatever an agent does to its worktree, the next one gets a pristine worktree, to the last byte and mode."""

from __future__ import annotations

import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.backends import run_on
from tests.support.engines import engine_on, picture, run_agent
from tests.support.git import commit_all, git, make_repository, shell, write

Vandal = Callable[[Path, random.Random], None]


def rich_repository(path: Path) -> Path:
    files = {
        f"{directory}{name}": f"{directory}{name}\n" * 3 for directory in ("", "a/", "a/b/", "c/") for name in "xyz"
    }
    make_repository(path, {**files, ".gitignore": "*.log\nbuild/\n", "tool.sh": "#!/bin/sh\n"})
    (path / "tool.sh").chmod(0o755)
    (path / "link").symlink_to("a/x")
    (path / "to-directory").symlink_to("a")
    write(path, b"odd\nname-\xff", "odd\n")
    commit_all(path)
    return path


def entries(root: Path) -> list[Path]:
    found = [
        path for path in root.rglob("*") if ".git" not in path.parts and path.parts[: len(root.parts)] == root.parts
    ]
    return sorted(found)


def pick(root: Path, seed: random.Random) -> Path:
    return seed.choice(entries(root) or [root / "nothing"])


def overwrite_in_place(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    if path.is_file() and not path.is_symlink():
        times = path.stat()
        content = bytearray(path.read_bytes() or b"?")
        content[0] ^= 1
        path.write_bytes(bytes(content))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def remove(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def change_mode(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    if path.exists() and not path.is_symlink():
        path.chmod(seed.choice((0o000, 0o600, 0o777, 0o444, 0o1777)))


def replace_by_other_kind(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    remove_path(path)
    if not path.parent.is_dir():
        return
    kind = seed.randrange(4)
    if kind == 0:
        path.mkdir()
        write(path, "inside", "inside\n")
    elif kind == 1:
        path.symlink_to(seed.choice(("/etc", "a", "nowhere", "..")))
    elif kind == 2:
        os.mkfifo(path)
    else:
        path.write_bytes(b"\0binary")


def remove_path(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def move(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    if os.path.lexists(path):
        path.rename(root / f"moved-{seed.randrange(1000)}")


def move_and_link(root: Path, _: random.Random) -> None:
    if (root / "a").is_dir() and not (root / "a").is_symlink():
        shutil.rmtree(root.parent / f"{root.name}-hidden", ignore_errors=True)
        (root / "a").rename(root.parent / f"{root.name}-hidden")
        (root / "a").symlink_to(root.parent / f"{root.name}-hidden")


def leave_things(root: Path, seed: random.Random) -> None:
    number = seed.randrange(1000)
    for name in (
        f"new-{number}",
        f"noise-{number}.log",
        f"build/out-{number}",
        f"deep-{number}/a/b/c",
        f"a/new{number}",
    ):
        try:
            write(root, name, "new\n")
        except OSError:
            continue
    (root / f"empty-{number}" / "deeper").mkdir(parents=True, exist_ok=True)


def leave_protected_things(root: Path, seed: random.Random) -> None:
    directory = root / f"protected-{seed.randrange(1000)}"
    write(directory, "inner/file", "x\n")
    (directory / "inner").chmod(0o000)
    directory.chmod(0o000)


def leave_nested_repository(root: Path, seed: random.Random) -> None:
    nested = root / f"nested-{seed.randrange(1000)}"
    make_repository(nested, {"inside": "inside\n"})


def leave_socket(root: Path, _: random.Random) -> None:
    if not os.path.lexists(root / "s"):
        directory = os.open(root, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{directory}/s")  # the name of a socket must be short
        os.close(directory)


def commit_something(root: Path, seed: random.Random) -> None:
    git(root, "add", "--all", "--ignore-errors", ".", check=False)
    git(root, "commit", "--quiet", "--allow-empty", "-m", f"vandal {seed.random()}", check=False)


def break_the_repository(root: Path, seed: random.Random) -> None:
    directory = git(root, "rev-parse", "--absolute-git-dir", check=False)
    if not directory.startswith("/") or "slots" not in directory:
        return
    shell(
        root,
        seed.choice(
            (
                f"touch {directory}/index.lock {directory}/HEAD.lock",
                f"echo junk > {directory}/index",
                f"rm -f {directory}/index",
                f"rm -rf {directory}",
                "git checkout -q -f -b other || true",
                "git config core.fileMode false; git config core.autocrlf true; git config user.name Vandal",
                "git update-index --assume-unchanged x y z 2>/dev/null || true",
                "git update-index --skip-worktree x y z 2>/dev/null || true",
                "git sparse-checkout set c 2>/dev/null || true",
                "git stash -u -q 2>/dev/null || true",
                f"echo '*' >> {directory}/info/exclude",
                f"mkdir -p {directory}/hooks; echo exit 1 > {directory}/hooks/pre-commit",
                f"echo junk > {directory}/config",
                "git worktree add -q ../smuggled 2>/dev/null || true",
                "git rm -rq --cached . 2>/dev/null || true",
            )
        ),
    )


def break_the_marker(root: Path, seed: random.Random) -> None:
    shell(
        root, seed.choice(("rm -rf .git", "rm -rf .git; git init -q .", "echo gitdir: /nowhere > .git", "chmod 0 .git"))
    )


def remove_everything(root: Path, seed: random.Random) -> None:
    if seed.random() < 0.3:
        shutil.rmtree(root, ignore_errors=True)


def write_attributes(root: Path, _: random.Random) -> None:
    write(root, ".gitattributes", "* text eol=crlf\n*.sh filter=nonsense\n")


def change_ownership(root: Path, seed: random.Random) -> None:
    path = pick(root, seed)
    if os.geteuid() == 0 and os.path.lexists(path):
        os.lchown(path, 1001, 121)


VANDALS: tuple[Vandal, ...] = (
    overwrite_in_place,
    remove,
    change_mode,
    replace_by_other_kind,
    move,
    move_and_link,
    leave_things,
    leave_protected_things,
    leave_nested_repository,
    leave_socket,
    commit_something,
    break_the_repository,
    break_the_marker,
    write_attributes,
    change_ownership,
    remove_everything,
)


def pristine(root: Path) -> None:
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "log", "-1", "--format=%s") == "change"
    assert git(root, "symbolic-ref", "--quiet", "HEAD") == "refs/heads/prodigy/run-1-item-next"
    assert git(root, "rev-list", "--all", "--not", "main") == ""
    assert git(root, "stash", "list") == ""
    assert git(root, "config", "user.name") == "Engine"
    assert git(root, "reflog") == ""
    assert git(root, "ls-files", "-v") == "\n".join(f"H {name}" for name in git(root, "ls-files").split("\n"))
    git(root, "commit", "--quiet", "--allow-empty", "-m", "still works")


def survives(tmp_path: Path, rounds: list[list[Vandal]], seed: random.Random) -> None:
    repository = rich_repository(tmp_path / "repository")
    setup_left = {b"left by setup": b"left\n", b"deps/lib.js": b"lib\n"}
    fresh: dict[bytes, tuple[int, bytes]] = {}

    async def run() -> None:
        async with engine_on(repository, size=None, temporary=tmp_path) as engine:
            for name, content in setup_left.items():
                write(Path(engine.parent_worktree.path), name, content)
            await engine.commit_setup_changes()
            await engine.prepare_pool(1)
            await run_agent(engine, 0, lambda root: fresh.update(picture(root)))
            assert {*setup_left} < {*fresh}
            for number, vandals in enumerate(rounds, 1):
                worktree = await engine.worktrees.create_worktree(f"agent-{number}")
                root = Path(worktree.path)
                done = []
                for vandal in vandals:
                    if os.path.isdir(root):  # noqa: PTH112, ASYNC240 - a quick call in a test
                        vandal(root, seed)
                        done.append(vandal.__name__)
                if seed.random() < 0.5:
                    try:
                        await engine.worktrees.collect(worktree, number)
                    except Exception as error:  # noqa: BLE001 - only what the next agent sees matters here
                        done.append(type(error).__name__)
                await engine.worktrees.release(worktree)
                worktree = await engine.worktrees.create_worktree("next")
                seen = picture(Path(worktree.path))
                assert seen == fresh, (
                    done,
                    {path for path in seen.keys() | fresh.keys() if seen.get(path) != fresh.get(path)},
                )
                pristine(Path(worktree.path))
                await engine.worktrees.release(worktree)

    run_on("asyncio", run)


@pytest.mark.parametrize("vandal", VANDALS)
def test_each_kind_of_vandalism_is_undone(tmp_path: Path, vandal: Vandal) -> None:
    survives(tmp_path, [[vandal] for _ in range(6)], random.Random(vandal.__name__))  # noqa: S311


@pytest.mark.stress
@pytest.mark.parametrize("number", range(6))
def test_vandalism_in_any_mixture_is_undone(tmp_path: Path, number: int) -> None:
    seed = random.Random(number)  # noqa: S311
    survives(tmp_path, [seed.choices(VANDALS, k=seed.randint(1, 5)) for _ in range(15)], seed)
