"""A result that cannot be published: where it is then, what the run says, and what a resume completes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository
from tests.support.small_disks import small_disk

WORKFLOW = """
name: published
map:
  input: [0, 1, 2]
  agent_template:
    - shell: echo ${item} >> COUNTS && echo ${item} > own-${item} && echo landed > shared-${item}
    - shell: git add . && git commit -qm "item ${item}"
reduce:
  - shell: echo all > all && git add all && git commit -qm all
  - shell: OBSTACLE
"""
ITEMS = ["0", "1", "2"]


class Job:
    """A repository, and a workflow whose last step puts something in the way of the result."""

    def __init__(self, directory: Path, obstacle: str, *, repository: Path | None = None, large: bool = False) -> None:
        self.counts = directory / "counts"
        self.repository = make_repository(repository or directory / "r", {f"shared-{n}": "start\n" for n in ITEMS})
        self.workflow = directory / "workflow.yml"
        text = WORKFLOW.replace("COUNTS", str(self.counts))
        if large:
            text = text.replace(
                "echo all > all", "yes some text | head -c 30M > large && git add large && echo all > all"
            )
        self.workflow.write_text(text.replace("OBSTACLE", f"cd {self.repository} && {obstacle}"))
        self.before = self.picture()

    def run(self, *options: str) -> Ended:
        return prodigy(self.repository, "run", str(self.workflow), *options)

    def resume(self, results: str = "prodigy-results") -> Ended:
        return self.run("--resume-from", results, "--results-dir", results)

    def executed(self) -> list[str]:
        return sorted(self.counts.read_text().split()) if self.counts.exists() else []

    def picture(self) -> dict[str, bytes]:
        """The bytes of HEAD, index and every file of the checkout."""
        names = git(self.repository, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
        places = [self.repository / name for name in names]
        places += [self.repository / ".git" / name for name in ("HEAD", "index", "ORIG_HEAD", "refs/heads/main")]
        return {str(path.relative_to(self.repository)): path.read_bytes() for path in places if path.exists()}

    def check_unfinished(self, ended: Ended, missing: list[str], *said: str) -> None:
        assert ended.exit_code == 1, ended.stdout + ended.stderr
        results = ended.results
        assert results["missing"] == missing
        assert (results["result"], results["counts"]["succeeded"]) == ("failure", 3)
        for words in (*said, "resume-from"):
            assert words in results["message"]
        assert "Traceback" not in ended.stdout + ended.stderr
        assert (ended.results_dir / "state").is_dir()
        assert self.executed() == ITEMS

    def check_completed(self, ended: Ended) -> None:
        assert ended.exit_code == 0, ended.stdout + ended.stderr
        assert ended.results["missing"] == []
        assert self.executed() == ITEMS, "no item ran again"
        assert {"own-0", "own-1", "own-2", "all"} <= set(ended.tree())
        assert git(self.repository, "rev-parse", ended.results["branch"]) == git(self.repository, "rev-parse", "HEAD")
        assert git(self.repository, "status", "--porcelain") == ""
        assert not (ended.results_dir / "state").exists()
        git(self.repository, "bundle", "verify", "-q", str(ended.results_dir / "commits.bundle"))


@pytest.mark.parametrize(
    ("obstacle", "cure", "missing", "reason"),
    (
        ("git branch prodigy", "git branch -D prodigy", ["branch", "checkout"], "refs/heads/prodigy"),
        ("touch .git/HEAD.lock", "rm .git/HEAD.lock", ["checkout"], "HEAD.lock"),
        ("touch .git/index.lock", "rm .git/index.lock", ["checkout"], "index.lock"),
        ("touch .git/refs/heads/main.lock", "rm .git/refs/heads/main.lock", ["checkout"], "main.lock"),
        (
            "rm -rf .git/logs/HEAD && mkdir .git/logs/HEAD && touch .git/logs/HEAD/x",
            "rm -rf .git/logs/HEAD",
            ["checkout"],
            "logs/HEAD",
        ),
        ("echo junk > .git/refs/heads/prodigy", "rm .git/refs/heads/prodigy", ["branch", "checkout"], "refs/heads"),
        (
            "rm -rf .git/objects/pack && touch .git/objects/pack",
            "rm .git/objects/pack && mkdir .git/objects/pack",
            ["branch", "checkout"],
            "pack",
        ),
    ),
)
def test_what_keeps_a_result_from_being_published_leaves_an_unfinished_run(
    tmp_path: Path, obstacle: str, cure: str, missing: list[str], reason: str
) -> None:
    job = Job(tmp_path, obstacle)
    ended = job.run()
    job.check_unfinished(ended, missing, reason)
    where = "on the branch prodigy/" if missing == ["checkout"] else "in commits.bundle"
    assert where in ended.results["message"]
    assert where.removeprefix("on the ") in (ended.results_dir / "summary.md").read_text().replace("`", "").replace(
        "<code>", ""
    )
    assert job.picture() == job.before, "the checkout is left alone to the byte"
    assert "refs/heads/prodigy/" in git(tmp_path, "bundle", "list-heads", str(ended.results_dir / "commits.bundle"))
    subprocess.run(["sh", "-c", cure], cwd=job.repository, check=True)
    job.check_completed(job.resume())


def test_a_resume_before_the_cure_loses_nothing(tmp_path: Path) -> None:
    job = Job(tmp_path, "git branch prodigy")
    job.check_unfinished(job.run(), ["branch", "checkout"])
    assert job.resume().exit_code == 2
    assert (job.repository / "prodigy-results/state").is_dir()
    git(job.repository, "branch", "-D", "prodigy")
    job.check_completed(job.resume())


def test_a_workflow_without_a_map_is_completed_too(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "a\n"})
    (tmp_path / "w.yml").write_text(
        f"name: plain\nmode: standard\ncommands:\n"
        f"  - shell: echo x >> {tmp_path}/counts; echo made > made; git add made; git commit -qm made\n"
        f"  - shell: git -C {repository} branch prodigy\n"
    )
    ended = prodigy(repository, "run", "../w.yml")
    assert (ended.exit_code, ended.results["missing"]) == (1, ["branch", "checkout"]), ended.stdout + ended.stderr
    git(repository, "branch", "-D", "prodigy")
    again = prodigy(repository, "run", "../w.yml", "--resume-from", "prodigy-results")
    assert again.exit_code == 0, again.stdout + again.stderr
    assert (repository / "made").exists()
    assert (tmp_path / "counts").read_text() == "x\n"


def test_the_protocol_setting_of_the_user_does_not_matter(tmp_path: Path) -> None:
    job = Job(tmp_path, "git config protocol.file.allow never && git config protocol.allow never")
    job.check_completed(job.run())


def test_a_full_disk_of_the_repository_leaves_the_bundle(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        job = Job(tmp_path, "{ head -c 1G /dev/zero > .git/fill || true; }", repository=disk / "r")
        results = str(tmp_path / "results")
        ended = job.run("--results-dir", results)
        ended = Ended(ended.exit_code, ended.stdout, ended.stderr, job.repository, Path(results))
        job.check_unfinished(ended, ["branch", "checkout"], "commits.bundle")
        assert job.picture() == job.before
        (job.repository / ".git/fill").unlink()
        again = job.resume(results)
        job.check_completed(Ended(again.exit_code, again.stdout, again.stderr, job.repository, Path(results)))


def test_a_full_disk_keeps_what_steps_made_besides_for_a_resume(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        job = Job(tmp_path, "{ head -c 1G /dev/zero > .git/fill || true; }", repository=disk / "r")
        made = "git switch -qc topic && echo x > topic && git add topic && git commit -qm topic && git switch -q -"
        job.workflow.write_text(job.workflow.read_text().replace("reduce:\n", f"reduce:\n  - shell: {made}\n"))
        results = str(tmp_path / "results")
        ended = job.run("--results-dir", results)
        ended = Ended(ended.exit_code, ended.stdout, ended.stderr, job.repository, Path(results))
        job.check_unfinished(ended, ["branch", "checkout", "refs"], "commits.bundle")
        assert [(ref["name"], ref["kept_as"]) for ref in ended.results["refs"]] == [("refs/heads/topic", None)]
        (job.repository / ".git/fill").unlink()
        again = job.resume(results)
        again = Ended(again.exit_code, again.stdout, again.stderr, job.repository, Path(results))
        job.check_completed(again)
        assert git(job.repository, "show", f"{again.results['refs'][0]['kept_as']}:topic") == "x"


def test_a_disk_that_is_full_while_the_checkout_is_written_changes_nothing_in_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        job = Job(tmp_path, "true", repository=disk / "r", large=True)
        results = str(tmp_path / "results")
        ended = job.run("--results-dir", results)
        ended = Ended(ended.exit_code, ended.stdout, ended.stderr, job.repository, Path(results))
        job.check_unfinished(ended, ["checkout"], "on the branch prodigy/")
        assert job.picture() == job.before
        assert git(job.repository, "status", "--porcelain") == ""
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        again = job.resume(results)
        job.check_completed(Ended(again.exit_code, again.stdout, again.stderr, job.repository, Path(results)))


def test_a_full_disk_of_everything_loses_no_commit(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        job = Job(tmp_path, "{ head -c 1G /dev/zero > .git/fill || true; }", repository=disk / "r")
        ended = job.run()
        assert ended.exit_code == 1, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr
        assert (ended.results_dir / "state").is_dir()
        (job.repository / ".git/fill").unlink()
        job.workflow.write_text(job.workflow.read_text())
        again = job.run("--resume-from", "prodigy-results", "--force")
        assert again.exit_code in (0, 1)
        (job.repository / ".git/fill").unlink(missing_ok=True)
        if again.exit_code:  # the last step, which fills the disk, ran again: its result was not kept
            again = job.run("--resume-from", "prodigy-results", "--force")
        assert job.executed() == ITEMS, "no item ran again"


def in_the_way(tmp_path: Path, act: Callable[[Path], object]) -> Ended:
    job = Job(tmp_path, "true")
    act(job.repository)
    ended = job.run("--results-dir", str(tmp_path / "results"))
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert job.executed() == [], "nothing ran"
    return ended


def test_a_branch_in_the_way_is_refused_before_anything_runs(tmp_path: Path) -> None:
    ended = in_the_way(tmp_path, lambda repository: git(repository, "branch", "prodigy"))
    assert "the branch 'prodigy' is in the way" in ended.stderr
    assert "git branch -m prodigy" in ended.stderr


@pytest.mark.parametrize("lock", ("HEAD.lock", "index.lock", "refs/heads/main.lock", "packed-refs.lock"))
def test_a_lock_that_stays_is_refused_before_anything_runs(tmp_path: Path, lock: str) -> None:
    ended = in_the_way(tmp_path, lambda repository: (repository / ".git" / lock).touch())
    assert f"{lock}' exists: another git is at work there, or was killed" in ended.stderr
    assert "remove it: rm" in ended.stderr


def test_a_workspace_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=8) as disk:
        job = Job(tmp_path, "true", repository=disk / "r")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        ended = job.run("--results-dir", str(tmp_path / "results"))
    assert ended.exit_code == 2, ended.stdout + ended.stderr
    assert "is on a read-only file system" in ended.stderr
    assert job.executed() == []


def test_a_finished_run_is_published_in_a_checkout_that_does_not_have_it(tmp_path: Path) -> None:
    job = Job(tmp_path, "true")
    base = git(job.repository, "rev-parse", "HEAD")
    assert job.run().exit_code == 0
    git(tmp_path, "clone", "-q", str(job.repository), "clone")
    git(tmp_path / "clone", "reset", "-q", "--hard", base)
    artifact = tmp_path / "artifact"
    (job.repository / "prodigy-results").rename(artifact)
    ended = prodigy(tmp_path / "clone", "run", str(job.workflow), "--resume-from", str(artifact), "--force")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.results["checkout_updated"]
    assert (tmp_path / "clone/own-2").exists()
    assert job.executed() == ITEMS


def test_a_checkout_that_was_left_alone_is_moved_when_nothing_is_in_the_way_any_more(tmp_path: Path) -> None:
    job = Job(tmp_path, "echo mine > own-1")
    ended = job.run()
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert (ended.results["checkout_updated"], ended.results["missing"]) == (False, [])
    assert not (ended.results_dir / "state").exists()
    (job.repository / "own-1").unlink()
    job.check_completed(job.resume())
