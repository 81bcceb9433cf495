"""`clean`, through the command line: it removes what is kept elsewhere, and nothing without `--yes`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodigy_action.adapters.results.journal_lines import frame_line
from tests.support.blackbox import Ended, prodigy
from tests.support.git import git
from tests.support.journals import begun

WORKFLOW = """
name: x
map:
  input: [{n: 1}]
  commit: auto
  agent_template: [{shell: 'date +%N > made'}]
"""
RUN = "prodigy/20260102-030405-0a1b2c"
LOST = "prodigy/20260102-030405-ffffff"
UNFINISHED = b"".join(
    frame_line(number, event.model_dump_json().encode(), "r") for number, event in enumerate(begun(1), start=1)
).decode()


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
    git(path, "branch", LOST, lost)
    for number, unfinished in ((1, False), (2, True)):
        directory = path / f"prodigy-results.{number}"
        (directory / "logs").mkdir(parents=True)
        (directory / "events.jsonl").write_text(UNFINISHED if unfinished else "")
        (directory / "logs/out").symlink_to(tmp_path / "precious")
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
        f"kept branch {LOST}: no other branch or tag has its commits; --all removes it\n"
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
    assert after_second == before - gone - {LOST, "prodigy-results.2"}
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
    assert "this directory is not inside a git repository" in ended.stderr


def test_what_cannot_be_removed_is_an_error(checkout: Path) -> None:
    (checkout / ".git/refs/heads" / f"{RUN}.lock").write_text("")
    ended = prodigy(checkout, "clean", "--yes")

    assert ended.exit_code == 1
    assert f"could not remove branch {RUN}: " in ended.stdout
    assert "removed prodigy-results.1" in ended.stdout


def tag_object(path: Path, name: str) -> str:
    """Make an annotated tag; the id of its object."""
    git(path, "tag", "-am", "Said in the tag", name)
    return git(path, "rev-parse", name)


def test_tags_of_runs_are_removed_when_nothing_is_lost_with_them(checkout: Path) -> None:
    git(checkout, "tag", f"{RUN}/light")
    git(checkout, "tag", f"{LOST}/lost", LOST)
    tag_object(checkout, f"{RUN}/annotated")
    git(checkout, "tag", f"{RUN}/known", tag_object(checkout, "mine"))
    git(checkout, "tag", "prodigy/mine")
    ended = prodigy(checkout, "clean", "--yes")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert git(checkout, "tag").splitlines() == ["mine", f"{RUN}/annotated", f"{LOST}/lost", "prodigy/mine"]
    assert f"removed tag {RUN}/light\n" in ended.stdout
    assert f"kept tag {RUN}/annotated: no other branch or tag has its content; --all removes it\n" in ended.stdout
    assert f"kept branch {LOST}: " in ended.stdout, "a tag of a run is no other place"
    assert prodigy(checkout, "clean", "--yes", "--all").exit_code == 0
    assert git(checkout, "tag").splitlines() == ["mine", "prodigy/mine"]


def test_what_steps_made_is_removed_with_the_run(checkout: Path) -> None:
    (checkout.parent / "w.yml").write_text(WORKFLOW + "merge: [{shell: git tag v1 && git branch topic}]\n")
    ended = prodigy(checkout, "run", "../w.yml")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert len(ended.results["refs"]) == 2
    assert prodigy(checkout, "clean", "--yes").exit_code == 0
    assert ended.results["branch"] not in git(checkout, "for-each-ref")


@pytest.mark.parametrize("name", ("prodigy/20260102-030405-0a1b2c-refs/a\u2028b\x85c", f"{RUN}-stash/0"))
def test_branches_of_steps_are_removed_whatever_their_name(checkout: Path, name: str) -> None:
    git(checkout, "branch", name)
    ended = prodigy(checkout, "clean", "--yes")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert git(checkout, "for-each-ref", f"refs/heads/{name}") == ""
    assert len(ended.stdout.splitlines()) == 5, "a name takes no second line"


def test_a_worktree_with_any_name_is_found(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-q", str(tmp_path / "w\n\u2028w"), RUN)
    ended = prodigy(checkout, "clean", "--yes", "--all")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert f"kept branch {RUN}: it is checked out in {tmp_path}/w" in ended.stdout
    assert RUN in left(checkout)


def test_a_run_takes_a_checkout_with_other_line_ends_in_its_name(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("a\u2028b\x85c"))
    (moved.parent / "w.yml").write_text(WORKFLOW)
    ended = prodigy(moved, "run", "../w.yml")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert (moved / "made").is_file()


@pytest.mark.parametrize("name", ("a\u2028b\x85c", "a\nb"))
def test_a_checkout_with_any_name_is_cleaned(checkout: Path, name: str) -> None:
    moved = checkout.rename(checkout.with_name(name))
    ended = prodigy(moved, "clean", "--yes")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert RUN not in left(moved)


def test_an_absolute_results_directory_is_cleaned_wherever_it_is(checkout: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside/results"
    outside.parent.mkdir()
    (checkout / "prodigy-results.1").rename(f"{outside}.1")
    (checkout / "prodigy-results.4").unlink()
    shown = prodigy(checkout, "clean", "--results-dir", str(checkout / "prodigy-results"))
    ended = prodigy(checkout, "clean", "--yes", "--results-dir", str(outside))

    assert (shown.exit_code, ended.exit_code) == (0, 0), shown.stderr + ended.stderr
    assert "kept prodigy-results.2 (0.0 MB)" in shown.stdout
    assert f"removed {outside}.1 (0.0 MB)\n" in ended.stdout
    assert list(outside.parent.iterdir()) == []


@pytest.mark.parametrize("results_dir", ("no/such/results", "prodigy-results.1/events.jsonl/x"))
def test_a_results_directory_that_is_not_there_has_no_earlier_ones(checkout: Path, results_dir: str) -> None:
    ended = prodigy(checkout, "clean", "--yes", "--results-dir", results_dir)

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert {"prodigy-results.1", "prodigy-results.2"} <= left(checkout)


@pytest.mark.parametrize(
    ("results_dir", "said"),
    ((".", "it holds the checkout"), ("..", "it holds"), ("x" * 300, "too long"), ("loop/x", "too many levels")),
)
def test_what_cannot_be_a_results_directory_is_refused(checkout: Path, results_dir: str, said: str) -> None:
    (checkout / "loop").symlink_to("loop")
    before = left(checkout)
    ended = prodigy(checkout, "clean", "--yes", "--results-dir", results_dir)

    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert said in ended.stderr
    assert left(checkout) == before


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """As a run locks a directory that it uses."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def test_results_that_a_run_uses_are_kept(checkout: Path) -> None:
    with locked(checkout / "prodigy-results.1"):
        ended = prodigy(checkout, "clean", "--yes", "--all")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert "kept prodigy-results.1 (0.0 MB): another run uses it\n" in ended.stdout
    assert "prodigy-results.1" in left(checkout)


