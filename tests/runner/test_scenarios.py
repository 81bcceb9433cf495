"""A job on a runner, from `with:` to outputs, page, annotations and a workspace as later steps need it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.git import git, make_repository
from tests.support.runner.back_ends import BackEnd, make_job
from tests.support.runner.commands_grammar import RunnerCommand
from tests.support.runner.job import OWNER, TOKEN, Job, StepEnd, owner_to_give

WORKFLOW = """
name: append
mode: mapreduce
setup:
  - shell: mkdir -p made
map:
  input: items.json
  max_parallel: 2
  agent_template:
    - shell: |
        if [ "${item}" = b ] && [ -e fail-b ]; then echo "b cannot be done" >&2; exit 3; fi
        echo "${item}" > "${item}.txt"
    - shell: git add . && git commit -qm "Make ${item}"
reduce:
  - shell: cat ?.txt > all && git add all && git commit -qm Together
"""
ITEMS = '["a", "b", "c"]'
SLOW = """
name: slow
mode: mapreduce
map:
  input: items.json
  max_parallel: 2
  agent_template:
    - shell: |
        echo "${item}" > "${item}.txt" && git add . && git commit -qm "Make ${item}"
        if [ "${item}" != quick ]; then : > "$MARKS/started-${item}"; sleep 600; fi
"""


def checkout_of(files: dict[str, str]) -> Callable[[Path], object]:
    """A workspace on its branch."""
    return lambda path: make_repository(path, {"workflow.yml": WORKFLOW, "items.json": ITEMS, **files})


def as_owner(workspace: Path, *arguments: str) -> str:
    """Git on a workspace of somebody else's."""
    return git(workspace, "-c", "safe.directory=*", *arguments)


def assert_left_as_found(end: StepEnd) -> None:
    """Nothing of root's, no worktree, no change, nothing set for later steps, no secret of the runner's anywhere."""
    workspace = end.job.workspace
    owner = (workspace.lstat().st_uid, workspace.lstat().st_gid)
    strange = [path for path in end.job.root.rglob("*") if (path.lstat().st_uid, path.lstat().st_gid) != owner]
    assert strange == []
    unreadable = [
        path for path in workspace.rglob("*") if not path.is_symlink() and not path.stat().st_mode & stat.S_IRUSR
    ]
    assert unreadable == []
    assert len(as_owner(workspace, "worktree", "list").splitlines()) == 1
    assert not (workspace / ".git" / "worktrees").exists()
    assert as_owner(workspace, "status", "--porcelain") == ""
    assert end.set_for_the_job == ({}, [], {})
    assert list((end.job.temp / "_github_home").iterdir()) == []
    assert TOKEN not in end.stdout + end.stderr + end.summary
    holding = [
        path
        for path in workspace.rglob("*")
        if path.is_file() and not path.is_symlink() and TOKEN.encode() in path.read_bytes()
    ]
    assert holding == []


def test_a_run_that_succeeds(back_end: BackEnd, tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({}))
    end = back_end.run(job, {"workflow": "workflow.yml"})
    assert end.exit_code == 0, end.stdout + end.stderr
    assert (job.workspace / "all").read_text() == "a\nb\nc\n"
    head, base = (
        as_owner(job.workspace, "rev-parse", "HEAD"),
        as_owner(job.workspace, "rev-list", "--max-parents=0", "HEAD"),
    )
    run_id = end.results["run_id"]
    assert end.outputs == {
        "result": "success",
        "run-id": run_id,
        "total": "3",
        "succeeded": "3",
        "unchanged": "0",
        "failed": "0",
        "conflicted": "0",
        "not-run": "0",
        "base-sha": base,
        "head-sha": head,
        "branch": f"prodigy/{run_id}",
        "changed": "true",
        "results-dir": "prodigy-results",
        "results-file": "prodigy-results/results.json",
        "failed-items": "[]",
        "failed-keys": "[]",
        "matrix": "",
    }
    assert end.annotations == []
    assert end.groups == ["setup", "map: 3 items, at most 2 at once", "landing the items", "reduce"]
    assert [line["event"] for line in end.log if line["event"].startswith("run_")] == ["run_started", "run_finished"]
    assert "3 landed" in end.summary
    kept = (end.results_dir / "summary.md").read_text()
    assert end.summary is not None
    # The last paragraph names the other files; in the results directory with links.
    assert end.summary.rpartition("\n\n")[0] == kept.rpartition("\n\n")[0]
    assert_left_as_found(end)


