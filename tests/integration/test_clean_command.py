"""`clean`, through the command line: it removes what is kept elsewhere, and nothing without `--yes`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git

WORKFLOW = """
name: x
map:
  input: [{n: 1}]
  commit: auto
  agent_template: [{shell: 'date +%N > made'}]
"""
RUN = "prodigy/20260102-030405-0a1b2c"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a merged and an unmerged branch of runs, branches of people, and moved results."""
    path = tmp_path / "r"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    git(path, "commit", "-qm", "Start", "--allow-empty")
    git(path, "branch", f"{RUN}")
    git(path, "branch", "prodigy/mine")
    git(path, "branch", f"{RUN}f")
    lost = git(path, "commit-tree", "-p", "HEAD", "-m", "Nowhere else", "HEAD^{tree}")
    git(path, "branch", "prodigy/20260102-030405-ffffff", lost)
    for number, unfinished in ((1, False), (2, True)):
        directory = path / f"prodigy-results.{number}"
        (directory / "logs").mkdir(parents=True)
        (directory / "events.jsonl").write_text("")
        (directory / "logs/out").symlink_to(tmp_path / "precious")
        if unfinished:
            (directory / "state").mkdir()
    (path / "prodigy-results.3").mkdir()
    (path / "prodigy-results.x").mkdir()
    (path / "prodigy-results.4").symlink_to("prodigy-results.1")
    (tmp_path / "precious").mkdir()
    return path


def left(path: Path) -> set[str]:
    branches = git(path, "for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n")
    return {*branches, *(entry.name for entry in path.iterdir() if entry.name.startswith("prodigy"))}


def test_nothing_is_removed_without_yes(checkout: Path) -> None:
    before = left(checkout)
    ended = prodigy(checkout, "clean")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert left(checkout) == before
    assert ended.stdout == (
        f"would remove branch {RUN}\n"
        "kept branch prodigy/20260102-030405-ffffff: no other branch or tag has its commits; --all removes it\n"
        "would remove prodigy-results.1 (0.0 MB)\n"
        "kept prodigy-results.2 (0.0 MB): its run is unfinished and can be resumed; --all removes it\n"
        "nothing was removed: repeat the command with --yes to remove it\n"
    )


def test_yes_removes_what_is_kept_elsewhere_and_all_removes_the_rest(checkout: Path, tmp_path: Path) -> None:
    before = left(checkout)
    gone = {RUN, "prodigy-results.1"}
    first = prodigy(checkout, "clean", "--yes")
    after_first = left(checkout)
    second = prodigy(checkout, "clean", "--yes", "--all")
    after_second = left(checkout)
    third = prodigy(checkout, "clean", "--yes", "--all")

    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 0, 0)
    assert after_first == before - gone
    assert after_second == before - gone - {"prodigy/20260102-030405-ffffff", "prodigy-results.2"}
    assert third.stdout == "nothing to remove\n"
    assert (tmp_path / "precious").is_dir()


def test_a_branch_that_is_checked_out_is_kept(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-q", str(tmp_path / "w"), RUN)
    ended = prodigy(checkout, "clean", "--yes", "--all")

    assert f"kept branch {RUN}: it is checked out in {tmp_path}/w\n" in ended.stdout
    assert RUN in left(checkout)


def test_the_branches_of_real_runs_are_found_and_the_last_results_stay(checkout: Path) -> None:
    (checkout / "prodigy-results.3").rmdir()
    (checkout / "prodigy-results.4").unlink()
    runs: list[Ended] = []
    (checkout.parent / "w.yml").write_text(WORKFLOW)
    for _ in range(2):
        runs.append(prodigy(checkout, "run", str(checkout.parent / "w.yml")))
        assert runs[-1].exit_code == 0, runs[-1].stderr
    branches = {
        name
        for name in left(checkout)
        if name.startswith("prodigy/") and name.endswith(runs[-1].results["run_id"][-6:])
    }
    ended = prodigy(checkout, "clean", "--yes")

    assert len(branches) == 1
    assert ended.stdout.count("removed branch prodigy/") == 3
    assert left(checkout) & branches == set()
    assert runs[-1].results["result"] == "success"
    assert (checkout / "made").is_file()


def test_outside_of_a_repository_clean_is_refused(tmp_path: Path) -> None:
    ended = prodigy(tmp_path, "clean", "--yes")
    assert ended.exit_code == 2
    assert "this directory is in no git repository" in ended.stderr


def test_what_cannot_be_removed_is_an_error(checkout: Path) -> None:
    (checkout / ".git/refs/heads" / f"{RUN}.lock").write_text("")
    ended = prodigy(checkout, "clean", "--yes")

    assert ended.exit_code == 1
    assert f"could not remove branch {RUN}: " in ended.stdout
    assert "removed prodigy-results.1" in ended.stdout
