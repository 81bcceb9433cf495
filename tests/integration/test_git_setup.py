"""The parent worktree: what setup changes, what is carried to agents, what is checked out at the end of the map."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.backends import run_on
from tests.support.engines import Act, GitWork, committing, engine_on, land, run_agent
from tests.support.git import commit_all, git, make_repository, shell, write


def parent_of(engine: GitWork) -> Path:
    return Path(engine.parent_worktree.path)


def agents_see(repository: Path, setup: Act, act: Act, *, carry: tuple[str, ...] = (), times: int = 1) -> None:
    async def run() -> None:
        async with engine_on(repository, size=None) as engine:
            await engine.bring_carried(carry)
            setup(parent_of(engine))
            await engine.commit_setup_changes()
            await engine.prepare_pool(1, carry)
            for number in range(times):
                await land(engine, number, act)
            await engine.publish(await engine.advance())

    run_on("asyncio", run)


def test_the_checkout_is_not_touched_by_setup(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    write(repository, "file1.txt", "uncommitted\n")

    def setup(root: Path) -> None:
        assert (root / "file1.txt").read_text() != "uncommitted\n"
        assert git(root, "branch", "--show-current") == "prodigy/run-1"
        write(root, "file2.txt", "by setup\n")
        assert (repository / "file2.txt").read_text() != "by setup\n"

    agents_see(repository, setup, lambda _: None)


def test_tracked_files_that_setup_modified_are_committed_once(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> tuple[str | None, str | None]:
        async with engine_on(repository, size=None) as engine:
            write(parent_of(engine), "file1.txt", "by setup\n")
            (parent_of(engine) / "file2.txt").unlink()
            write(parent_of(engine), "untracked", "by setup\n")
            first, second = await engine.commit_setup_changes(), await engine.commit_setup_changes()
            await engine.prepare_pool(1)
            await engine.publish(await engine.advance())
            return first, second

    first, second = run_on("asyncio", run)
    assert (first, second) == (git(repository, "rev-parse", "HEAD"), None)
    assert git(repository, "diff", "--name-status", "HEAD^").splitlines() == ["M\tfile1.txt", "D\tfile2.txt"]


def test_commits_made_by_setup_on_any_branch_are_what_agents_start_from(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def setup(root: Path) -> None:
        git(root, "checkout", "--quiet", "-b", "elsewhere")
        committing({"made": "by setup\n"})(root)

    def act(root: Path) -> None:
        assert (root / "made").exists()
        committing({"new": "new\n"})(root)

    agents_see(repository, setup, act)
    assert (repository / "made").exists()
    assert (repository / "new").exists()


def test_configuration_and_refs_made_by_setup_reach_the_agents(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def setup(root: Path) -> None:
        git(root, "config", "alias.hello", "version")
        git(root, "tag", "by-setup")

    def act(root: Path) -> None:
        assert git(root, "hello").startswith("git version")
        assert git(root, "rev-parse", "by-setup") == git(root, "rev-parse", "HEAD")

    agents_see(repository, setup, act)


ODD = (b"new\nline", b"-dash", b"star*", b"[a]", b"back\\slash", b"#hash", b"!bang", b"end ", b"\xff\xfe", b" start")


def test_what_setup_left_untracked_is_carried_and_never_merged(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", ".gitignore": "*.log\n"})

    def setup(root: Path) -> None:
        for name in ODD:
            write(root, name, name)
            write(root, b"deep/" + name, name)
        (root / "link").symlink_to("nowhere")
        (root / "deep").chmod(0o700)
        write(root, "ignored.log", "not carried\n")

    def act(root: Path) -> None:
        for name in ODD:
            assert (root / os.fsdecode(name)).read_bytes() == name
            assert (root / "deep" / os.fsdecode(name)).read_bytes() == name
        assert (root / "link").is_symlink()
        assert (root / "deep").stat().st_mode & 0o777 == 0o700
        assert not (root / "ignored.log").exists()
        (root / "-dash").unlink()
        write(root, "star*", "vandalised\n")
        write(root, "b", "by the agent\n")
        commit_all(root)

    agents_see(repository, setup, act, times=3)
    assert git(repository, "ls-tree", "-r", "--name-only", "HEAD").splitlines() == [".gitignore", "a", "b"]


def test_carried_files_do_not_count_as_uncommitted(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> tuple[str, ...]:
        async with engine_on(repository, size=None) as engine:
            write(parent_of(engine), "left", "by setup\n")
            await engine.prepare_pool(1)

            def act(root: Path) -> None:
                write(root, "left", "changed\n")
                write(root, "mine", "new\n")

            return (await run_agent(engine, 0, act)).uncommitted

    assert run_on("asyncio", run) == ("mine",)


def test_ignored_files_are_carried_when_they_are_named(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", ".gitignore": "node_modules/\n.env\n.cache\n"})

    def setup(root: Path) -> None:
        shell(root, "mkdir -p node_modules/x/bin; echo x > node_modules/x/index.js; ln -s ../x node_modules/x/bin/x")
        write(root, ".env", "SECRET\n")
        write(root, ".cache", "cached\n")

    def act(root: Path) -> None:
        assert (root / "node_modules/x/index.js").read_text() == "x\n"
        assert (root / "node_modules/x/bin/x").is_symlink()
        assert not (root / ".env").exists()
        assert (root / ".cache").exists()
        shell(root, "rm -rf node_modules; echo vandalised > .cache")

    write(repository, ".worktreeinclude", ".cache\n")
    commit_all(repository)
    agents_see(repository, setup, act, carry=("node_modules/",), times=2)


def test_files_of_the_checkout_are_seen_when_carry_names_them(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", ".gitignore": "ignored\n"})
    for name in ("ignored", "untracked", "other"):
        write(repository, name, f"{name}\n")
    seen: list[str] = []

    def look(root: Path) -> None:
        seen.append(" ".join(sorted(path.name for path in root.iterdir() if path.name != ".git")))

    agents_see(repository, look, look, carry=("ignored", "/untracked"))
    assert seen == [".gitignore a ignored untracked"] * 2
    assert git(repository, "status", "--porcelain").splitlines() == ["?? other", "?? untracked"]


def test_a_submodules_content_is_carried_when_it_is_named(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"lib/code": "1\n"})
    repository = make_repository(tmp_path / "repository")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendor")
    commit_all(repository, "with a submodule")

    def act(root: Path) -> None:
        assert (root / "vendor/lib/code").read_text() == "1\n"
        assert git(root, "status", "--porcelain") == ""
        write(root, "vendor/lib/code", "vandalised\n")
        committing({"new": "new\n"})(root)

    agents_see(repository, lambda _: None, act, carry=("vendor",), times=2)
    assert git(repository, "status", "--porcelain") == ""
    agents_see(repository, lambda _: None, lambda root: assert_empty(root / "vendor"))


def assert_empty(path: Path) -> None:
    assert list(path.iterdir()) == []


def test_advancing_checks_the_merged_tree_out_over_what_setup_left(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", "b": "b\n"})

    async def run() -> None:
        async with engine_on(repository, size=None) as engine:
            write(parent_of(engine), "left", "by setup\n")
            await engine.prepare_pool(1)

            def act(root: Path) -> None:
                git(root, "add", "--force", "left")
                committing({"a": "landed\n", "b": None, "left": "landed\n"})(root)

            await land(engine, 0, act)
            head = await engine.advance()
            parent = Path(engine.parent.worktree.path)
            assert git(parent, "rev-parse", "HEAD", "prodigy/run-1").splitlines() == [head, head]
            assert git(parent, "status", "--porcelain") == ""
            assert git(parent, "ls-files", "--cached", "--others").splitlines() == ["a", "left"]
            assert (parent / "left").read_text() == "landed\n"

    run_on("asyncio", run)


@pytest.mark.parametrize("size", (0, -1))
def test_a_pool_that_serves_nobody_is_refused(tmp_path: Path, size: int) -> None:
    async def run() -> None:
        async with engine_on(make_repository(tmp_path / "repository"), size=None) as engine:
            with pytest.raises(ValueError, match="at least 1"):
                await engine.prepare_pool(size)

    run_on("asyncio", run)
