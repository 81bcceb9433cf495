"""Checkouts that are not the usual clone, through the command line: each works, or is refused before anything runs."""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from pathlib import Path

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

WORKFLOW = """
name: edit
mode: mapreduce
map:
  input: [{n: 0}, {n: 1}, {n: 2}]
  agent_template:
    - shell: echo item >> f${item.n}.txt && git commit -qam "edit ${item.n}"
"""
FILES = {f"f{number}.txt": "start\n" for number in range(3)}


def assert_all_landed(ended: Ended) -> None:
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded"] * 3
    tree = ended.tree(ended.results["head_sha"])
    assert [tree[name] for name in FILES] == ["start\nitem"] * 3
    assert git(ended.repository, "rev-parse", "HEAD") == ended.results["head_sha"]
    assert (ended.repository / "f2.txt").read_text() == "start\nitem\n"
    assert git(ended.repository, "status", "--porcelain") == ""
    git(ended.repository, "fsck", "--strict")


def assert_refused(ended: Ended, *words: str) -> None:
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert all(word in ended.stderr for word in words), ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (ended.results_dir / "results.json").exists()


def test_a_clone_of_depth_one(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    git(origin, "commit", "-q", "--allow-empty", "-m", "second")
    git(origin, "clone", "-q", "--depth=1", f"file://{origin}", str(tmp_path / "clone"))
    ended = run(tmp_path / "clone", WORKFLOW)
    assert_all_landed(ended)
    assert git(ended.repository, "rev-parse", "--is-shallow-repository") == "true"


def test_a_detached_head(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    main = git(repository, "rev-parse", "main")
    git(repository, "checkout", "-q", "--detach")
    assert_all_landed(run(repository, WORKFLOW))
    assert git(repository, "rev-parse", "main") == main


def test_a_checkout_that_is_a_linked_worktree(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    linked = tmp_path / "linked"
    git(origin, "worktree", "add", "-q", "-b", "topic", str(linked))
    main = git(origin, "rev-parse", "main")
    ended = run(linked, WORKFLOW)
    assert_all_landed(ended)
    assert git(origin, "rev-parse", "main") == main
    assert git(origin, "rev-parse", "topic") == ended.results["head_sha"]
    assert git(origin, "worktree", "list").count("\n") == 1


def test_a_work_tree_that_the_configuration_names(tmp_path: Path) -> None:
    made = make_repository(tmp_path / "made", FILES)
    store, tree = tmp_path / "store.git", tmp_path / "tree"
    (made / ".git").rename(store)
    made.rename(tree)
    git(store, "config", "core.bare", "false")
    git(store, "config", "core.worktree", str(tree))
    (tree / ".git").write_text(f"gitdir: {store}\n")
    assert_all_landed(run(tree, WORKFLOW))


def test_a_sparse_checkout_stays_sparse_and_agents_see_everything(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {**FILES, "hidden/file": "x\n", "shown/file": "x\n"})
    git(repository, "sparse-checkout", "set", "--cone", "shown")
    seeing = WORKFLOW.replace(
        "shell: echo", "shell: test -e hidden/file && echo y >> hidden/f${item.n} && git add . && echo"
    )
    ended = run(repository, seeing)
    assert_all_landed(ended)
    assert not (repository / "hidden").exists()
    assert "hidden/f1" in ended.tree()


def test_an_index_kept_in_unusual_ways(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    git(repository, "config", "extensions.worktreeConfig", "true")
    git(repository, "update-index", "--index-version", "4", "--split-index", "--untracked-cache")
    assert_all_landed(run(repository, WORKFLOW))


def test_a_checkout_marked_bare_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    git(repository, "config", "core.bare", "true")
    assert_refused(run(repository, WORKFLOW), "bare repository", "working tree")


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    git(origin, "clone", "-q", "--bare", str(origin), str(tmp_path / "bare"))
    assert_refused(run(tmp_path / "bare", WORKFLOW), "bare repository")


def test_a_repository_without_commits_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    assert_refused(run(tmp_path / "empty", WORKFLOW), "has no commit yet", "commit something first")


def test_no_repository_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert_refused(run(tmp_path / "plain", WORKFLOW), "not inside a git repository")


def test_a_sha256_repository_is_refused(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "--object-format=sha256")
    git(repository, "commit", "-q", "--allow-empty", "-m", "start")
    assert_refused(run(repository, WORKFLOW), "sha256", "only sha1 repositories are supported")


def test_a_partial_clone_is_completed_first(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(origin, "clone", "-q", "--filter=blob:none", f"file://{origin}", str(tmp_path / "clone"))
    assert_all_landed(run(tmp_path / "clone", WORKFLOW))


def test_a_partial_clone_whose_origin_is_gone_is_refused(tmp_path: Path) -> None:
    origin = make_repository(tmp_path / "origin", FILES)
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(origin, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{origin}", str(tmp_path / "clone"))
    origin.rename(tmp_path / "gone")
    assert_refused(run(tmp_path / "clone", WORKFLOW), "partial clone", "check out without a filter")


def test_pointers_of_submodules_merge(tmp_path: Path) -> None:
    library = make_repository(tmp_path / "library", {"code": "1"})
    repository = make_repository(tmp_path / "repository", FILES)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendored")
    git(repository, "commit", "-q", "-m", "vendored")
    git(library, "commit", "-q", "--allow-empty", "-m", "next")
    pointer = git(library, "rev-parse", "HEAD")
    moving = WORKFLOW.replace(
        "    - shell: echo",
        f"    - shell: test ${{item.n}} != 1 || git update-index --cacheinfo 160000,{pointer},vendored\n"
        "    - shell: test ${item.n} != 1 || git commit -qm move\n"
        "    - shell: echo",
    ).replace("commit -qam", "commit -qm edit -- f${item.n}.txt #")
    ended = run(repository, moving)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded"] * 3
    assert pointer in git(repository, "ls-tree", "HEAD", "vendored")


def test_large_file_pointers_stay_what_they_are_without_git_lfs(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    repository = make_repository(tmp_path / "repository", {**FILES, "data.bin": pointer})
    (repository / ".gitattributes").write_text(attributes)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "attributes")
    for name, value in {"clean": "git-lfs clean -- %f", "smudge": "git-lfs smudge -- %f", "required": "true"}.items():
        git(repository, "config", f"filter.lfs.{name}", value)
    git(repository, "config", "filter.lfs.process", "git-lfs filter-process")
    ended = run(repository, WORKFLOW)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.states == ["succeeded"] * 3
    assert git(repository, "show", "HEAD:data.bin") == pointer.rstrip("\n")


def test_a_file_larger_than_the_disk_is_refused_before_anything_runs(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    commit = commit_with_a_file_of(repository, 1 << 60)
    git(repository, "update-ref", "refs/heads/main", commit)
    ended = run(repository, "setup:\n  - shell: touch ../it-ran\n" + WORKFLOW)
    assert_refused(ended, "2 worktrees of", "do not fit the disk", "TMPDIR")
    assert not (tmp_path / "it-ran").exists()


def commit_with_a_file_of(repository: Path, size: int) -> str:
    """A commit with a file that claims that size; the object holds nothing else, and nobody gets to read it."""
    content = zlib.compress(b"blob %d\0" % size)
    name = hashlib.sha1(str(size).encode(), usedforsecurity=False).hexdigest()
    place = repository / ".git/objects" / name[:2] / name[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    listed = git(repository, "ls-tree", "HEAD") + f"\n100644 blob {name}\thuge.bin\n"
    made = subprocess.run(
        ["git", "-C", str(repository), "mktree", "--missing"],
        input=listed, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return git(repository, "commit-tree", made.stdout.strip(), "-p", "HEAD", "-m", "huge")
