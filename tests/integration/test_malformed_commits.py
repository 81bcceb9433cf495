"""A commit that git would refuse fails its own item, or its own phase, and lands nowhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prodigy_action.adapters.git import commit_check
from prodigy_action.errors import JournalCorrupt, MalformedCommit
from prodigy_action.model.events import KeptObjects
from tests.integration import malformed
from tests.support.backends import run_on
from tests.support.blackbox import Ended, run
from tests.support.engines import engine_on, run_agent
from tests.support.git import git, make_repository, shell

pytestmark = pytest.mark.long

FILES = {"a.txt": "a\n", "b.txt": "b\n", "sub/c.txt": "c\n"}
MAKE = f"{sys.executable} {malformed.__file__}"


def assert_sound(ended: Ended) -> None:
    assert git(ended.repository, "rev-parse", "HEAD") == ended.results["head_sha"]
    git(ended.repository, "fsck", "--strict", "--no-dangling")
    assert git(ended.repository, "status", "--porcelain") == ""


def test_every_kind_of_malformed_commit_fails_its_item_and_no_other(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    items = [{"kind": kind} for kind in ("good-first", *malformed.KINDS, "good-last")]
    (tmp_path / "items.json").write_text(json.dumps(items))
    ended = run(
        repository,
        f"""
name: malformed
map:
  input: {tmp_path}/items.json
  max_parallel: 2
  agent_template:
    - shell: |
        case ${{item.kind}} in
          good-*) echo new > ${{item.kind}}.txt && git add . && git commit -qm good ;;
          *) {MAKE} ${{item.kind}} ;;
        esac
""",
    )
    states = {item["item"]["kind"]: item["state"] for item in ended.results["items"]}
    kinds = {item["item"]["kind"]: (item["error"] or {}).get("kind") for item in ended.results["items"]}
    assert {kind: states[kind] for kind in malformed.KINDS} == dict.fromkeys(malformed.KINDS, "failed")
    assert {kind: kinds[kind] for kind in malformed.KINDS} == dict.fromkeys(malformed.KINDS, "malformed_commit")
    assert states["good-first"] == states["good-last"] == "succeeded"
    assert ended.exit_code == 1
    assert ended.tree() == {**FILES, "good-first.txt": "new", "good-last.txt": "new"} | {
        name: text.rstrip("\n") for name, text in FILES.items()
    }
    assert_sound(ended)


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
@pytest.mark.parametrize("kind", ("dot-git", "missing-file", "no-author"))
def test_a_malformed_commit_of_a_phase_fails_the_phase_and_what_landed_before_is_published(
    tmp_path: Path, phase: str, kind: str
) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        f"""
name: malformed
map:
  input: [one]
  commit: auto
  agent_template:
    - shell: echo new > one.txt
{phase}:
  - shell: {MAKE} {kind}
""",
    )
    assert ended.exit_code == 1
    assert f"{phase}: " in ended.results["message"], ended.results["message"]
    error = next(each["error"] for each in ended.events if each["event"] == "phase_finished" and each["phase"] == phase)
    assert error["kind"] == "malformed_commit"
    branches = git(repository, "branch", "--list", "prodigy/*", "--format=%(refname:short)").split()
    if phase == "setup":
        assert branches == []
    else:
        assert ended.tree(branches[0])["one.txt"] == "new"
    git(repository, "fsck", "--strict", "--no-dangling")


def test_a_standard_workflow_that_makes_a_malformed_commit_publishes_nothing(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    before = git(repository, "rev-parse", "HEAD")
    ended = run(repository, f"- shell: {MAKE} unsorted\n")
    assert ended.exit_code == 1
    assert git(repository, "rev-parse", "HEAD") == before
    assert git(repository, "branch", "--list", "prodigy/*") == ""


def test_every_kind_is_refused_in_the_parent_worktree_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commits of setup, reduce, merge steps and standard workflows pass there."""
    repository = make_repository(tmp_path / "repository", FILES)

    async def refused() -> set[str]:
        found: set[str] = set()
        async with engine_on(repository, size=None) as engine:
            monkeypatch.chdir(engine.parent_worktree.path)
            for kind in malformed.KINDS:
                malformed.main(kind)
                try:
                    await engine.check_parent(engine.parent_worktree.base)
                except MalformedCommit:
                    found.add(kind)
                git(engine.git_dir, "update-ref", "HEAD", engine.parent_worktree.base)
        return found

    assert run_on("asyncio", refused) == set(malformed.KINDS)


