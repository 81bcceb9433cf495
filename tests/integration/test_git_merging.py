from __future__ import annotations

import errno
import itertools
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.landing.merging import Shape
from prodigy_action.adapters.repository.private_repository import PrivateRepository
from prodigy_action.model.git import Conflicted, Landed, Submission
from tests.support.backends import BACKENDS, run_on
from tests.support.engines import Act, GitWork, committing, engine_on, land, land_one, run_agent
from tests.support.git import commit_all, git, make_repository, shell, write

PLAIN = ("-c", "merge.directoryRenames=false", "-c", "merge.renameLimit=32767", "-c", "core.hooksPath=/dev/null")


def scripted(script: str) -> Act:
    def act(root: Path) -> None:
        shell(root, script)

    return act


def outcome_of(repository: Path, acts: Sequence[Act], shape: Shape = "merge") -> list[Landed | Conflicted]:
    """What becomes of these agents, landed in order; the result is published."""

    async def run() -> list[Landed | Conflicted]:
        async with engine_on(repository, size=2, shape=shape) as engine:
            outcomes = [await land(engine, number, act) for number, act in enumerate(acts)]
            await engine.publish(await engine.advance())
            return outcomes

    return run_on("asyncio", run)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("first_to_finish", (0, 1))
def test_the_second_in_item_order_conflicts_whoever_finishes_first(
    tmp_path: Path, backend: str, first_to_finish: int
) -> None:
    repository = make_repository(tmp_path / "repository", {"shared.txt": "one\ntwo\nthree\n"})

    async def run() -> list[Landed | Conflicted]:
        async with engine_on(repository) as engine:
            worktrees = [await engine.worktrees.create_worktree(f"agent-{number}") for number in range(2)]
            submissions: dict[int, Submission] = {}
            for number in (first_to_finish, 1 - first_to_finish):
                committing({"shared.txt": f"one\nby {number}\nthree\n"})(Path(worktrees[number].path))
                submissions[number] = await engine.worktrees.collect(worktrees[number], number)
                await engine.worktrees.release(worktrees[number])
            return [await land_one(engine.parent, number, submissions[number], "Merge") for number in range(2)]

    first, second = run_on(backend, run)
    assert isinstance(first, Landed)
    assert second == Conflicted(("shared.txt",), (0,))


def test_disjoint_changes_to_one_file_merge(tmp_path: Path) -> None:
    lines = [f"line {number}\n" for number in range(30)]
    repository = make_repository(tmp_path / "repository", {"shared.txt": "".join(lines)})
    acts = [committing({"shared.txt": "".join([*lines[:at], "new\n", *lines[at:]])}) for at in (2, 15, 28)]
    assert all(isinstance(outcome, Landed) for outcome in outcome_of(repository, acts))
    assert (repository / "shared.txt").read_text().count("new\n") == 3


