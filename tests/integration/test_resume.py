"""A run that ended early is resumed through the command line: what is executed again, and the result."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, prodigy
from tests.support.git import git, make_repository, shell, write
from tests.support.killing import Gate, Records, count, finished, kill_at, records_of, seen, started, wait_until

ITEMS = 8
WORKFLOW = """
name: counted
setup:
  - shell: echo setup >> COUNTS/setup; echo made > untracked.txt; echo more >> file-0
  - shell: echo hello
    capture_output: greeting
map:
  input: items.json
  max_parallel: 2
  agent_template:
    - shell: echo "${item.n}" >> COUNTS/items; GATE && echo "$(cat untracked.txt) ${greeting}" >> file-${item.n}
    - shell: git commit -qam "edit ${item.n}" && echo committed
reduce:
  - shell: echo reduce >> COUNTS/reduce; cat file-* > all; git add all; git commit -qm all
"""


class Job:
    """A repository, a workflow that counts what it runs, and what came of it."""

    def __init__(self, directory: Path, gate: str | None = None, **replaced: str) -> None:
        self.counts = directory / "counts"
        self.counts.mkdir(parents=True)
        self.gate = Gate(directory / "gate")
        self.workflow = directory / "workflow.yml"
        self.write(gate, **replaced)
        files = {f"file-{n}": "start\n" for n in range(ITEMS)}
        entries = json.dumps([{"n": n} for n in range(ITEMS)])
        self.repository = make_repository(directory / "r", {**files, "items.json": entries})
        self.results = self.repository / "prodigy-results"
        self.base = git(self.repository, "rev-parse", "HEAD")

    def write(self, gate: str | None = None, **replaced: str) -> None:
        """The workflow; an item waits at the gate unless another command stands there."""
        opened = self.gate.text("${item.n}") if gate is None else gate
        text = WORKFLOW.replace("COUNTS", str(self.counts)).replace("GATE", opened)
        for old, new in replaced.items():
            text = text.replace(old, new)
        self.workflow.write_text(text)

    def kill_at(
        self, when: Callable[[Records], bool], *, results: str = "prodigy-results", options: tuple[str, ...] = ()
    ) -> None:
        arguments = ("run", str(self.workflow), "--results-dir", results, *options)
        kill_at(self.repository, when, *arguments, results=self.repository / results)

    def kill_after(self, items: int, *, results: str = "prodigy-results", options: tuple[str, ...] = ()) -> None:
        """Kill the run when the first `items` items have been executed; the others wait at the gate."""
        self.gate.open(items)
        self.kill_at(finished(items), results=results, options=options)

    def resume(self, *options: str, directory: str = "prodigy-results") -> Ended:
        """Run everything that is left: the gate is open."""
        self.gate.open()
        return prodigy(self.repository, "run", str(self.workflow), "--resume-from", directory, *options)

    def counted(self, name: str) -> list[str]:
        path = self.counts / name
        return path.read_text().split() if path.exists() else []

    def recorded(self) -> dict[str, int]:
        """The items whose execution is on record, with how often each was executed up to now."""
        ended = {str(record["item_id"]) for record in records_of(self.results) if record["event"] == "agent_finished"}
        executions = Counter(self.counted("items"))
        return {item: executions[item] for item in ended}

    def executed_no_more(self, recorded: dict[str, int]) -> bool:
        """Whether no item that was on record has been executed since."""
        executions = Counter(self.counted("items"))
        return all(executions[item] == times for item, times in recorded.items())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tree of a run that nobody disturbed."""
    whole = Job(tmp_path_factory.mktemp("undisturbed"), gate="true")
    assert prodigy(whole.repository, "run", str(whole.workflow)).exit_code == 0
    return git(whole.repository, "rev-parse", "HEAD^{tree}")


def test_a_killed_run_resumes_what_is_unfinished_and_comes_to_the_same_tree(job: Job, undisturbed: str) -> None:
    job.kill_after(3)
    recorded = job.recorded()
    ended = job.resume()
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    assert set(job.counted("items")) == {str(n) for n in range(ITEMS)}
    assert job.executed_no_more(recorded)
    assert job.counted("setup") == ["setup"]
    assert "setup is not repeated" in ended.stdout
    assert (ended.results["attempt"], ended.results["counts"]["succeeded"]) == (2, ITEMS)
    assert not (job.results / "state").exists()


