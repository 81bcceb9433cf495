"""Worktrees whose files are copied are those that git checks out: every byte, mode and name, and a clean index."""

from __future__ import annotations

import os
import random
import stat
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from prodigy_action.adapters.worktrees import slot_template
from prodigy_action.adapters.worktrees.making import copier
from prodigy_action.adapters.worktrees.making.stock import Copied, Stock
from tests.support.backends import run_on
from tests.support.engines import GitWork, engine_on
from tests.support.git import commit_all, git, make_repository, write
from tests.support.git import shell as script

COPIED, WITH_GIT, NOT_COPIED = True, False, None
NAMES = (
    b"new\nline",
    b"tab\t",
    b'"quoted"',
    b"\xff\xfe",
    b"-dash",
    b" space ",
    b".hidden",
    b"\xc3\xa9",
    b"*?[a]",
    b"a\\b",
)
CONTENTS = (b"", b"text\n", b"\r\n", b"$Id$\n", bytes(range(256)) * 40, b"no line end")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 12345\n"
Change = Callable[[Path], object]


def nothing(_: Path) -> None:
    pass


def generated(root: Path, seed: int) -> None:
    """More than 200 files with odd names, of all modes, in directories that are up to five deep."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    directories = [b"."]
    for number in range(30):
        parent = chosen.choice(directories)
        directories.append(parent + b"/" + chosen.choice(NAMES) + b"%d" % number if parent.count(b"/") < 5 else b"d")
    for number in range(230):
        path = root / os.fsdecode(chosen.choice(directories)) / os.fsdecode(chosen.choice(NAMES) + b"-%d" % number)
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 9 == 0:
            path.symlink_to(chosen.choice(("../target", "nowhere/\udcff", "/absolute", ".")))
            continue
        path.write_bytes(chosen.choice(CONTENTS) + b"%d" % chosen.randrange(4))
        path.chmod(chosen.choice((0o644, 0o755, 0o600, 0o711)))
    write(root, "large", b"0123456789abcdef" * 200_000)


def attributes(text: str) -> Change:
    return lambda root: write(root, ".gitattributes", text)


def setting(key: str, value: str) -> Change:
    return lambda root: git(root, "config", key, value)


def in_setup(commands: str) -> Change:
    return lambda root: script(root, commands)


def with_filter(root: Path) -> None:
    git(root, "config", "filter.same.smudge", "cat")
    write(root, ".gitattributes", "large filter=same\n")


def encoded(root: Path) -> None:
    write(root, ".gitattributes", "one/two/plain text working-tree-encoding=UTF-16LE\n")
    write(root, "one/two/plain", "plain\n".encode("utf-16-le"))


def with_pointers(root: Path) -> None:
    git(root, "config", "filter.lfs.smudge", "git-lfs smudge -- %f")
    write(root, ".gitattributes", "*.bin filter=lfs\n")
    write(root, "data.bin", POINTER)


def with_submodule(root: Path) -> None:
    library = make_repository(root.parent / "library", {"l.txt": "1\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")


def edited(root: Path) -> None:
    """What the commit of setup changes: a content, a mode, a kind; one file goes."""
    write(root, "large", b"changed")
    script(root, "chmod +x one/two/plain; rm one/link; echo file > one/link; rm one/gone")


def hidden_edit(root: Path) -> None:
    """Changes that no commit holds, of the same size and with the same time."""
    before = (root / "one/two/plain").stat()
    git(root, "update-index", "--assume-unchanged", "one/two/plain")
    write(root, "one/two/plain", b"PLAIN")
    os.utime(root / "one/two/plain", ns=(before.st_atime_ns, before.st_mtime_ns))
    script(root, "touch large; chmod 600 one/gone; chmod 700 one")


CASES: dict[str, tuple[Change, Change, bool | None]] = {
    "modes, links and names": (nothing, nothing, COPIED),
    "a submodule": (with_submodule, nothing, COPIED),
    "pointers without git-lfs": (with_pointers, nothing, COPIED),
    "no symbolic links": (setting("core.symlinks", "false"), nothing, WITH_GIT),
    "no modes": (setting("core.filemode", "false"), nothing, COPIED),
    "line ends by attribute": (attributes("one/** text eol=crlf\n"), nothing, WITH_GIT),
    "line ends by setting": (setting("core.autocrlf", "true"), nothing, WITH_GIT),
    "identities": (attributes("*-2* ident\n"), nothing, WITH_GIT),
    "an encoding": (encoded, nothing, WITH_GIT),
    "a filter": (with_filter, nothing, NOT_COPIED),
    "setup commits": (nothing, edited, WITH_GIT),
    "setup changes attributes": (attributes("# none\n"), attributes("one/** text eol=crlf\n"), NOT_COPIED),
    "setup changes settings": (nothing, lambda root: git(root, "config", "core.autocrlf", "true"), NOT_COPIED),
    "setup hides changes": (nothing, hidden_edit, WITH_GIT),
    "setup leaves files": (nothing, in_setup("mkdir new; echo 1 > new/left; echo 2 > one/left"), COPIED),
    "setup touches all": (nothing, in_setup("find . -path ./.git -prune -o -exec touch -h {} +"), NOT_COPIED),
}


@pytest.mark.parametrize("case", CASES)
def test_a_copied_worktree_is_the_one_that_git_checks_out(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, setup, expected = CASES[case]
    repository = make_repository(tmp_path / "repository", {"one/two/plain": "plain", "one/gone": "gone\n"})
    (repository / "one/link").symlink_to("two")
    generated(repository, seed=list(CASES).index(case))
    prepare(repository)
    commit_all(repository)
    ways = spy(monkeypatch)

    seen = run_on("asyncio", lambda: shown(repository, tmp_path, setup))
    monkeypatch.setattr(slot_template, "stock_of", lambda *_: None)
    checked_out = run_on("asyncio", lambda: shown(repository, tmp_path, setup))

    assert [way for way in ways if way is not expected] == []
    assert len(ways) == (0 if case in ("a filter", "setup changes attributes", "setup changes settings") else 2)
    assert seen[0] == seen[1] == checked_out[0]


def spy(monkeypatch: pytest.MonkeyPatch) -> list[bool | None]:
    """What each further call of `Stock.copy` did."""
    ways: list[bool | None] = []
    copy = Stock.copy

    def noted(*arguments: object) -> Copied | None:
        copied = copy(*arguments)  # type: ignore[arg-type]  # passed on as they came
        ways.append(None if copied is None else copied.complete)
        return copied

    monkeypatch.setattr(Stock, "copy", noted)
    return ways


async def shown(repository: Path, directory: Path, setup: Change) -> list[dict[str, object]]:
    """What two worktrees of a map hold, when their items begin."""
    async with engine_on(repository, temporary=directory, size=None) as engine:
        setup(Path(engine.parent_worktree.path))
        await engine.commit_setup_changes()
        await engine.prepare_pool(2)
        return [await one(engine, number) for number in range(2)]


async def one(engine: GitWork, number: int) -> dict[str, object]:
    worktree = await engine.worktrees.create_worktree(f"agent-{number}")
    found = state(Path(worktree.path))
    assert engine.worktrees.looks.scans == number
    submission = await engine.worktrees.collect(worktree, number)
    assert (submission.head, submission.uncommitted) == (worktree.base, ())
    return found


def state(root: Path) -> dict[str, object]:
    assert git(root, "diff-files", "--raw", "--ignore-submodules=none") == ""
    assert git(root, "write-tree") == git(root, "rev-parse", "HEAD^{tree}")
    assert_index_is_of(root)
    return {
        "files": {os.fsencode(path.relative_to(root)): content(path) for path in root.rglob("*")} | {b".git": b""},
        "status": git(root, "status", "--porcelain", "--ignored"),
        "index": git(root, "ls-files", "--stage", "--eol", "-t", "-v"),
    }


def content(path: Path) -> tuple[int, bytes]:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return found.st_mode, os.fsencode(path.readlink())
    return found.st_mode, path.read_bytes() if path.is_file() else b""


def assert_index_is_of(root: Path) -> None:
    """The index describes the files that are there, so that no command of git has to read them."""
    index = Path(git(root, "rev-parse", "--git-path", "index")).read_bytes()
    place = 12
    for _ in range(int.from_bytes(index[8:12], "big")):
        end = index.index(b"\0", place + 62)
        found = os.lstat(os.fsencode(root) + b"/" + index[place + 62 : end])
        noted = struct.unpack_from(">10I", index, place)
        if noted[6] != 0o160000:
            times = (*divmod(found.st_ctime_ns, 10**9), *divmod(found.st_mtime_ns, 10**9))
            facts = (*times, found.st_dev & 0xFFFFFFFF, found.st_ino & 0xFFFFFFFF)
            assert noted[:6] == facts
            assert noted[7:] == (found.st_uid, found.st_gid, found.st_size)
        place = place + (end - place + 8 & ~7)


def test_copied_files_are_older_than_their_index_and_an_edit_of_the_same_size_is_found_at_once(tmp_path: Path) -> None:
    """git reads every file that is as old as its index, for each item again."""
    repository = make_repository(tmp_path / "repository")
    generated(repository, seed=1)
    commit_all(repository)

    async def run() -> tuple[str, ...]:
        async with engine_on(repository, temporary=tmp_path, size=2) as engine:
            await engine.worktrees.create_worktree("agent-0")
            worktree = await engine.worktrees.create_worktree("agent-1")
            edit_old_files(Path(worktree.path))
            return (await engine.worktrees.collect(worktree, 1)).uncommitted

    assert run_on("asyncio", run) == ("large",)


def edit_old_files(root: Path) -> None:
    index = Path(git(root, "rev-parse", "--git-path", "index")).stat()
    tracked = [name for name in git(root, "ls-files", "-z").split("\0") if name]
    assert [name for name in tracked if int((root / name).lstat().st_mtime) >= int(index.st_mtime)] == []
    write(root, "large", b"x" * (root / "large").stat().st_size)
    assert git(root, "diff-files", "--name-only") == "large"


PROGRAMS_THAT_FAIL = {
    "one that does not start": "raise SystemExit(1)",
    "one that ends in the middle": """
import socket, sys
sys.stdin.buffer.read()
request, files, _, _ = socket.recv_fds(socket.socket(fileno=int(sys.argv[1])), 1 << 16, 1)
root, index = request.split(b"\\0")[:2]
open(root + b"/one", "w").write("half")
open(index, "w").write("half")
""",
}


@pytest.mark.parametrize("program", PROGRAMS_THAT_FAIL)
def test_git_makes_what_a_failing_copier_leaves(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(tmp_path / "repository", {f"{number % 7}/{number}": "file\n" for number in range(220)})
    (tmp_path / "copier.py").write_text(PROGRAMS_THAT_FAIL[program])
    monkeypatch.setattr(copier, "__file__", str(tmp_path / "copier.py"))
    ways = spy(monkeypatch)

    first, second = run_on("asyncio", lambda: shown(repository, tmp_path, nothing))

    assert ways == [None, None]
    assert first == second
    assert first["status"] == ""
