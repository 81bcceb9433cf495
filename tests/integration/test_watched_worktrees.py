"""Worktrees that the kernel watches: a clean one is not scanned, and no change of one item reaches the next."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from prodigy_action.adapters.worktrees.watching import watch_budget
from prodigy_action.adapters.worktrees.watching.watch_trial import try_watches
from prodigy_action.errors import WorktreeUnusable
from prodigy_action.model.git import Looks
from tests.support.backends import run_on
from tests.support.blackbox import prodigy, run
from tests.support.engines import GitWork, committing, engine_on, picture, run_agent
from tests.support.fake_job import fake_job
from tests.support.git import commit_all, git, make_repository, write

FILES = {f"{directory}{name}": f"{directory}{name}\n" * 3 for directory in ("", "a/", "a/b/", "c/") for name in "xyz"}
Change = Callable[[Path, Path], object]
"""Changes the worktree (first) with a scratch directory outside of it (second)."""


def append(root: Path, outside: Path) -> None:
    del outside
    with (root / "a/x").open("a") as file:
        file.write("more\n")


def git_dir(root: Path) -> Path:
    return Path((root / ".git").read_text().removeprefix("gitdir: ").strip())


def put_object(root: Path, outside: Path) -> None:
    (outside / "new").write_text("an object that nothing names\n")
    git(root, "hash-object", "-w", str(outside / "new"))


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def put_link(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


@pytest.fixture(scope="module", autouse=True)
def kernel_that_reports(tmp_path_factory: pytest.TempPathFactory) -> None:
    doubt = try_watches(str(tmp_path_factory.mktemp("trial")), None)
    if doubt:
        pytest.skip(f"this machine scans always: {doubt}")


def map_and_write(path: Path) -> None:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:1] = b"!"


def write_through_link(root: Path, outside: Path) -> None:
    os.link(root / "a/x", outside / "link")
    (outside / "link").write_text("changed\n")
    (outside / "link").unlink()


def write_and_set_back(root: Path, outside: Path) -> None:
    del outside
    before = (root / "a/x").stat()
    (root / "a/x").write_bytes(b"!" + (root / "a/x").read_bytes()[1:])
    os.utime(root / "a/x", ns=(before.st_atime_ns, before.st_mtime_ns))


def swap_directory(root: Path, outside: Path) -> None:
    del outside
    (root / "a").rename(root / "old")
    shutil.copytree(root / "old", root / "a")
    shutil.rmtree(root / "old")


def swap_and_back(root: Path, outside: Path) -> None:
    """The same names and files in another directory: a watch of the first directory sees nothing of it any more."""
    del outside
    (root / "c").rename(root / "old")
    (root / "c").mkdir()
    for name in "xyz":
        (root / "old" / name).rename(root / "c" / name)
    (root / "old").rmdir()
    write(root, "c/new", "new\n")


def set_attribute(root: Path, outside: Path) -> None:
    del outside
    with contextlib.suppress(OSError):  # not on every file system
        os.setxattr(root / "a/x", "user.prodigy", b"1")


def write_when_killed(root: Path, outside: Path) -> None:
    """A shared mapping of a process that is killed while it has it; its descriptor is closed before."""
    script = (
        "import mmap, os, sys\n"
        "file = os.open(sys.argv[1], os.O_RDWR); mapped = mmap.mmap(file, 0); os.close(file)\n"
        "mapped[:1] = b'!'; print(flush=True); sys.stdin.read()\n"
    )
    del outside
    command = [sys.executable, "-c", script, str(root / "a/x")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()


def write_while_in_flight(root: Path, outside: Path) -> None:
    """The kernel closes a file that is on its way between sockets at a time of its own."""
    del outside
    here, there = socket.socketpair()
    with (root / "a/x").open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0)
        socket.send_fds(here, [b"x"], [file.fileno(), here.fileno(), there.fileno()])
    mapped[:1] = b"!"
    mapped.close()
    here.close()
    there.close()


def in_mount_namespace(script: str) -> Change:
    def change(root: Path, outside: Path) -> None:
        command = ["unshare", "-rm", "sh", "-c", script, "sh", str(root), str(outside)]
        subprocess.run(command, check=False, capture_output=True)

    return change


OVERLAY = (
    'cd "$2" && mkdir -p l w m && mount -t overlay o -o "lowerdir=l,upperdir=$1,workdir=$3" m && echo changed > m/a/x'
)
CHANGES: dict[str, Change] = {
    "write": lambda root, _: (root / "a/x").write_text("changed\n"),
    "append": append,
    "truncate": lambda root, _: os.truncate(root / "a/x", 1),
    "same size, old times": write_and_set_back,
    "mmap": lambda root, _: map_and_write(root / "a/x"),
    "mmap of a killed process": write_when_killed,
    "mmap of a file in flight": write_while_in_flight,
    "write through a link": write_through_link,
    "link": lambda root, outside: os.link(root / "a/x", outside / "kept-link"),
    "rename over": lambda root, _: (root / "a/x").rename(root / "a/y"),
    "mode": lambda root, _: (root / "a/x").chmod(0o600),
    "mode of a directory": lambda root, _: (root / "a/b").chmod(0o500),
    "mode of the root": lambda root, _: root.chmod(0o700),
    "attribute": set_attribute,
    "times": lambda root, _: os.utime(root / "a/x", (1, 1)),
    "link swap": lambda root, _: put_link(root / "link", "a/y"),
    "file to link": lambda root, _: put_link(root / "x", "/etc/hosts"),
    "new file": lambda root, _: write(root, "c/new", "new\n"),
    "ignored file": lambda root, _: write(root, "c/new.log", "new\n"),
    "deep directory": lambda root, _: write(root, "n/e/w/file", "new\n"),
    "empty directory": lambda root, _: (root / "c/empty").mkdir(),
    "removed file": lambda root, _: (root / "z").unlink(),
    "removed directory": lambda root, _: shutil.rmtree(root / "a"),
    "removed worktree": lambda root, _: shutil.rmtree(root),
    "swapped directory": swap_directory,
    "swapped and refilled": swap_and_back,
    "pipe": lambda root, _: os.mkfifo(root / "c/pipe"),
    "bind mount": in_mount_namespace('mount --bind "$1/a" "$2" && echo changed > "$2/x"'),
    "overlay": lambda root, outside: in_mount_namespace(OVERLAY.replace("$3", "$1.w"))(root, outside),
    "other root": lambda root, _: subprocess.run(
        ["sh", "-c", 'echo changed > "/proc/$$/root$0/a/x"', str(root)], check=True
    ),
    "hidden in .git": lambda root, _: os.link(root / ".git", root / "c/hidden"),
    "no .git": lambda root, _: (root / ".git").unlink(),
    "config": lambda root, _: git(root, "config", "core.hooksPath", "/nowhere"),
    "hook": lambda root, _: write(git_dir(root), "hooks/pre-commit", "exit 1\n"),
    "index": lambda root, _: git(root, "rm", "--quiet", "--cached", "a/x"),
    "branch": lambda root, _: git(root, "checkout", "--quiet", "-b", "topic"),
    "commit": lambda root, _: committing({"x": "committed\n"})(root),
    "object": put_object,
    "detached": lambda root, _: git(root, "checkout", "--quiet", "--detach"),
    "branch moved": lambda root, _: write(git_dir(root), git(root, "symbolic-ref", "HEAD"), f"{'1' * 40}\n"),
    "branch linked": lambda root, outside: os.link(git_dir(root) / git(root, "symbolic-ref", "HEAD"), outside / "ref"),
    "packed refs": lambda root, _: write(git_dir(root), "packed-refs", f"{'1' * 40} refs/tags/v1\n"),
    "mapped config": lambda root, _: map_and_write(git_dir(root) / "config"),
    "alternates": lambda root, outside: write(git_dir(root), "objects/info/alternates", f"{outside}\n"),
    "lock": lambda root, _: (git_dir(root) / "index.lock").touch(),
    "mode of HEAD": lambda root, _: (git_dir(root) / "HEAD").chmod(0o777),
    "HEAD a pipe": lambda root, _: put_pipe(git_dir(root) / "HEAD"),
    "no repository": lambda root, _: shutil.rmtree(git_dir(root)),
    "nested repository": lambda root, _: make_repository(root / "c/nested"),
}


def rich_repository(path: Path) -> Path:
    make_repository(path, {**FILES, ".gitignore": "*.log\n"})
    (path / "link").symlink_to("a/x")
    commit_all(path)
    return path


def scratch(tmp_path: Path) -> Iterator[Path]:
    for number in range(10_000):
        (place := tmp_path / f"outside-{number}").mkdir()
        yield place


async def rest(engine: GitWork, numbers: Iterator[int]) -> None:
    """Items that do nothing, until one needs no scan."""
    for _ in range(12):
        before = engine.worktrees.looks.without_scan
        await run_agent(engine, next(numbers), lambda _: None)
        if engine.worktrees.looks.without_scan > before:
            break
    else:
        raise AssertionError(f"each item is scanned: {engine.worktrees.looks}")
    for _ in range(2):  # so that the repository, which is restored after an item, is watched too
        await run_agent(engine, next(numbers), lambda _: None)


def repository_state(root: Path) -> tuple[object, ...]:
    place = git_dir(root)
    files = [str(path.relative_to(place)) for path in place.rglob("*") if not path.name.startswith("item-")]
    named = [name for name in files if "-item-" not in name and not name.startswith("objects/")]
    status = git(root, "status", "--porcelain", "--ignored", "--branch").partition("\n")[2]
    texts = [
        (place / name).read_bytes() for name in ("config", "packed-refs", "objects/info/alternates", "info/exclude")
    ]
    return status, git(root, "rev-parse", "HEAD"), git(root, "log", "-g", "--oneline"), texts, sorted(named)


@pytest.mark.parametrize("watches", (pytest.param(None, id="watched"), pytest.param(0, id="scanned")))
def test_no_change_of_an_item_reaches_the_next_one(tmp_path: Path, watches: int | None) -> None:
    repository = rich_repository(tmp_path / "repository")
    order = [*CHANGES]
    random.shuffle(order)
    places, numbers = scratch(tmp_path), iter(range(10_000))
    pristine: list[tuple[dict[bytes, tuple[int, bytes]], tuple[object, ...]]] = []
    wrong: list[str] = []

    def note(root: Path) -> None:
        pristine.append((picture(root), repository_state(root)))

    def change_by(name: str) -> Callable[[Path], None]:
        def act(root: Path) -> None:
            with contextlib.suppress(FileNotFoundError, subprocess.CalledProcessError):
                CHANGES[name](root, next(places))

        return act

    def look_after(name: str) -> Callable[[Path], None]:
        def act(root: Path) -> None:
            now = (picture(root), repository_state(root))
            if now != pristine[0]:
                wrong.append(name)

        return act

    async def work() -> None:
        async with engine_on(repository, size=1, watches=watches) as engine:
            await run_agent(engine, next(numbers), note)
            for name in order:
                if watches is None:
                    await rest(engine, numbers)
                with contextlib.suppress(WorktreeUnusable):
                    await run_agent(engine, next(numbers), change_by(name))
                submission = await run_agent(engine, next(numbers), look_after(name))
                assert submission.commits == submission.uncommitted == (), name
            looks = engine.worktrees.looks
            assert (looks.without_scan >= len(order)) if watches is None else looks.without_scan == 0

    run_on("asyncio", work)
    assert wrong == []


@pytest.mark.parametrize("name", ("write", "same size, old times", "mmap of a killed process", "new file", "overlay"))
def test_a_change_in_a_watched_worktree_is_reported_as_the_items_own(tmp_path: Path, name: str) -> None:
    repository = rich_repository(tmp_path / "repository")
    (outside := tmp_path / "outside").mkdir()
    numbers = iter(range(100))

    def act(root: Path) -> None:
        before = picture(root)
        CHANGES[name](root, outside)
        changed.append(picture(root) != before)

    changed: list[bool] = []

    async def work() -> tuple[str, ...]:
        async with engine_on(repository, size=1) as engine:
            await rest(engine, numbers)
            return (await run_agent(engine, next(numbers), act)).uncommitted

    uncommitted = run_on("asyncio", work)
    expected = ("c/new",) if name == "new file" else ("a/x",)
    assert uncommitted == (expected if changed == [True] else ())


def test_a_mapping_that_outlives_its_item_is_seen_whenever_it_is_written(tmp_path: Path) -> None:
    repository = rich_repository(tmp_path / "repository")
    numbers = iter(range(100))
    kept: list[mmap.mmap] = []

    def take(root: Path) -> None:
        with (root / "a/x").open("r+b") as file:
            kept.append(mmap.mmap(file.fileno(), 0))

    def write_late(_: Path) -> None:
        kept[0][:1] = b"!"

    def look(root: Path) -> None:
        found.append((root / "a/x").read_text())

    found: list[str] = []

    async def work() -> tuple[str, ...]:
        async with engine_on(repository, size=1) as engine:
            await rest(engine, numbers)
            await run_agent(engine, next(numbers), take)
            await rest(engine, numbers)
            late = await run_agent(engine, next(numbers), write_late)
            await run_agent(engine, next(numbers), look)
            return late.uncommitted

    assert run_on("asyncio", work) == ("a/x",)
    assert found == [FILES["a/x"]]


def test_reading_files_needs_no_scan_and_reading_all_of_many_gives_the_watch_up(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {f"d/{number}": "x\n" for number in range(300)})
    numbers = iter(range(100))

    def read(count: int) -> Callable[[Path], None]:
        return lambda root: [(root / f"d/{number}").read_text() for number in range(count)].clear()

    async def work() -> list[Looks]:
        async with engine_on(repository, size=1) as engine:
            await rest(engine, numbers)
            looks = [engine.worktrees.looks]
            for count in (0, 100, 0, 300, 0):
                await run_agent(engine, next(numbers), read(count))
                looks.append(engine.worktrees.looks)
            return looks

    looks = run_on("asyncio", work)
    saved = [after.without_scan - before.without_scan for before, after in pairwise(looks)]
    assert saved == [1, 1, 1, 0, 0]


def test_more_events_than_the_kernel_keeps_mean_a_scan(tmp_path: Path) -> None:
    repository = rich_repository(tmp_path / "repository")
    numbers = iter(range(100))
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())

    def flood(root: Path) -> None:
        for number in range(most + 100):
            os.close(os.open(root / "a" / "xy"[number % 2], os.O_RDONLY))
        (root / "c/new").touch()

    async def work() -> tuple[str, ...]:
        async with engine_on(repository, size=1) as engine:
            await rest(engine, numbers)
            return (await run_agent(engine, next(numbers), flood)).uncommitted

    assert run_on("asyncio", work) == ("c/new",)


def test_without_the_trials_programs_each_item_is_scanned_and_the_reason_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodigy_action.adapters.worktrees.watching.watch_trial.PATH_ALONE", {"PATH": str(tmp_path)})
    repository = rich_repository(tmp_path / "repository")

    async def work() -> Looks:
        async with engine_on(repository, size=1) as engine:
            for number in range(12):
                await run_agent(engine, number, lambda _: None)
            return engine.worktrees.looks

    looks = run_on("asyncio", work)
    assert (looks.scans, looks.without_scan) == (12, 0)
    assert looks.doubt == "an overlay file system cannot be tried (exit code 21)"


def test_a_kernel_without_room_for_watches_costs_a_scan_and_no_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space for a further watch")

    repository = rich_repository(tmp_path / "repository")
    monkeypatch.setattr(watch_budget, "try_watches", lambda *_: "")
    monkeypatch.setattr("prodigy_action.adapters.worktrees.watching.inotify.Inotify.add_for", refuse)

    async def work() -> Looks:
        async with engine_on(repository, size=1) as engine:
            for number in range(12):
                await run_agent(engine, number, lambda _: None)
            return engine.worktrees.looks

    assert run_on("asyncio", work) == Looks(scans=12)


def test_a_watched_worktree_is_used_before_one_that_the_kernel_has_no_watches_for(tmp_path: Path) -> None:
    repository = rich_repository(tmp_path / "repository")

    async def work() -> list[int]:
        paths = len(picture(repository)) - 1  # the tracked files and the directories; `.git` is no part of a picture
        async with engine_on(repository, size=2, watches=paths + 1) as engine:
            worktrees = engine.worktrees
            for _ in range(6):
                both = [await worktrees.create_worktree(f"agent-{number}") for number in range(2)]
                for number, worktree in enumerate(both):
                    await worktrees.collect(worktree, number)
                for worktree in both:
                    await worktrees.release(worktree)
            before = worktrees.looks
            for number in range(4):
                await run_agent(engine, number, lambda _: None)
            after = worktrees.looks
            return [after.scans - before.scans, after.without_scan - before.without_scan]

    assert run_on("asyncio", work) == [0, 4]


@pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")
def test_items_with_users_of_their_own_are_watched_from_the_first_one_on() -> None:
    with fake_job() as job:
        (job.root / "workflow.yml").write_text(
            """