def test_a_run_can_be_resumed_where_only_the_results_directory_and_the_base_are(
    job: Job, tmp_path: Path, undisturbed: str
) -> None:
    job.kill_after(3)
    recorded = job.recorded()
    shutil.copytree(job.results, tmp_path / "artifact")
    clone = tmp_path / "elsewhere"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{job.repository}", str(clone))
    job.gate.open()
    ended = prodigy(clone, "run", str(job.workflow), "--resume-from", str(tmp_path / "artifact"))
    assert ended.exit_code == 0, ended.stdout
    assert git(clone, "rev-parse", "HEAD^{tree}") == undisturbed
    assert job.executed_no_more(recorded)
    assert job.counted("setup") == ["setup"]
    assert (tmp_path / "artifact" / "events.jsonl").exists()
    assert ended.states == ["succeeded"] * ITEMS
    assert all((ended.results_dir / item["log"]).exists() for item in ended.results["items"])


def test_a_resumed_run_that_is_killed_again_can_be_resumed(job: Job, undisturbed: str) -> None:
    job.kill_after(2)
    for number in (4, 6):
        job.kill_after(number, options=("--resume-from", "prodigy-results"))
    recorded = job.recorded()
    ended = job.resume()
    assert (ended.exit_code, ended.results["attempt"]) == (0, 4)
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    assert job.executed_no_more(recorded)
    begun = Counter(record["item_id"] for record in records_of(job.results) if record["event"] == "agent_started")
    for item in ended.results["items"]:
        states = [attempt["state"] for attempt in item["attempts"]]
        assert states == ["cancelled"] * (begun[item["id"]] - 1) + ["succeeded"]


def test_a_chain_of_attempts_in_different_directories_resumes_from_the_latest(job: Job, undisturbed: str) -> None:
    job.kill_after(2, results="first")
    job.kill_after(4, results="second", options=("--resume-from", "first"))
    ended = job.resume("--results-dir", "second", directory="first")  # the second one is further
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    started = [record for record in records_of(job.repository / "second") if record["event"] == "run_started"]
    assert [record["attempt"] for record in started] == [1, 2, 3]
    assert job.counted("setup") == ["setup"]


def test_the_latest_of_several_attempts_below_a_directory_is_resumed(job: Job) -> None:
    job.kill_after(2, results="all/first")
    shutil.copytree(job.repository / "all/first", job.repository / "all/second")
    job.kill_after(5, results="all/second", options=("--resume-from", "all/second"))
    ended = job.resume(directory="all")
    assert (ended.exit_code, ended.results["attempt"]) == (0, 3)


def test_a_directory_with_different_runs_is_refused(job: Job) -> None:
    job.kill_after(1, results="all/first")
    job.kill_after(1, results="all/second")
    ended = job.resume(directory="all")
    assert ended.exit_code == 2
    assert "holds the results of several runs" in ended.stderr
    assert not job.results.exists()


def test_a_run_killed_before_its_plan_starts_afresh(job: Job, undisturbed: str) -> None:
    job.gate.open(0)
    job.write("true", **{"echo setup": f"{job.gate.text('0')}; echo setup"})
    job.kill_at(seen("phase_started", phase="setup"))
    ended = job.resume()
    assert (ended.exit_code, ended.results["attempt"]) == (0, 1)
    assert "there is nothing to resume" in ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed


@pytest.mark.parametrize("point", (seen("phase_started", phase="reduce"), seen("head_kept"), seen("published")))
def test_a_run_killed_late_is_only_finished(job: Job, undisturbed: str, point: Callable[[Records], bool]) -> None:
    job.write("true")
    job.kill_at(point)
    ended = job.resume()
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    assert Counter(job.counted("items")) == Counter(str(n) for n in range(ITEMS))
    assert git(job.repository, "status", "--porcelain") == ""
    assert git(job.repository, "rev-parse", f"prodigy/{ended.results['run_id']}") == ended.results["head_sha"]


