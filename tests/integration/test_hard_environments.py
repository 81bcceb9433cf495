"""Agents that wreck their surroundings: their own item ends in a named state, all siblings land, the slot is clean."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import git, make_repository

FILES = {"a.txt": "a\n", "dir/b.txt": "b\n", ".gitignore": "*.log\n", "run.sh": "#!/bin/sh\n"}
SIBLING = """
    test -z "$(git status --porcelain --ignored)"
    test "$(git rev-parse HEAD)" = "$BASE"
    test "$(git symbolic-ref HEAD)" = "refs/heads/prodigy/$PRODIGY_RUN_ID-item-${item.n}"
    git fsck --no-dangling
    ls -AlR --time-style=+ | grep -v "^total" > "$SEEN-${item.n}"
    (git for-each-ref | sed "s/-item-${item.n}$/-item-own/") >> "$SEEN-${item.n}"
    (git stash list; git config --list --local) >> "$SEEN-${item.n}"
    echo "${item.n}" > "own-${item.n}" && git add "own-${item.n}" && git commit -qm "item ${item.n}"
"""


def carry_out(tmp_path: Path, vandal: str, **environ: str) -> Ended:
    """One slot for all items, the second of which is the vandal: what it leaves is what the third one gets."""
    workflow = f"""
name: hard
map:
  input: {json.dumps([{"n": n} for n in range(4)])}
  max_parallel: 1
  agent_template:
    - interpreter: bash
      shell: |
        if [ "${{item.n}}" = 1 ]; then
{_indent(vandal, 10)}
        else
{_indent(SIBLING, 10)}
        fi