def test_nothing_is_removed_while_a_run_may_move_its_results(checkout: Path) -> None:
    (checkout / "prodigy-results").mkdir()
    before = left(checkout)
    with locked(checkout / "prodigy-results"):
        shown = prodigy(checkout, "clean")
        ended = prodigy(checkout, "clean", "--yes")

    assert (shown.exit_code, ended.exit_code) == (0, 2)
    assert "in use by another run" in ended.stderr
    assert left(checkout) == before


def test_results_with_a_damaged_journal_are_kept(checkout: Path) -> None:
    (checkout / "prodigy-results.1/events.jsonl").write_text("damaged\n" + UNFINISHED)
    ended = prodigy(checkout, "clean", "--yes")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert "kept prodigy-results.1 (0.0 MB): its journal is damaged; --all removes it\n" in ended.stdout


def test_a_run_keeps_as_many_finished_results_as_it_should_and_every_unfinished_one(checkout: Path) -> None:
    (checkout / "prodigy-results.3").rmdir()
    (checkout / "prodigy-results.4").unlink()
    (checkout.parent / "w.yml").write_text(WORKFLOW)
    assert prodigy(checkout, "run", "../w.yml").exit_code == 0
    ended = prodigy(checkout, "run", "../w.yml", "--results-keep", "0")

    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert {name for name in left(checkout) if name.startswith("prodigy-r")} == {
        "prodigy-results",
        "prodigy-results.3",
        "prodigy-results.x",
    }