def test_a_finished_run_runs_nothing_again_and_gives_its_verdict(job: Job) -> None:
    job.write("test ${item.n} != 3", **{"map:": "max_failures: 1\nmap:"})
    first = prodigy(job.repository, "run", str(job.workflow))
    assert (first.exit_code, first.results["result"]) == (0, "partial")
    again = job.resume("--redrive", "unfinished")
    assert again.exit_code == 0
    assert "has ended before" in again.stdout
    assert again.results == first.results
    assert len(job.counted("items")) == ITEMS
    assert count(records_of(job.results), "run_started") == 1


def test_reports_of_a_finished_run_are_written_again_when_they_are_not_those_of_the_run(job: Job) -> None:
    job.write("true")
    assert prodigy(job.repository, "run", str(job.workflow)).exit_code == 0
    names = ("results.json", "summary.md", "junit.xml", "report.html")
    written = {name: (job.results / name).read_bytes() for name in names}
    inodes = [(job.results / name).stat().st_ino for name in names]
    assert job.resume().exit_code == 0
    assert [(job.results / name).stat().st_ino for name in names] == inodes
    (job.results / "junit.xml").unlink()
    assert job.resume().exit_code == 0
    assert (job.results / "junit.xml").read_bytes() == written["junit.xml"]
    (job.results / "results.json").write_bytes(written["results.json"].replace(b'"attempt": 1', b'"attempt": 7'))
    assert job.resume().exit_code == 0
    assert (job.results / "results.json").read_bytes() == written["results.json"]
    changed = written["junit.xml"].replace(b"<testcase", b"<testCase", 1)
    (job.results / "junit.xml").write_bytes(changed)  # the same size, and later than all others
    (job.results / "report.html").touch()
    assert job.resume().exit_code == 0
    assert {name: (job.results / name).read_bytes() for name in names} == written


def test_a_failed_item_that_lands_after_a_redrive_leaves_the_queue(job: Job, undisturbed: str) -> None:
    job.write(f"{{ test ${{item.n}} != 3 || test -e {job.counts}/repaired; }}")
    first = prodigy(job.repository, "run", str(job.workflow))
    assert (first.exit_code, first.results["counts"]["failed"]) == (1, 1)
    (job.counts / "repaired").touch()
    ended = job.resume()
    assert ended.exit_code == 0, ended.stdout
    assert ended.states == ["succeeded"] * ITEMS
    assert Counter(job.counted("items"))["3"] == 2
    assert len(job.counted("items")) == ITEMS + 1
    assert [attempt["state"] for attempt in ended.results["items"][3]["attempts"]] == ["failed", "succeeded"]
    # The first attempt moved the checkout: the rest lands on top of it.
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    git(job.repository, "merge-base", "--is-ancestor", first.results["head_sha"], ended.results["head_sha"])


def test_redrive_unfinished_leaves_failed_items_alone(job: Job) -> None:
    job.write("test ${item.n} != 0 && " + job.gate.text("${item.n}"))
    job.kill_after(3)
    ended = job.resume("--redrive", "unfinished")
    assert ended.exit_code == 1
    assert ended.states == ["failed", *["succeeded"] * (ITEMS - 1)]
    assert Counter(job.counted("items"))["0"] == 1


def test_redrive_none_lands_what_was_recorded_and_runs_no_item(job: Job) -> None:
    job.kill_after(3)
    executed = len(job.counted("items"))
    recorded = job.recorded()
    ended = job.resume("--redrive", "none")
    assert ended.exit_code == 1
    assert len(job.counted("items")) == executed
    assert {str(item["id"]) for item in ended.results["items"] if item["state"] == "succeeded"} == set(recorded)
    finished_now = job.resume()
    assert (finished_now.exit_code, finished_now.states) == (0, ["succeeded"] * ITEMS)


def test_only_chooses_among_what_is_unfinished(job: Job) -> None:
    job.kill_after(2)
    recorded = job.recorded()
    ended = job.resume("--only", "item_7")
    assert ended.exit_code == 0, ended.stdout
    landed = {str(item["id"]) for item in ended.results["items"] if item["state"] == "succeeded"}
    assert landed == {*recorded, "7"}
    assert {item["reason"] for item in ended.results["items"] if item["state"] == "not_run"} == {"excluded by only"}
    rest = job.resume()
    assert rest.states == ["succeeded"] * ITEMS