def test_a_run_that_tolerates_a_failure_warns(back_end: BackEnd, tmp_path: Path) -> None:
    tolerant = WORKFLOW + "error_policy:\n  max_failures: 1\n"
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({"workflow.yml": tolerant, "fail-b": ""}))
    end = back_end.run(job, {"workflow": "workflow.yml"})
    assert end.exit_code == 0, end.stdout + end.stderr
    assert (job.workspace / "all").read_text() == "a\nc\n"
    assert (end.outputs["result"], end.outputs["failed"], end.outputs["failed-items"]) == ("partial", "1", "[1]")
    assert end.outputs["failed-keys"] == '["b"]'
    assert end.annotations == [
        RunnerCommand(
            "warning",
            'if [ "${item}" = b ] && [ -e fail-b ]; then echo "b cannot …: exit code 3\nb cannot be done',
            {"title": "b failed"},
        )
    ]
    assert_left_as_found(end)


def test_a_run_that_fails(back_end: BackEnd, tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({"fail-b": ""}))
    end = back_end.run(job, {"workflow": "workflow.yml", "max-parallel": "3"})
    assert end.exit_code == 1
    assert (job.workspace / "all").read_text() == "a\nc\n"
    assert (end.outputs["result"], end.outputs["succeeded"]) == ("failure", "2")
    assert [(each.name, each.properties) for each in end.annotations] == [("error", {"title": "b failed"})]
    assert "b cannot be done" in (end.results_dir / end.results["items"][1]["log"]).read_text()
    assert "1 of 3 items failed" in end.summary
    assert_left_as_found(end)


def test_annotations_and_page_are_left_out_when_asked(back_end: BackEnd, tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({"fail-b": ""}))
    end = back_end.run(job, {"workflow": "workflow.yml", "annotations": "false", "job-summary": "false"})
    assert (end.exit_code, end.annotations, end.summary) == (1, [], "")
    assert "1 of 3 items failed" in (end.results_dir / "summary.md").read_text()


def test_a_wrong_workflow_is_annotated_in_its_file(back_end: BackEnd, tmp_path: Path) -> None:
    wrong = WORKFLOW.replace("max_parallel: 2", "max_parallel: [2]")
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({"ci/wrong.yml": wrong}))
    end = back_end.run(job, {"workflow": "ci/wrong.yml"})
    assert end.exit_code == 2
    place = {"file": "ci/wrong.yml", "line": "8", "col": "17", "endLine": "8", "endColumn": "20"}
    assert [(each.name, each.properties) for each in end.annotations] == [
        ("error", {"title": "invalid workflow", **place})
    ]
    assert "max_parallel" in end.annotations[0].data
    assert "ci/wrong.yml:8:17: error: " in end.stderr
    assert end.outputs == {"result": "invalid"}
    assert "ci/wrong.yml:8:17" in end.summary
    assert_left_as_found(end)


def test_what_is_odd_in_a_workflow_is_a_warning_in_its_file(back_end: BackEnd, tmp_path: Path) -> None:
    odd = WORKFLOW.replace("max_parallel: 2", "max_paralel: 2")

    def in_a_directory(path: Path) -> None:
        make_repository(path / "code", {"workflow.yml": odd, "items.json": ITEMS})

    job = make_job(tmp_path / "job", owner_to_give(), in_a_directory)
    end = back_end.run(job, {"workflow": "workflow.yml", "working-directory": "code"})
    assert end.exit_code == 0, end.stdout + end.stderr
    place = {"file": "code/workflow.yml", "line": "8", "col": "3", "endLine": "8", "endColumn": "14"}
    assert [(each.name, each.properties) for each in end.annotations] == [("warning", {"title": "workflow", **place})]
    assert [line["line"] for line in end.log if line["event"] == "workflow_questionable"] == [8]
    assert end.outputs["results-dir"] == "code/prodigy-results"
    assert end.results["counts"]["succeeded"] == 3


def test_wrong_inputs_are_reported_together_and_annotated_only_when_asked(back_end: BackEnd, tmp_path: Path) -> None:
    job = make_job(tmp_path / "job", owner_to_give(), checkout_of({}))
    wrong = {"workflow": "workflow.yml", "max-parallel": "many", "fail-on": "al"}
    end = back_end.run(job, wrong)
    assert end.exit_code == 2
    assert sorted(each.data.partition(":")[0] for each in end.annotations) == ["input fail-on", "input max-parallel"]
    assert end.outputs == {"result": "invalid"}
    job.prepare(owner_to_give())
    quiet = back_end.run(job, {**wrong, "annotations": "false", "job-summary": "false"})
    assert (quiet.exit_code, quiet.annotations, quiet.summary) == (2, [], "")