"""
    repository = tmp_path / "r"
    if not repository.exists():
        make_repository(repository, FILES)
    base = git(repository, "rev-parse", "HEAD")
    seen = tmp_path / "seen"
    return run(repository, workflow, "--log-format", "json", BASE=base, SEEN=str(seen), **environ)


def _indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line.strip() for line in text.strip().splitlines())


def assert_siblings_landed(ended: Ended, tmp_path: Path) -> None:
    others = [n for n in range(len(ended.states)) if n != 1]
    output = ended.stdout + ended.stderr
    assert [ended.states[n] for n in others] == ["succeeded"] * len(others), output
    assert {f"own-{n}" for n in others} <= set(git(ended.repository, "ls-tree", "--name-only", "HEAD").splitlines())
    views = {(tmp_path / f"seen-{n}").read_text() for n in others}
    assert len(views) == 1, "every agent saw the same files"
    assert "Traceback" not in output


@dataclass(frozen=True)
class Vandalism:
    """What an agent does and what becomes of its item."""

    script: str
    state: str
    message: str = ""


COMMIT = "echo mine > mine && git add -A && git commit -qm mine"
VANDALISM = {
    "deletes its worktree": Vandalism('rm -rf "$PWD"', "unchanged"),
    "deletes its worktree after a commit": Vandalism(f'{COMMIT} && rm -rf "$PWD"', "succeeded"),
    "deletes its worktree and fails": Vandalism('rm -rf "$PWD"; exit 3', "failed", "exit code 3"),
    "switches branch": Vandalism(f"git switch -qc other && {COMMIT}", "succeeded"),
    "amends the base": Vandalism("git commit -q --amend -m changed --allow-empty", "failed", "history was rewritten"),
    "starts a new history": Vandalism(
        "git checkout -q --orphan new && git commit -qm orphan", "failed", "history was rewritten"
    ),
    "resets before the base": Vandalism("git checkout -q --orphan nothing", "failed", "HEAD"),
    "corrupts its index": Vandalism(f'{COMMIT} && echo junk > "$(git rev-parse --git-path index)"', "succeeded"),
    "leaves the index locked": Vandalism(f'{COMMIT} && touch "$(git rev-parse --git-path index.lock)"', "succeeded"),
    "corrupts its HEAD": Vandalism('echo junk > "$(git rev-parse --git-path HEAD)"', "failed", "HEAD"),
    "leaves a merge half-done": Vandalism(
        """
        git checkout -qb one && echo 1 > a.txt && git commit -qam one
        git checkout -q "$BASE" && echo 2 > a.txt && git commit -qam two
        git merge one || true
        """,
        "succeeded",
    ),
    "leaves a merge half-done and fails": Vandalism(
        """
        git checkout -qb one && echo 1 > a.txt && git commit -qam one
        git checkout -q "$BASE" && echo 2 > a.txt && git commit -qam two
        git merge one
        """,
        "failed",
        "exit code 1",
    ),
    "leaves a rebase half-done": Vandalism(
        """
        git checkout -qb one && echo 1 > a.txt && git commit -qam one
        git checkout -q "$BASE" && echo 2 > a.txt && git commit -qam two
        git rebase one
        """,
        "failed",
        "exit code 1",
    ),
    "commits nothing": Vandalism("true", "unchanged"),
    "leaves work uncommitted": Vandalism("echo x > a.txt; echo y > new; rm dir/b.txt", "unchanged"),
    "creates a nested repository": Vandalism(
        "git init -q inner && git -C inner commit -q --allow-empty -m inner && echo mine > mine && git add mine "
        "&& git commit -qm mine",
        "succeeded",
    ),
    "commits a nested repository": Vandalism(
        f"git init -q inner && git -C inner commit -q --allow-empty -m inner && {COMMIT}", "failed", "inner"
    ),
    "replaces its repository by another": Vandalism(f"rm -rf .git && git init -q && {COMMIT}", "failed", ".git"),
    "makes a file of 200 MB": Vandalism(
        "head -c 200M /dev/zero > large.log && head -c 200M /dev/zero > large.bin && git add -A && git commit -qm big",
        "succeeded",
    ),
    "makes a symlink loop": Vandalism(
        "ln -s loop loop && ln -s ../dir dir/again && ln -s / root && git add -A && git commit -qm links", "succeeded"
    ),
    "uses hostile names": Vandalism(
        r"""
        touch -- $'line\nend' $'bad-\xff\xfe' ' lead' '-dash' $'tab\there' '"quoted"' && mkdir $'d\n\xff'
        echo x > $'d\n\xff/in' && git add -A && git commit -qm names
        """,
        "succeeded",
    ),
    "makes everything unreadable": Vandalism(
        f"{COMMIT}; mkdir -p deep/er && touch deep/er/x && find . -depth -exec chmod 000 {{}} + || true", "succeeded"
    ),
    "makes everything unreadable and fails": Vandalism(
        "mkdir -p deep/er && touch deep/er/x && find . -depth -exec chmod 000 {} + || true; exit 5",
        "failed",
        "exit code 5",
    ),
    "turns its worktree into a file": Vandalism('here="$PWD"; cd / && rm -rf "$here" && touch "$here"', "unchanged"),
    "points its worktree elsewhere": Vandalism(
        'here="$PWD"; cd / && rm -rf "$here" && ln -s /etc "$here"', "unchanged"
    ),
    "configures a filter that fails": Vandalism(
        "git config filter.x.clean false && git config filter.x.required true && echo '* filter=x' > .gitattributes",
        "unchanged",
    ),
    "fills its refs and its stash": Vandalism(
        "git branch x && git tag y && echo z > a.txt && git stash -q && git notes add -m n", "unchanged"
    ),
}


@pytest.mark.parametrize("name", VANDALISM)
def test_a_vandal_hurts_nobody_else(tmp_path: Path, name: str) -> None:
    case = VANDALISM[name]
    ended = carry_out(tmp_path, case.script)
    assert_siblings_landed(ended, tmp_path)
    item = ended.results["items"][1]
    assert item["state"] == case.state, (item, ended.stdout)
    if case.message:
        assert case.message in item["error"]["message"]
        assert (ended.results_dir / item["log"]).exists()
    if case.state == "succeeded":
        assert git(ended.repository, "fsck", "--no-dangling") == ""


def test_files_that_nobody_can_remove_keep_nobody_from_working(tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    probe.touch()
    immutable = subprocess.run(["chattr", "+i", str(probe)], capture_output=True, text=True, check=False)
    if immutable.returncode != 0:
        pytest.skip(f"immutable files are not tested here: {immutable.stderr.strip()}")
    subprocess.run(["chattr", "-i", str(probe)], check=True)
    place = tmp_path / "tmp"
    place.mkdir()
    try:
        ended = carry_out(tmp_path, "touch stays && chattr +i stays", TMPDIR=str(place))
        assert_siblings_landed(ended, tmp_path)
        assert ended.states[1] == "unchanged"
        again = run(ended.repository, "name: again\nsetup: [{shell: 'true'}]\n", TMPDIR=str(place))
        assert again.exit_code == 0, "what an earlier run left is no obstacle"
    finally:
        subprocess.run(["chattr", "-R", "-i", str(place)], check=False, capture_output=True)


def test_a_large_file_of_a_failed_agent_is_in_its_patch(tmp_path: Path) -> None:
    ended = carry_out(tmp_path, "head -c 200M /dev/zero > large.bin; exit 1")
    assert_siblings_landed(ended, tmp_path)
    item = ended.results["items"][1]
    assert item["state"] == "failed"
    assert b"large.bin" in (ended.results_dir / item["patch"]).read_bytes()