def test_each_item_becomes_a_merge_commit_with_its_own_history(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    outcome_of(repository, [committing({f"new{number}": "new\n"}, f"agent {number}") for number in range(3)])
    subjects = git(repository, "log", "--first-parent", "--format=%s").splitlines()
    assert subjects == ["Merge item 2", "Merge item 1", "Merge item 0", "start"]
    assert git(repository, "log", "-1", "--format=%s", "HEAD^2") == "agent 2"


def test_squash_makes_a_straight_line_with_the_agents_messages_and_authors(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def twice(root: Path) -> None:
        committing({"a": "a\n"}, "first\n\nwhy")(root)
        committing({"b": "b\n"}, "second")(root)

    outcome_of(repository, [twice, committing({"c": "c\n"}, "only\n\ndetails")], "squash")
    assert git(repository, "log", "--format=%s|%an|%cn").splitlines() == [
        "only|Author|Engine",
        "first|Author|Engine",
        "start|Author|Committer",
    ]
    assert git(repository, "log", "-1", "--format=%B").strip() == "only\n\ndetails"
    assert git(repository, "log", "-1", "--format=%B", "HEAD^").strip() == "first\n\nwhy\n\nsecond"


@pytest.mark.parametrize("shape", ("merge", "squash"))
def test_an_empty_commit_lands_without_changing_the_tree(tmp_path: Path, shape: Shape) -> None:
    repository = make_repository(tmp_path / "repository")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    outcome = outcome_of(repository, [scripted("git commit -q --allow-empty -m nothing")], shape)
    assert isinstance(outcome[0], Landed)
    assert git(repository, "rev-parse", "HEAD^{tree}") == tree


def test_two_items_with_the_very_same_commit_land_once(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    dated = "export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'"
    same = scripted(f"{dated}; echo x > new; git add -A; git commit -qm same")
    first, second = outcome_of(repository, [same, same])
    assert first == second


def test_the_same_change_by_two_items_is_no_conflict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    outcomes = outcome_of(repository, [committing({"file1.txt": "same\n"}, f"agent {n}") for n in range(2)])
    assert all(isinstance(outcome, Landed) for outcome in outcomes)


@pytest.mark.parametrize(
    ("first", "second", "files"),
    (
        pytest.param("echo x > new", "mkdir new; echo y > new/file", ("new",), id="file-then-directory"),
        pytest.param("mkdir new; echo y > new/file", "echo x > new", ("new",), id="directory-then-file"),
        pytest.param("git rm -q a", "echo more >> a", ("a",), id="delete-then-modify"),
        pytest.param("echo more >> a", "git rm -q a", ("a",), id="modify-then-delete"),
        pytest.param("echo one > new", "echo two > new", ("new",), id="both-add"),
        pytest.param("ln -s a new", "ln -s b new", ("new",), id="both-link"),
        pytest.param("printf '\\0one' > bin", "printf '\\0two' > bin", ("bin",), id="binary"),
        pytest.param("git mv a c", "git mv a d", ("a", "c", "d"), id="renamed-differently"),
        pytest.param("sed -i s/^5/five/ a; git mv a c", "sed -i s/^5/FIVE/ a", ("c",), id="renamed-and-modified"),
    ),
)
def test_conflicts_name_files_and_the_other_side(
    tmp_path: Path, first: str, second: str, files: tuple[str, ...]
) -> None:
    content = "".join(f"{number} line\n" for number in range(40))
    repository = make_repository(tmp_path / "repository", {"a": content, "b": "b\n", "bin": "\0zero"})
    commit = "; git add -A; git commit -qm agent"
    acts = [committing({"elsewhere": "x\n"}), scripted(first + commit), scripted(second + commit)]
    assert outcome_of(repository, acts)[2] == Conflicted(files, (1,))


def test_an_edit_follows_a_rename(tmp_path: Path) -> None:
    content = "".join(f"{number} line\n" for number in range(40))
    repository = make_repository(tmp_path / "repository", {"a": content})
    commit = "; git add -A; git commit -qm agent"
    acts = [
        scripted("git mv a b" + commit),
        scripted("sed -i s/^5/five/ a" + commit),
        scripted("sed -i s/^30/thirty/ a" + commit),
    ]
    assert all(isinstance(outcome, Landed) for outcome in outcome_of(repository, acts))
    assert "five line" in (repository / "b").read_text()
    assert "thirty line" in (repository / "b").read_text()
    assert not (repository / "a").exists()


def test_modes_links_binaries_and_odd_names_land_as_they_are(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    odd = b"new\nline-\xff"

    def act(root: Path) -> None:
        (root / "file1.txt").chmod(0o755)
        (root / "link").symlink_to("file2.txt")
        write(root, odd, bytes(range(256)))
        commit_all(root)

    submissions: list[Submission] = []

    async def run() -> None:
        async with engine_on(repository) as engine:
            submissions.append(await run_agent(engine, 0, act))
            await land_one(engine.parent, 0, submissions[0], "Merge")
            await engine.publish(await engine.advance())

    run_on("asyncio", run)
    name = odd.decode("utf-8", "surrogateescape")
    assert submissions[0].files_changed == ("file1.txt", "link", name)
    assert git(repository, "status", "--porcelain") == ""
    assert (repository / "link").readlink() == Path("file2.txt")
    assert (repository / name).read_bytes() == bytes(range(256))
    assert (repository / "file1.txt").stat().st_mode & 0o111


def test_merge_attributes_of_the_base_hold(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {".gitattributes": "log merge=union\n", "log": "start\n"})
    acts = [committing({"log": f"start\nby {number}\n"}) for number in range(3)]
    assert all(isinstance(outcome, Landed) for outcome in outcome_of(repository, acts))
    assert (repository / "log").read_text() == "start\nby 0\nby 1\nby 2\n"


def test_a_custom_merge_driver_of_the_checkout_is_run(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {".gitattributes": "log merge=mine\n", "log": "start\n"})
    git(repository, "config", "merge.mine.driver", f"touch {tmp_path}/driver-ran; true")
    outcomes = outcome_of(repository, [committing({"log": f"by {number}\n"}) for number in range(2)])
    assert isinstance(outcomes[1], Landed)
    assert (tmp_path / "driver-ran").exists()


def test_submodule_pointers_merge(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"lib": "1\n"})
    repository = make_repository(tmp_path / "repository")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    commit_all(repository, "with a submodule")
    newer = commit_all(library, "newer")
    point = scripted(f"git update-index --cacheinfo 160000,{newer},lib; git commit -qm point")
    outcomes = outcome_of(repository, [committing({"new": "new\n"}), point])
    assert all(isinstance(outcome, Landed) for outcome in outcomes)
    assert git(repository, "rev-parse", "HEAD:lib") == newer


def test_a_conflicting_item_leaves_its_patch(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> bytes:
        async with engine_on(repository) as engine:
            await land(engine, 0, committing({"file1.txt": "zero\n"}))
            submission = await run_agent(engine, 1, committing({"file1.txt": "one\n", "new": b"\0\xff"}))
            assert isinstance(await land_one(engine.parent, 1, submission, "Merge"), Conflicted)
            return await engine.parent.patch_of(submission)

    patch = tmp_path / "patch"
    patch.write_bytes(run_on("asyncio", run))
    git(repository, "apply", "--index", str(patch))
    assert (repository / "file1.txt").read_text() == "one\n"
    assert (repository / "new").read_bytes() == b"\0\xff"


@pytest.mark.parametrize("shape", ("merge", "squash"))
def test_deterministic_commits_make_the_result_a_function_of_the_input(tmp_path: Path, shape: Shape) -> None:
    repository = make_repository(tmp_path / "repository")
    base = git(repository, "rev-parse", "HEAD")
    heads = []
    clock = itertools.count(1_700_000_000, 1000)
    for attempt in range(2):

        def act(number: int) -> Act:
            def write_and_commit(root: Path) -> None:
                date = {"GIT_AUTHOR_DATE": f"{next(clock)} +0100", "GIT_COMMITTER_DATE": f"{next(clock)} +0200"}
                for part in range(2):
                    write(root, f"new{number}-{part}", "new\n")
                    git(root, "add", "-A")
                    git(root, "commit", "-qm", f"agent {number}, part {part}", env=date)

            return write_and_commit

        async def run(run_id: str = f"run-{attempt}") -> str:
            async with engine_on(repository, run_id, shape=shape, commits="deterministic") as engine:
                for number in range(3):
                    await land(engine, number, act(number))
                return engine.parent.head

        heads.append(run_on("asyncio", run))
    assert heads[0] == heads[1] != base


def random_acts(seed: random.Random, paths: Sequence[str], count: int) -> list[Act]:
    """Agents that edit, add, delete, rename and change modes, close together so that some of them clash."""

    def act(number: int) -> Act:
        choices = [(seed.randrange(7), seed.choice(paths), seed.random()) for _ in range(seed.randint(1, 3))]

        def change(root: Path) -> None:
            for kind, path, chance in choices:
                target = root / path
                if kind <= 2 and target.is_file() and not target.is_symlink():
                    lines = target.read_text().splitlines(keepends=True)
                    at = int(chance * (len(lines) + 1))
                    target.write_text("".join([*lines[:at], f"by {number % 3}\n", *lines[at + 1 :]]))
                elif kind == 3:
                    target.unlink(missing_ok=True) if not target.is_dir() else None
                elif kind == 4 and target.is_file():
                    other = root / f"{path}.renamed{number % 2}"
                    target.rename(other)
                elif kind == 5 and not (root / f"added{int(chance * 3)}").exists():
                    (root / f"added{int(chance * 3)}").mkdir()
                    write(root, f"added{int(chance * 3)}/f{number % 2}", f"{number % 2}\n")
                elif kind == 6 and not (root / f"added{int(chance * 3)}").exists():
                    write(root, f"added{int(chance * 3)}", f"{number}\n")
                if kind == 1 and target.is_file() and not target.is_symlink():
                    target.chmod(0o755)
            commit_all(root, f"agent {number}")

        return change

    return [act(number) for number in range(count)]


def plain_merges(repository: Path, base: str, heads: Sequence[str], shape: Shape) -> list[tuple[str, frozenset[str]]]:
    """The tree after each item, and the conflicting files of those that conflict, by `git merge` in a checkout."""
    git(repository, "checkout", "--quiet", "--detach", base)
    seen = []
    for head in heads:
        how = ("--no-ff", "--no-edit") if shape == "merge" else ("--squash",)
        git(repository, *PLAIN, "merge", "--quiet", *how, head, check=False)
        conflicting = frozenset(git(repository, "diff", "--name-only", "--diff-filter=U").splitlines())
        if git(repository, "ls-files", "--unmerged"):
            git(repository, "reset", "--quiet", "--hard")
            git(repository, "clean", "--quiet", "-ffdx")
        elif shape == "squash":
            git(repository, "commit", "--quiet", "--allow-empty", "-m", "squashed")
        seen.append((git(repository, "rev-parse", "HEAD^{tree}"), conflicting))
    return seen


@pytest.mark.stress
@pytest.mark.parametrize("number", range(12))
def test_landing_equals_plain_merging_in_the_same_order(tmp_path: Path, number: int) -> None:
    seed = random.Random(number)  # noqa: S311
    content = "".join(f"line {line}\n" for line in range(30))
    paths = ["a", "b", "dir/c", "dir/d", "dir/deep/e", "f"]
    repository = make_repository(tmp_path / "repository", {path: f"{path}\n{content}" for path in paths})
    base = git(repository, "rev-parse", "HEAD")
    shape: Shape = "merge" if number % 2 else "squash"
    acts = random_acts(seed, paths, 16)

    async def run() -> tuple[list[Landed | Conflicted], list[str], list[str]]:
        async with engine_on(repository, size=2, shape=shape) as engine:
            outcomes, heads, trees = [], [], []
            for item_id, act in enumerate(acts):
                submission = await run_agent(engine, item_id, act)
                heads.append(submission.head)
                outcomes.append(await land_one(engine.parent, item_id, submission, "Merge"))
                trees.append(git(engine.git_dir, "rev-parse", f"{engine.parent.head}^{{tree}}"))
            git(repository, "fetch", "--quiet", engine.git_dir, "refs/prodigy/run-1/*:refs/kept/*")
            return outcomes, heads, trees

    outcomes, heads, trees = run_on("asyncio", run)
    expected = plain_merges(repository, base, heads, shape)
    assert trees == [tree for tree, _ in expected]
    assert [isinstance(outcome, Conflicted) for outcome in outcomes] == [bool(files) for _, files in expected]


@pytest.mark.stress
@pytest.mark.parametrize("size", (1, 2, 8))
def test_the_result_does_not_depend_on_parallelism_or_finish_order(tmp_path: Path, size: int) -> None:
    content = "".join(f"line {line}\n" for line in range(30))
    paths = ["a", "b", "dir/c", "dir/d"]
    repository = make_repository(tmp_path / "repository", {path: f"{path}\n{content}" for path in paths})
    acts = random_acts(random.Random(99), paths, 16)  # noqa: S311

    async def run(size: int, order: Sequence[int]) -> str:
        async with engine_on(repository, size=size, commits="deterministic") as engine:
            submissions: dict[int, Submission] = {}

            async def agent(number: int) -> None:
                submissions[number] = await run_agent(engine, number, acts[number])

            async with anyio.create_task_group() as group:
                for number in order:
                    group.start_soon(agent, number)
            await land_all(engine, submissions)
            return engine.parent.head

    forwards = run_on("asyncio", run, 1, range(16))
    shuffled = list(range(16))
    random.Random(size).shuffle(shuffled)  # noqa: S311
    assert run_on("asyncio", run, size, shuffled) == forwards


async def land_all(engine: GitWork, submissions: Mapping[int, Submission]) -> None:
    for number in sorted(submissions):
        await land_one(engine.parent, number, submissions[number], f"Merge item {number}")


@pytest.mark.parametrize("shape", ("merge", "squash"))
def test_an_item_whose_landing_fails_at_the_ref_is_not_in_the_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Shape
) -> None:
    """It counts as failed, so the items after it must not carry its files; it may land later."""
    repository = make_repository(tmp_path / "repository")
    write_ref, failures = PrivateRepository.write_ref, [OSError(errno.ENOSPC, "No space left on device")]

    def fails_once(self: PrivateRepository, name: str, commit: str) -> None:
        if name.endswith("/head") and failures:
            raise failures.pop()
        write_ref(self, name, commit)

    async def run() -> None:
        async with engine_on(repository, shape=shape) as engine:
            first, second = [await run_agent(engine, n, committing({f"new{n}": "new\n"})) for n in range(2)]
            monkeypatch.setattr(PrivateRepository, "write_ref", fails_once)
            start = engine.parent.head
            with pytest.raises(OSError, match="No space left"):
                await land_one(engine.parent, 0, first, "Merge")
            assert engine.parent.head == start
            for number, submission, files in ((1, second, {"new1"}), (0, first, {"new0", "new1"})):
                await land_one(engine.parent, number, submission, "Merge")
                names = git(engine.git_dir, "ls-tree", "--name-only", engine.parent.head).split()
                assert {name for name in names if name.startswith("new")} == files

    run_on("asyncio", run)
