from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from prodigy_action.adapters.results.state_store import StateStore
from prodigy_action.errors import WorktreeUnusable
from prodigy_action.model.git import Submission
from tests.support.backends import BACKENDS, run_on
from tests.support.engines import Act, GitWork, committing, engine_on, land_one, run_agent
from tests.support.git import commit_all, git, make_repository, shell, write


def collect(repository: Path, act: Act, *, then: Act | None = None) -> Submission:
    async def run() -> Submission:
        async with engine_on(repository, size=1) as engine:
            submission = await run_agent(engine, 0, act)
            if then is not None:
                await run_agent(engine, 1, then)
            return submission

    return run_on("asyncio", run)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_agents_commits_and_files_are_found(tmp_path: Path, backend: str) -> None:
    repository = make_repository(tmp_path / "repository")
    seen: list[str] = []

    def act(root: Path) -> None:
        for number in range(3):
            write(root, f"new{number}.txt", "new\n")
            seen.append(commit_all(root))

    async def run() -> Submission:
        async with engine_on(repository) as engine:
            return await run_agent(engine, 0, act)

    submission = run_on(backend, run)
    assert submission == Submission(seen[-1], tuple(seen), ("new0.txt", "new1.txt", "new2.txt"), ())


def test_an_agent_that_does_nothing_submits_the_base(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    assert collect(repository, lambda _: None) == Submission(git(repository, "rev-parse", "HEAD"))


def test_uncommitted_work_is_reported_but_ignored_files_are_not(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a": "a\n", "b": "b\n", ".gitignore": "*.log\n"})

    def act(root: Path) -> None:
        write(root, "a", "changed\n")
        write(root, "staged", "new\n")
        git(root, "add", "staged")
        write(root, "x.log", "noise\n")
        write(root, "directory/new", "new\n")

    assert collect(repository, act).uncommitted == ("a", "directory/new", "staged")


def test_a_committed_file_changed_again_counts_as_uncommitted(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        committing({"file1.txt": "committed\n"})(root)
        write(root, "file1.txt", "and more\n")

    submission = collect(repository, act)
    assert (submission.files_changed, submission.uncommitted) == (("file1.txt",), ("file1.txt",))


def test_line_ending_conversion_is_no_uncommitted_work(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {".gitattributes": "*.txt text eol=crlf\n", "a.txt": "a\n"})
    assert collect(repository, committing({"a.txt": b"changed\r\n"})).uncommitted == ()


def test_commits_on_another_branch_are_found_where_head_is(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        git(root, "checkout", "--quiet", "-b", "fix")
        committing({"new": "new\n"})(root)

    assert collect(repository, act).files_changed == ("new",)


def test_agents_may_use_the_same_branch_name_and_stash_at_once(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    both = anyio.Event()
    inside: list[int] = []
    results: dict[int, Submission] = {}

    async def agent(engine: GitWork, number: int) -> None:
        worktree = await engine.worktrees.create_worktree(f"agent-{number}")
        root = Path(worktree.path)
        git(root, "checkout", "--quiet", "-b", "fix")
        write(root, "file1.txt", f"by {number}\n")
        git(root, "stash")
        inside.append(number)
        if len(inside) == 2:
            both.set()
        await both.wait()
        git(root, "stash", "pop")
        commit_all(root)
        assert (root / "file1.txt").read_text() == f"by {number}\n"
        results[number] = await engine.worktrees.collect(worktree, number)
        await engine.worktrees.release(worktree)

    async def run() -> None:
        async with engine_on(repository) as engine, anyio.create_task_group() as group:
            for number in range(2):
                group.start_soon(agent, engine, number)

    run_on("asyncio", run)
    assert [results[number].files_changed for number in range(2)] == [("file1.txt",)] * 2


def test_a_merge_made_by_the_agent_keeps_all_its_commits(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        git(root, "checkout", "--quiet", "-b", "side")
        committing({"side": "side\n"})(root)
        git(root, "checkout", "--quiet", "--detach", "HEAD^")
        committing({"main": "main\n"})(root)
        git(root, "merge", "--quiet", "-m", "both", "side")

    submission = collect(repository, act)
    assert (len(submission.commits), submission.files_changed) == (3, ("main", "side"))
    assert submission.commits[-1] == submission.head


@pytest.mark.parametrize("left", (True, False))
def test_a_worktree_whose_commits_are_on_disk_is_pristine_at_once_unless_more_was_left(
    tmp_path: Path, left: bool
) -> None:
    repository = make_repository(tmp_path / "repository")
    store = StateStore(tmp_path, 1)

    async def run() -> tuple[Submission, bool, bytes]:
        async with engine_on(repository, size=1, store=store) as engine:
            worktree = await engine.worktrees.create_worktree("agent-0")
            root = Path(worktree.path)
            committing({"new": "new\n", "file1.txt": None})(root)
            if left:
                write(root, "more", "more\n")
            submission = await engine.worktrees.collect(worktree, 0)
            restored = (root / "file1.txt").exists() and not (root / "new").exists()
            patch = await engine.worktrees.patch(worktree)
            await engine.worktrees.release(worktree)
            # The next agent gets the pristine state either way.
            assert (await run_agent(engine, 1, lambda root: print(git(root, "status")))).head == worktree.base
            return submission, restored, patch

    submission, restored, patch = run_on("asyncio", run)
    store.close()
    assert submission.kept is not None
    assert (submission.files_changed, restored) == (("file1.txt", "new"), not left)
    assert [name in patch for name in (b"b/new", b"a/file1.txt", b"b/more")] == [True, True, left]


def test_an_amended_commit_of_the_agent_is_found_once(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        committing({"new": "first\n"})(root)
        write(root, "new", "second\n")
        git(root, "commit", "--quiet", "--all", "--amend", "--no-edit")

    assert len(collect(repository, act).commits) == 1


def test_packed_objects_of_the_agent_are_kept(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        committing({"new": "new\n"})(root)
        git(root, "gc", "--quiet", "--prune=now")

    assert collect(repository, act, then=lambda _: None).files_changed == ("new",)


@pytest.mark.parametrize(
    ("script", "reason"),
    (
        ("git commit -q --amend --allow-empty -m other", "no longer contains the commit"),
        ("git reset -q --hard HEAD^", "no longer contains the commit"),
        ("git checkout -q --orphan fresh && git commit -q -m root", "no longer contains the commit"),
        ("git checkout -q --orphan fresh", "names no commit"),
        ("rm .git && git init -q . && git commit -q --allow-empty -m mine", "replaced by another repository"),
        ("echo nonsense > $(git rev-parse --git-dir)/HEAD", "names no commit"),
        ("rm -rf $(git rev-parse --git-dir)", "names no commit"),
    ),
)
def test_a_worktree_that_lost_its_base_is_unusable_and_the_next_is_sound(
    tmp_path: Path, script: str, reason: str
) -> None:
    repository = make_repository(tmp_path / "repository")
    commit_all(repository, "second")

    async def run() -> Submission:
        async with engine_on(repository, size=1) as engine:
            with pytest.raises(WorktreeUnusable, match=reason):
                await run_agent(engine, 0, lambda root: print(shell(root, script)))
            return await run_agent(engine, 1, committing({"new": "new\n"}))

    assert run_on("asyncio", run).files_changed == ("new",)


def test_commits_survive_the_loss_of_the_worktree_itself(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        committing({"new": "new\n"})(root)
        shell("/", f"rm -rf {root}")

    submission = collect(repository, act, then=lambda root: print(git(root, "status")))
    assert (submission.files_changed, submission.uncommitted) == (("new",), ())


def test_a_damaged_object_of_an_agent_never_reaches_the_others(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def act(root: Path) -> None:
        committing({"new": "new\n"})(root)
        directory = Path(git(root, "rev-parse", "--git-dir"), "objects")
        blob = git(root, "rev-parse", "HEAD:new")
        path = directory / blob[:2] / blob[2:]
        path.chmod(0o644)
        path.write_bytes(b"junk")

    async def run() -> Submission:
        async with engine_on(repository, size=1) as engine:
            with pytest.raises(WorktreeUnusable, match="incomplete"):
                await run_agent(engine, 0, act)
            submission = await run_agent(engine, 1, committing({"new": "new\n"}))
            await land_one(engine.parent, 1, submission, "Merge")
            await engine.publish(engine.parent.head)
            return submission

    run_on("asyncio", run)
    assert git(repository, "show", "HEAD:new") == "new"


def test_the_items_ref_holds_its_commits(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    async def run() -> tuple[str, str]:
        async with engine_on(repository) as engine:
            submission = await run_agent(engine, 7, committing({"new": "new\n"}))
            return git(engine.git_dir, "rev-parse", "refs/prodigy/run-1/items/7"), submission.head

    kept, head = run_on("asyncio", run)
    assert kept == head


def test_no_more_worktrees_exist_than_the_pool_allows(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    paths: set[str] = set()

    async def run() -> None:
        async with engine_on(repository, size=3) as engine:
            for number in range(9):
                await run_agent(engine, number, lambda root: paths.add(str(root)))
            assert len(paths) == 1
            async with anyio.create_task_group() as group:
                for number in range(9):
                    group.start_soon(run_agent, engine, number, lambda root: paths.add(str(root)))

    run_on("asyncio", run)
    assert 1 <= len(paths) <= 3


def test_tags_remote_branches_and_history_are_visible_to_agents(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    git(tmp_path / "clone", "tag", "v1")
    git(tmp_path / "clone", "tag", "-m", "annotated", "v2")

    def act(root: Path) -> None:
        head = git(root, "rev-parse", "HEAD")
        assert {git(root, "rev-parse", f"{name}^{{commit}}") for name in ("v1", "v2", "origin/main", "main")} == {head}
        assert git(root, "remote", "get-url", "origin") == str(origin)
        assert git(root, "describe", "--tags") in ("v1", "v2")

    collect(tmp_path / "clone", act)


def test_credentials_of_the_remote_are_not_handed_to_agents(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    git(repository, "remote", "add", "origin", "https://user:secret@example.org/repo.git")
    git(repository, "config", "http.https://example.org/.extraheader", "AUTHORIZATION: basic c2VjcmV0")

    def act(root: Path) -> None:
        assert git(root, "remote", "get-url", "origin") == "https://example.org/repo.git"
        assert "extraheader" not in git(root, "config", "--list")

    collect(repository, act)


def test_agents_commit_under_the_given_identity_without_hooks(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    hook = repository / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    def act(root: Path) -> None:
        write(root, "new", "new\n")
        shell(root, "unset $(env | sed -n 's/^\\(GIT_[AC][A-Z_]*\\)=.*/\\1/p'); git add -A; git commit -q -m x")
        assert git(root, "log", "-1", "--format=%an <%ae>") == "Engine <engine@example.org>"

    assert len(collect(repository, act).commits) == 1


def test_nothing_is_registered_in_the_users_repository(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")

    def tree() -> set[str]:
        return {str(path.relative_to(repository)) for path in (repository / ".git").rglob("*")}

    before = tree()
    collect(repository, committing({"new": "new\n"}))
    assert tree() == before


class TestPatch:
    def patch(self, repository: Path, act: Act) -> bytes:
        async def run() -> bytes:
            async with engine_on(repository, size=1) as engine:
                worktree = await engine.worktrees.create_worktree("agent-0")
                act(Path(worktree.path))
                try:
                    return await engine.worktrees.patch(worktree)
                finally:
                    await engine.worktrees.release(worktree)

        return run_on("asyncio", run)

    def test_nothing_changed_is_an_empty_patch(self, tmp_path: Path) -> None:
        assert self.patch(make_repository(tmp_path / "repository"), lambda _: None) == b""

    def test_it_recreates_committed_uncommitted_and_untracked_work(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path / "repository", {"a": "a\n", "b": "b\n", "c": "c\n", "d": "d\n"})
        odd = [b"new\nline", b"invalid-\xff\xfe", b'quote"and\\tab\t', "ünï".encode(), b" spaces "]
        binary = bytes(range(256)) * 8

        def act(root: Path) -> None:
            committing({"a": "committed\n"})(root)
            write(root, "b", "uncommitted\n")
            (root / "c").unlink()
            (root / "d").chmod(0o755)
            (root / "link").symlink_to("a")
            for name in odd:
                write(root, name, binary + name)

        patch = self.patch(repository, act)
        (tmp_path / "patch").write_bytes(patch)
        git(repository, "apply", "--index", "--binary", str(tmp_path / "patch"))
        assert (repository / "a").read_text() == "committed\n"
        assert (repository / "b").read_text() == "uncommitted\n"
        assert not (repository / "c").exists()
        assert (repository / "d").stat().st_mode & 0o111
        assert (repository / "link").readlink() == Path("a")
        for name in odd:
            assert (repository / os.fsdecode(name)).read_bytes() == binary + name

    @pytest.mark.parametrize(
        "script",
        ("rm .git", "echo junk > $(git rev-parse --git-dir)/index", "touch $(git rev-parse --git-dir)/index.lock"),
    )
    def test_it_does_not_need_the_agents_repository(self, tmp_path: Path, script: str) -> None:
        repository = make_repository(tmp_path / "repository")

        def act(root: Path) -> None:
            write(root, "file1.txt", "changed\n")
            shell(root, script)

        assert b"+changed" in self.patch(repository, act)

    def test_of_a_lost_worktree_it_is_what_was_committed(self, tmp_path: Path) -> None:
        repository = make_repository(tmp_path / "repository")

        def act(root: Path) -> None:
            committing({"new": "new\n"})(root)
            shell("/", f"rm -rf {root}")

        assert b"+new" in self.patch(repository, act)


FILES_OF_THE_REPOSITORY = ("config", "packed-refs", "info/exclude", "HEAD", "index", "logs/HEAD", "BRANCH")


@pytest.mark.parametrize("name", FILES_OF_THE_REPOSITORY)
@pytest.mark.parametrize("way", ("in place", "replaced", "emptied", "longer", "gone"))
def test_a_file_of_the_repository_gets_its_content_back_whatever_its_size_and_times_say(
    way: str, name: str, tmp_path: Path
) -> None:
    repository = make_repository(tmp_path / "repository")
    seen: list[dict[str, bytes]] = []

    def place(root: Path) -> Path:
        directory = Path(git(root, "rev-parse", "--absolute-git-dir"))
        return directory / (git(root, "symbolic-ref", "HEAD") if name == "BRANCH" else name)

    def look(root: Path) -> None:
        directory = Path(git(root, "rev-parse", "--absolute-git-dir"))
        branch = git(root, "symbolic-ref", "HEAD")
        seen.append({each: (directory / each).read_bytes() for each in FILES_OF_THE_REPOSITORY[:-1]})
        seen[-1]["HEAD"] = git(root, "rev-parse", "HEAD").encode()
        seen[-1]["BRANCH"] = (directory / branch).read_bytes()

    def vandal(root: Path) -> None:
        path = place(root)
        content, times = path.read_bytes(), path.stat()
        damaged = {
            "in place": b"#" * len(content),
            "replaced": b"#" * len(content),
            "emptied": b"",
            "longer": content * 2,
        }
        if way in ("replaced", "gone"):
            path.unlink()
        if way != "gone":
            path.write_bytes(damaged[way])
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    async def run() -> None:
        async with engine_on(repository, size=1) as engine:
            await run_agent(engine, 0, look)
            worktree = await engine.worktrees.create_worktree("agent-1")
            vandal(Path(worktree.path))
            await engine.worktrees.release(worktree)
            await run_agent(engine, 2, look)

    run_on("asyncio", run)
    assert seen[0] == seen[1]