BOUNDS = {
    "MOST_OBJECTS": (3, "for n in 1 2 3 4; do echo $n > $n; done"),
    "LARGEST_FILE": (10, "echo more than ten bytes > large"),
    "LARGEST_STRUCTURE": (1_000, "for n in $(seq 50); do echo $n > file-with-a-long-name-$n; done"),
}


@pytest.mark.parametrize("bound", tuple(BOUNDS))
def test_the_number_and_the_size_of_objects_are_bounded(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_check, bound, BOUNDS[bound][0])
    repository = make_repository(tmp_path / "repository", FILES)

    def act(root: Path) -> None:
        shell(root, f"{BOUNDS[bound][1]} && git add . && git commit -qm change")

    async def agent() -> None:
        async with engine_on(repository) as engine:
            await run_agent(engine, 0, act)

    with pytest.raises(MalformedCommit):
        run_on("asyncio", agent)


@pytest.mark.parametrize(
    "kind", ("dot-git", "long-name", "missing-file", "no-author", "unsorted", "gitmodules-as-link")
)
def test_a_resume_refuses_what_an_earlier_attempt_cannot_have_recorded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    other = Path(shutil.copytree(repository, tmp_path / "other"))
    monkeypatch.chdir(other)
    malformed.main(kind)
    made = git(other, "rev-parse", "HEAD")
    listed = git(other, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    names = subprocess.run(
        ["git", "pack-objects", "-q", str(other / "kept")],
        cwd=other,
        input=listed.encode(),
        capture_output=True,
        check=True,
    )
    pack = other / f"kept-{names.stdout.decode().strip()}.pack"
    results = tmp_path / "results"
    (results / "state").mkdir(parents=True)
    shutil.copyfile(pack, results / "state/objects.pack")
    kept = KeptObjects(file="state/objects.pack", offset=0, size=pack.stat().st_size)

    async def resumed() -> None:
        async with engine_on(repository, size=None) as engine:
            base = engine.parent_worktree.base
            await engine.restore(results, [kept], items={0: made}, refs={}, heads=[], start=base)

    with pytest.raises(JournalCorrupt, match="damaged or incomplete"):
        run_on("asyncio", resumed)


def test_a_packed_malformed_commit_is_refused_by_git_itself(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    ended = run(
        repository,
        f"""
name: packed
map:
  input: [bad, good]
  agent_template:
    - shell: |
        if [ ${{item}} = bad ]; then
          {MAKE} dot-git && git rev-parse HEAD | git pack-objects --revs -q .git/objects/pack/pack 2>/dev/null ||
          git rev-parse HEAD | git pack-objects --revs -q "$(git rev-parse --git-path objects/pack/pack)" > /dev/null
          rm -rf "$(git rev-parse --git-path objects)"/??
        else
          echo new > good.txt && git add . && git commit -qm good
        fi
""",
    )
    assert ended.states == ["failed", "succeeded"]
    assert ended.results["items"][0]["error"]["kind"] == "malformed_commit"
    assert_sound(ended)


def test_what_the_repository_had_before_the_run_is_nobodys_fault(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", FILES)
    git(repository, "checkout", "-q", "-b", "old")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    broken = tmp_path / "commit"
    broken.write_text(
        f"tree {tree}\nparent {git(repository, 'rev-parse', 'HEAD')}\n"
        "author x <x> 007 +0000\ncommitter x <x> 7 +0000\n\nold\n"
    )
    old = git(repository, "hash-object", "-t", "commit", "--literally", "-w", str(broken))
    git(repository, "update-ref", "refs/heads/old", old)
    git(repository, "checkout", "-q", "main")
    ended = run(
        repository,
        """
name: old
map:
  input: [one]
  agent_template:
    - shell: git merge -q --no-ff -m merged old && echo new > one.txt && git add . && git commit -qm one
""",
    )
    assert ended.states == ["succeeded"], ended.stdout
    assert git(repository, "merge-base", "--is-ancestor", old, "HEAD") == ""