def test_a_changed_workflow_is_refused_with_the_difference_unless_forced(job: Job) -> None:
    job.kill_after(2)
    job.write("true", **{"- shell: echo hello": "- shell: echo goodbye"})
    refused = job.resume()
    assert refused.exit_code == 2
    assert "map.agent_template, setup.steps changed" in refused.stderr
    assert count(records_of(job.results), "run_started") == 1
    job.write("true")
    forced = job.resume("--force")
    assert (forced.exit_code, forced.states) == (0, ["succeeded"] * ITEMS)
    assert job.counted("setup") == ["setup"]


def test_setup_is_repeated_when_what_it_depends_on_has_changed(job: Job) -> None:
    job.kill_after(2)
    job.write("true", **{"- shell: echo hello": "- shell: echo goodbye"})
    ended = job.resume("--force")
    assert ended.exit_code == 0, ended.stdout
    assert job.counted("setup") == ["setup", "setup"]
    assert "setup is repeated: " in ended.stdout
    assert ended.tree()["file-7"].endswith("made goodbye")


def test_a_changed_parameter_is_named(job: Job) -> None:
    job.write(**{"name: counted": "name: counted\nparameters:\n  level: {type: string, default: low}"})
    job.kill_after(1)
    refused = job.resume("--param", "level=high")
    assert refused.exit_code == 2
    assert "parameter level changed" in refused.stderr


def test_a_checkout_without_the_base_is_refused(job: Job) -> None:
    job.kill_after(1)
    git(job.repository, "checkout", "-q", "--orphan", "other")
    git(job.repository, "commit", "-q", "-m", "other")
    refused = job.resume()
    assert refused.exit_code == 2
    assert f"started from {job.base[:12]}, which is not in the history of HEAD" in refused.stderr


def test_a_head_beyond_the_base_is_left_alone(job: Job, undisturbed: str) -> None:
    job.kill_after(3)
    git(job.repository, "commit", "-q", "--allow-empty", "-m", "mine")
    mine = git(job.repository, "rev-parse", "HEAD")
    ended = job.resume()
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD") == mine
    assert git(job.repository, "rev-parse", f"{ended.results['branch']}^{{tree}}") == undisturbed
    assert not ended.results["checkout_updated"]


@pytest.mark.parametrize("directory", ("nowhere", "prodigy-results"))
def test_a_missing_directory_is_refused(job: Job, directory: str) -> None:
    ended = job.resume(directory=directory)
    assert ended.exit_code == 2
    assert f"the directory '{directory}' does not exist" in ended.stderr
    assert not job.results.exists()
    assert job.counted("setup") == []


def test_a_journal_damaged_in_its_middle_is_refused_with_line_and_reason(job: Job) -> None:
    job.kill_after(2)
    journal = job.results / "events.jsonl"
    content = bytearray(journal.read_bytes())
    third = content.index(b"\n", content.index(b"\n") + 1) + 20
    content[third] ^= 1
    journal.write_bytes(content)
    refused = job.resume()
    assert refused.exit_code == 2
    assert "line 3 of events.jsonl" in refused.stderr
    assert journal.read_bytes() == content