def test_a_run_that_is_cancelled_ends_in_time_and_its_journal_is_complete(back_end: BackEnd, tmp_path: Path) -> None:
    job = make_job(
        tmp_path / "job",
        owner_to_give(),
        checkout_of({"workflow.yml": SLOW, "items.json": '["quick", "slow", "later"]'}),
    )
    marks = tmp_path / "job" / "work" / "_temp" / "marks"
    marks.mkdir()

    def landed() -> bool:
        journal = job.workspace / "prodigy-results" / "events.jsonl"
        started = {mark.name for mark in marks.iterdir()} == {"started-slow", "started-later"}
        return started and b'"item_landed"' in journal.read_bytes()

    end = back_end.run(
        job, {"workflow": "workflow.yml", "env-allow": "MARKS"}, environ={"MARKS": str(marks)}, cancel_when=landed
    )
    assert end.exit_code == 130, end.stdout + end.stderr
    assert [item["state"] for item in end.results["items"]] == ["succeeded", "cancelled", "cancelled"]
    assert (end.outputs["result"], end.outputs["changed"]) == ("cancelled", "true"), end.stdout + end.stderr
    assert as_owner(job.workspace, "show", f"{end.outputs['branch']}:quick.txt") == "quick"
    assert as_owner(job.workspace, "rev-parse", "HEAD") == end.outputs["base-sha"]
    assert [each.name for each in end.annotations] == ["error"]
    assert end.groups == ["map: 3 items, at most 2 at once"]
    journal = (end.results_dir / "events.jsonl").read_bytes()
    assert journal.endswith(b"\n")
    assert b'"run_finished"' in journal.splitlines()[-1]
    shutil.rmtree(marks)
    assert_left_as_found(end)
    assert end.seconds < 7.5, "the runner would have sent SIGTERM"


def shallow_and_detached(path: Path) -> None:
    """What actions/checkout leaves after a push: depth 1, no branch."""
    origin = make_repository(path.parent / "origin", {"workflow.yml": WORKFLOW, "items.json": ITEMS})
    for number in range(3):
        git(origin, "commit", "-q", "--allow-empty", "-m", f"more {number}")
    git(path.parent, "clone", "-q", "--depth", "1", f"file://{origin}", str(path))
    git(path, "checkout", "-q", "--detach")


def pull_request_of_a_fork(path: Path) -> None:
    """What actions/checkout leaves for a pull request: the merge commit alone, and no credentials."""
    origin = make_repository(path.parent / "origin", {"workflow.yml": WORKFLOW, "items.json": ITEMS})
    git(origin, "checkout", "-q", "-b", "topic")
    (origin / "new").write_text("from a fork")
    git(origin, "add", "new")
    git(origin, "commit", "-qm", "topic")
    git(origin, "checkout", "-q", "main")
    git(origin, "commit", "-q", "--allow-empty", "-m", "main moved")
    git(origin, "merge", "-q", "--no-ff", "-m", "Merge the pull request", "topic")
    git(origin, "update-ref", "refs/pull/7/merge", "HEAD")
    path.mkdir()
    git(path, "init", "-q")
    git(path, "remote", "add", "origin", f"file://{origin}")
    reference = "refs/remotes/pull/7/merge"
    git(path, "fetch", "-q", "--no-tags", "--depth=1", "origin", f"+refs/pull/7/merge:{reference}")
    git(path, "checkout", "-q", "--force", reference)


@pytest.mark.parametrize(
    ("checkout", "environ"),
    (
        (shallow_and_detached, {}),
        (
            pull_request_of_a_fork,
            {
                "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_REF": "refs/pull/7/merge",
                "GITHUB_REF_NAME": "7/merge",
                "GITHUB_HEAD_REF": "topic",
                "GITHUB_BASE_REF": "main",
            },
        ),
    ),
)
def test_a_shallow_checkout_without_a_branch_will_do(
    back_end: BackEnd, tmp_path: Path, checkout: Callable[[Path], object], environ: dict[str, str]
) -> None:
    job = make_job(tmp_path / "job", owner_to_give(), checkout)
    head = as_owner(job.workspace, "rev-parse", "HEAD")
    end = back_end.run(job, {"workflow": "workflow.yml"}, environ=environ)
    assert end.exit_code == 0, end.stdout + end.stderr
    assert (end.outputs["base-sha"], end.outputs["changed"]) == (head, "true")
    assert as_owner(job.workspace, "rev-parse", "HEAD") == end.outputs["head-sha"]
    assert (job.workspace / "all").read_text() == "a\nb\nc\n"
    assert as_owner(job.workspace, "fsck", "--no-dangling") == ""
    assert_left_as_found(end)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that others than root can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_runners_user_goes_on_in_the_workspace(back_end: BackEnd, open_directory: Path) -> None:
    job = make_job(open_directory / "job", OWNER, checkout_of({}))
    assert back_end.run(job, {"workflow": "workflow.yml"}).exit_code == 0
    assert_goes_on(job)


def assert_goes_on(job: Job) -> None:
    """The host's later steps, which are not root, commit, pack and clean."""
    script = (
        "set -e; export HOME=$PWD; git config user.name x; git config user.email x@example.com;"
        "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo $n > later; git add later; git commit -qm $n; done;"
        "git gc -q; git branch -D $(git branch --list 'prodigy/*'); git clean -ffdxq"
    )
    command = ["setpriv", "--reuid=1001", "--regid=121", "--clear-groups", "sh", "-c", script]
    done = subprocess.run(command, cwd=job.workspace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (job.workspace / "prodigy-results").exists()