name: users
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  max_parallel: 1
  agent_template:
    - shell: |
        { git config user.name; git tag; git status --porcelain; cat .git; cat canaries.py; } > "$SHARED/seen-${item}"
    - shell: |
        test ${item} != 7 || { git config user.name evil; git tag made; touch "$(git rev-parse --git-dir)/x"; }
    - shell: test ${item} != 9 || { echo evil > canaries.py; ln .git hidden; }
"""
        )
        ended = prodigy(job.workspace, "run", "../workflow.yml", "--run-as", "owner", **job.environ)
        assert set(ended.states) == {"unchanged"}, ended.stdout + ended.stderr
        seen = {(job.root / f"shared/seen-{number}").read_text() for number in range(12)}
        assert len(seen) == 1
        (inspected,) = ended.logged("worktrees_inspected")
        assert (inspected["scans"], inspected["without_scan"]) == (0, 12), inspected


def test_a_run_of_clean_items_scans_the_first_ones_only(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        """
name: clean
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
  max_parallel: 1
  agent_template:
    - shell: test "${item}" != 17 || { echo late > a/x && git commit -qam late; }
    - shell: cat a/b/x
""",
    )
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.tree()["a/x"] == "late"
    (inspected,) = ended.logged("worktrees_inspected")
    # The first four make watches worth their cost, the next makes them; the kernel names what the late one changes.
    assert (inspected["scans"], inspected["without_scan"]) == (5, 15)


def test_items_that_commit_are_scanned_at_first_only_and_start_from_the_same_tree(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        """
name: committing
map:
  input: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
  max_parallel: 1
  agent_template:
    - shell: test -z "$(git status --porcelain --ignored)"
    - shell: mkdir -p "new-${item}/deep" && echo "${item}" > "new-${item}/deep/file" && git add . && git commit -qm new
    - shell: test $((${item} % 3)) != 0 || { git rm -q a/b/x && git commit -qm removed; }
    - shell: test $((${item} % 3)) != 1 || { echo "${item}" > left && chmod 600 a/x; }
""",
    )
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    tree = ended.tree()
    assert all(tree[f"new-{item}/deep/file"] == str(item) for item in range(20))
    assert "a/b/x" not in tree
    assert "left" not in tree
    (inspected,) = ended.logged("worktrees_inspected")
    # Four, and the one before which the watches are made; what a commit removes is restored with its directory.
    assert inspected["scans"] < 20 // 2