def test_damaged_objects_are_refused(job: Job) -> None:
    job.kill_after(3)
    (packs,) = (job.results / "state").glob("*.packs")
    content = bytearray(packs.read_bytes())
    content[len(content) // 2] ^= 1
    packs.write_bytes(content)
    journal = (job.results / "events.jsonl").read_bytes()
    refused = job.resume()
    assert refused.exit_code == 2, refused.stdout
    assert "holds no whole pack" in refused.stderr
    assert (job.results / "events.jsonl").read_bytes() == journal, "nothing was appended"
    packs.unlink()
    refused = job.resume()
    assert refused.exit_code == 2, refused.stdout
    assert "damaged or incomplete" in refused.stderr
    assert (job.results / "events.jsonl").read_bytes() == journal


def test_a_damaged_bundle_of_a_finished_run_is_refused_before_anything_is_appended(job: Job) -> None:
    job.gate.open(ITEMS)
    assert prodigy(job.repository, "run", str(job.workflow)).exit_code == 0
    git(job.repository, "reset", "-q", "--hard", job.base)
    for branch in git(job.repository, "branch", "--list", "prodigy/*").split():
        git(job.repository, "branch", "-D", branch)
    git(job.repository, "-c", "gc.reflogExpire=now", "-c", "gc.reflogExpireUnreachable=now", "gc", "-q", "--prune=now")
    bundle = job.results / "commits.bundle"
    content = bytearray(bundle.read_bytes())
    content[-200] ^= 1
    bundle.write_bytes(content)
    journal = (job.results / "events.jsonl").read_bytes()
    assert job.resume().exit_code == 2
    assert (job.results / "events.jsonl").read_bytes() == journal


def test_a_journal_with_the_end_of_another_run_is_refused(job: Job) -> None:
    job.kill_after(3, results="unfinished")
    job.gate.open()
    assert prodigy(job.repository, "run", str(job.workflow), "--results-dir", "whole").exit_code == 0
    first, second = (job.repository / name / "events.jsonl" for name in ("unfinished", "whole"))
    lines, others = first.read_bytes().splitlines(True), second.read_bytes().splitlines(True)
    joined = b"".join([*lines, *others[len(lines) :]])
    first.write_bytes(joined)
    git(job.repository, "reset", "-q", "--hard", job.base)
    refused = job.resume(directory="unfinished")
    assert refused.exit_code == 2, refused.stdout
    assert f"line {len(lines) + 1} of events.jsonl belongs to the run" in refused.stderr
    assert first.read_bytes() == joined


def test_the_bundle_of_a_finished_run_holds_every_agents_commits_and_the_merged_head(job: Job, tmp_path: Path) -> None:
    job.write("true")
    ended = prodigy(job.repository, "run", str(job.workflow))
    clone = tmp_path / "clone"
    git(tmp_path, "init", "-q", str(clone))
    git(clone, "fetch", "-q", str(job.repository), job.base)
    git(clone, "fetch", "-q", str(job.results / "commits.bundle"), "refs/*:refs/*")
    run_id = ended.results["run_id"]
    assert git(clone, "rev-parse", f"prodigy/{run_id}") == ended.results["head_sha"]
    for item in ended.results["items"]:
        assert git(clone, "rev-parse", f"refs/prodigy/{run_id}/items/{item['id']}") == item["commits"][-1]


def test_a_second_run_on_the_same_results_directory_is_refused_and_another_one_works(job: Job) -> None:
    job.kill_after(1)
    journal = (job.results / "events.jsonl").read_bytes()
    with started(job.repository, "run", str(job.workflow), "--resume-from", "prodigy-results") as process:
        wait_until(job.results, lambda records: count(records, "run_started") == 2, process)
        for options in (
            (),
            ("--resume-from", "prodigy-results"),
            ("--results-dir", "o", "--resume-from", "prodigy-results"),
        ):
            refused = prodigy(job.repository, "run", str(job.workflow), *options)
            assert refused.exit_code == 2
            assert "is in use by another run" in refused.stderr
        job.gate.open()
        other = prodigy(job.repository, "run", str(job.workflow), "--results-dir", "other")
        assert other.exit_code == 0, other.stdout
    assert (job.results / "events.jsonl").read_bytes().startswith(journal)


CLASHING = """
name: clashing
map:
  input: [0, 1, 2, 3]
  on_conflict: rerun
  max_parallel: 2
  agent_template:
    - shell: GATE && echo "${item}" >> shared; echo "${item}" >> COUNTS; git commit -qam "add ${item}"
"""


@pytest.mark.parametrize("shape", ("merge", "squash"))
@pytest.mark.parametrize("number", (4, 5, 6))
def test_items_that_were_executed_again_on_what_landed_keep_their_result(
    tmp_path: Path, shape: str, number: int
) -> None:
    counts, gate = tmp_path / "counts", Gate(tmp_path / "gate")
    counts.touch()
    gate.open(number)  # an execution begins when fewer than that have ended
    workflow = tmp_path / "workflow.yml"
    executions = f'"$(wc -l < {counts})"'
    workflow.write_text(CLASHING.replace("COUNTS", str(counts)).replace("GATE", gate.text(executions)))
    repository = make_repository(tmp_path / "r", {"shared": "start\n"})
    options = ("run", str(workflow), "--merge-strategy", shape)
    kill_at(repository, finished(number), *options)
    again = [
        record["item_id"]
        for record in records_of(repository / "prodigy-results")
        if record["event"] == "agent_finished" and record["based_on"]
    ]
    before = Counter(counts.read_text().split())
    gate.open()
    ended = prodigy(repository, *options, "--resume-from", "prodigy-results")
    assert ended.exit_code == 0, ended.stdout
    assert ended.tree()["shared"] == "start\n0\n1\n2\n3"
    assert len(again) >= number - 4
    after = Counter(counts.read_text().split())
    assert all(after[str(item)] == before[str(item)] for item in again)


def test_an_item_that_is_killed_while_it_is_executed_again_is_not_executed_on_the_old_base_first(
    tmp_path: Path,
) -> None:
    counts, gate = tmp_path / "counts", Gate(tmp_path / "gate")
    counts.touch()
    gate.open(4)
    workflow = tmp_path / "workflow.yml"
    executions = f'"$(wc -l < {counts})"'
    workflow.write_text(CLASHING.replace("COUNTS", str(counts)).replace("GATE", gate.text(executions)))
    repository = make_repository(tmp_path / "r", {"shared": "start\n"})
    # All four have ended, three of them conflict, and the first of these has begun again.
    kill_at(repository, lambda records: count(records, "agent_started") == 5, "run", str(workflow))
    gate.open()
    ended = prodigy(repository, "run", str(workflow), "--resume-from", "prodigy-results")
    assert ended.exit_code == 0, ended.stdout
    assert ended.tree()["shared"] == "start\n0\n1\n2\n3"
    assert Counter(counts.read_text().split()) == {"0": 1, "1": 2, "2": 2, "3": 2}


REDRIVEN = """
name: redriven
map:
  input: [0, 1]
  agent_template:
    - shell: |
        if test -e FIXED; then name=own-${item}; else name=shared; fi
        echo "${item}" >> "$name"; git add .; git commit -qm "add ${item}"
reduce:
  - shell: if test -e FIXED; then sleep 1; fi
"""


def test_an_item_that_conflicted_and_lands_after_a_redrive_lands_again_when_that_attempt_is_killed(
    tmp_path: Path,
) -> None:
    fixed = tmp_path / "fixed"
    workflow = tmp_path / "workflow.yml"
    workflow.write_text(REDRIVEN.replace("FIXED", str(fixed)))
    repository = make_repository(tmp_path / "r", {"shared": "start\n"})
    first = prodigy(repository, "run", str(workflow))
    assert first.states == ["succeeded", "conflicted"], first.stdout
    fixed.touch()
    resume = ("run", str(workflow), "--resume-from", "prodigy-results")
    kill_at(repository, lambda records: count(records, "item_landed") == 2, *resume)
    ended = prodigy(repository, *resume)
    assert ended.states == ["succeeded", "succeeded"], ended.stdout
    assert ended.tree()["own-1"] == "1"
    assert ended.results["counts"]["succeeded"] == 2


def test_an_import_that_was_cut_short_is_done_again(job: Job, undisturbed: str) -> None:
    job.kill_after(3, results="first")
    second = job.repository / "second"
    shutil.copytree(job.repository / "first" / "state", second / "importing" / "state")
    (second / "state").mkdir()
    ended = job.resume("--results-dir", "second", directory="first")
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed
    assert job.counted("setup") == ["setup"]
    assert {path.name for path in second.iterdir()}.isdisjoint({"importing", "state"})
    assert (job.repository / "first" / "events.jsonl").exists()


def test_a_torn_end_of_the_journal_is_left_out(job: Job, undisturbed: str) -> None:
    job.kill_after(3)
    journal = job.results / "events.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"seq":9999,"at":"2026-')
    ended = job.resume()
    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed


def test_a_link_in_another_directory_is_not_written_through(job: Job, tmp_path: Path) -> None:
    job.kill_after(3, results="first")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for log in (job.repository / "first/logs").iterdir():
        log.unlink()
        log.symlink_to(victim)
    ended = job.resume(directory="first")
    assert ended.exit_code == 0, ended.stdout
    assert victim.read_text() == "mine"


UNUSABLE = {
    "state": ("mv state ../away; ln -s ../away state", "'state' in it is a link"),
    "packs": ("mv state/*.packs ../away; ln -s ../../away state/attempt-1.packs", "damaged or incomplete"),
    "journal": ("mv events.jsonl ../away; ln -s ../away events.jsonl", "a symbolic link is in its place"),
    "fifo": ("rm events.jsonl; mkfifo events.jsonl", "no regular file"),
    "deep": ("cd logs; for n in $(seq 30); do mkdir a; cd a; done", "deeper directories"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_links_and_other_odd_files_of_another_directory_are_refused(case: str, job: Job) -> None:
    script, reason = UNUSABLE[case]
    job.kill_after(3, results="first")
    shell(job.repository / "first", script)
    ended = job.resume(directory="first")

    assert ended.exit_code == 2, ended.stdout
    assert re.search(reason, ended.stderr), ended.stderr
    assert "Traceback" not in ended.stderr


def test_special_and_sparse_files_in_another_directory_do_not_hold_up_a_resume(job: Job, undisturbed: str) -> None:
    job.kill_after(3, results="first")
    shell(job.repository / "first", "mkfifo logs/fifo; ln -s /dev/zero logs/zero; truncate -s 200G logs/sparse")
    ended = job.resume(directory="first")

    assert ended.exit_code == 0, ended.stdout
    assert git(job.repository, "rev-parse", "HEAD^{tree}") == undisturbed


def test_a_run_behind_a_link_that_the_repository_tracks_is_not_resumed(job: Job, tmp_path: Path) -> None:
    job.kill_after(3, results="first")
    (job.repository / "first").rename(tmp_path / "first")
    (job.repository / "linked").symlink_to(tmp_path / "first")
    git(job.repository, "add", "linked")
    git(job.repository, "commit", "-qm", "link")
    ended = job.resume(directory="linked")

    assert ended.exit_code == 2, ended.stdout
    assert "'linked' is a link that the repository tracks" in ended.stderr


CARRYING = """
name: carrying
setup:
  - shell: echo setup >> COUNTS; echo made > made.env
map:
  input: [0, 1, 2, 3]
  carry: ["*.env"]
  max_parallel: 1
  agent_template:
    - shell: GATE; cat own.env made.env > file-${item}; git add file-${item}; git commit -qm add
"""


@pytest.mark.parametrize(("secret", "setups"), (("unchanged", 1), ("changed", 2)))
def test_files_carried_from_the_checkout_are_not_kept_but_brought_again(
    tmp_path: Path, secret: str, setups: int
) -> None:
    counts, workflow, gate = tmp_path / "counts", tmp_path / "workflow.yml", Gate(tmp_path / "gate")
    gate.open(2)
    workflow.write_text(CARRYING.replace("COUNTS", str(counts)).replace("GATE", gate.text("${item}")))
    repository = make_repository(tmp_path / "r", {".gitignore": "*.env\nprodigy-results\n"})
    (repository / "own.env").write_text("unchanged\n")
    kill_at(repository, finished(2), "run", str(workflow))
    state = repository / "prodigy-results/state"
    assert not any(b"unchanged" in path.read_bytes() for path in state.glob("*.tar"))
    (repository / "own.env").write_text(f"{secret}\n")
    gate.open()
    ended = prodigy(repository, "run", str(workflow), "--resume-from", "prodigy-results")
    assert ended.exit_code == 0, ended.stdout
    assert len(counts.read_text().split()) == setups
    assert ended.tree()["file-3"] == f"{secret}\nmade"


LARGE = """
name: large
map:
  input: [0, 1, 2, 3]
  max_parallel: 1
  agent_template:
    - shell: |
        case ${item} in
          0) head -c 30000000 /dev/zero > zeros; git add zeros; git commit -qm zeros ;;
          1) for n in $(seq 60); do echo $n > many; git add many; git commit -qm "many $n"; done ;;
          2) git merge -q --no-edit side ;;
          3) GATE; echo last > last; git add last; git commit -qm last ;;
        esac
"""


def test_large_files_many_commits_and_merged_histories_are_kept(tmp_path: Path) -> None:
    workflow, gate = tmp_path / "workflow.yml", Gate(tmp_path / "gate")
    gate.open(3)
    workflow.write_text(LARGE.replace("GATE", gate.text("3")))
    repository = make_repository(tmp_path / "r", {"start": "start\n"})
    git(repository, "checkout", "-q", "-b", "side")
    (repository / "aside").write_text("aside\n")
    git(repository, "add", "aside")
    git(repository, "commit", "-q", "-m", "aside")
    git(repository, "checkout", "-q", "main")
    kill_at(repository, finished(3), "run", str(workflow))
    gate.open()
    clone = tmp_path / "elsewhere"
    git(tmp_path, "clone", "-q", "--single-branch", f"file://{repository}", str(clone))
    ended = prodigy(clone, "run", str(workflow), "--resume-from", str(repository / "prodigy-results"))
    assert ended.exit_code == 0, ended.stdout
    assert git(clone, "ls-tree", "--name-only", "HEAD").split() == ["aside", "last", "many", "start", "zeros"]
    assert git(clone, "cat-file", "-s", "HEAD:zeros") == "30000000"
    assert [len(item["attempts"]) for item in ended.results["items"]][:3] == [1, 1, 1]


def test_failed_items_of_a_finished_run_can_be_run_again_elsewhere_from_the_bundle(
    job: Job, tmp_path: Path, undisturbed: str
) -> None:
    job.write(f"{{ test ${{item.n}} != 3 || test -e {job.counts}/repaired; }}")
    first = prodigy(job.repository, "run", str(job.workflow))
    assert (first.exit_code, (job.results / "state").exists()) == (1, False)
    (job.counts / "repaired").touch()
    clone = tmp_path / "elsewhere"
    git(tmp_path, "clone", "-q", f"file://{job.repository}", str(clone))
    git(clone, "reset", "-q", "--hard", job.base)
    ended = prodigy(clone, "run", str(job.workflow), "--resume-from", str(job.results))
    assert ended.exit_code == 0, ended.stdout
    assert git(clone, "rev-parse", "HEAD^{tree}") == undisturbed
    assert len(job.counted("items")) == ITEMS + 1
    assert "the untracked files that it left are not kept any more" in ended.stdout
    assert job.counted("setup") == ["setup", "setup"]


def test_a_repeated_setup_that_comes_to_other_files_fails_the_run_and_loses_nothing(job: Job) -> None:
    job.kill_after(3)
    recorded = job.recorded()
    job.write("true", **{"echo more >> file-0": "echo other >> file-0"})
    ended = job.resume("--force")
    assert ended.exit_code == 1
    assert "setup was repeated and came to other files" in ended.results["message"]
    assert job.executed_no_more(recorded)
    job.write()
    again = job.resume()
    assert (again.exit_code, again.states) == (0, ["succeeded"] * ITEMS)
    assert job.executed_no_more(recorded)


def test_resuming_a_finished_run_removes_temporary_files_of_a_killed_attempt(
    tmp_path: Path,
) -> None:
    repository = make_repository(tmp_path / "r")
    (tmp_path / "w.yml").write_text("name: x\nmap:\n  input: [1]\n  agent_template: [{shell: 'true'}]\n")
    assert prodigy(repository, "run", "../w.yml").exit_code == 0
    temporary = tmp_path / "tmp"
    write(temporary, "prodigy-pool-left/pool.lock", "")
    again = prodigy(repository, "run", "../w.yml", "--resume-from", "prodigy-results", TMPDIR=str(temporary))
    assert (again.exit_code, "has ended before" in again.stdout) == (0, True), again.stdout + again.stderr
    assert list(temporary.iterdir()) == []
