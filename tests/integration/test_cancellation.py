"""A run of 16 agents gets a signal: how soon it ends, what it leaves, and that it can be resumed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import TIMEOUT, prodigy
from tests.support.commands import processes_with, unique_seconds
from tests.support.git import git, make_repository
from tests.support.killing import Records, count, end_at, records_of, started, wait_until
from tests.support.starting import Running
from tests.support.timing import best_seconds

AGENTS = 16
GONE_SECONDS = 2.0
WORKFLOW = """
name: long
map:
  input: items.json
  max_parallel: 16
  agent_template:
    - shell: |
        echo "${item}" > "file-${item}"
        [ "${item}" -gt 1 ] || { git add -A && git commit -qm "add ${item}"; exit; }
        [ -e GO ] || { TRAP touch STARTED/${item}; sleep SECONDS & wait; wait; sleep SECONDS; }
        git add -A && git commit -qm "add ${item}"
"""
STUBBORN = "trap '' TERM INT HUP;"


class Long:
    """A run whose agents, but for the first two, wait for ever unless `go` is there."""

    def __init__(self, directory: Path, trap: str = "") -> None:
        self.seconds = unique_seconds()
        self.went = directory / "started"
        self.went.mkdir(parents=True)
        self.go = directory / "go"
        text = WORKFLOW.replace("SECONDS", self.seconds).replace("TRAP", trap).replace("STARTED", str(self.went))
        self.workflow = directory / "workflow.yml"
        self.workflow.write_text(text.replace("GO", str(self.go)))
        self.repository = make_repository(directory / "r", {"items.json": json.dumps(list(range(AGENTS + 2)))})
        self.results = self.repository / "prodigy-results"
        self.base = git(self.repository, "rev-parse", "HEAD")

    def running(self, records: Records) -> bool:
        """Whether 16 agents are at work, and two items are done."""
        return count(records, "item_landed") == 2 and len(list(self.went.iterdir())) == AGENTS

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.results / "results.json").read_text())
        return found

    def check_left_in_order(self, code: int) -> None:
        """No process is alive, and journal and results are complete."""
        assert processes_with(self.seconds) == []
        last = records_of(self.results)[-1]
        assert (last["event"], last["result"], last["exit_code"]) == ("run_finished", "cancelled", code)
        assert (self.document["result"], self.document["exit_code"]) == ("cancelled", code)
        assert self.document["counts"]["cancelled"] == AGENTS
        assert self.document["counts"]["succeeded"] == 2
        branch = self.document["branch"]
        assert git(self.repository, "ls-tree", "--name-only", branch).split() == ["file-0", "file-1", "items.json"]
        assert git(self.repository, "rev-parse", "HEAD") == self.base
        assert git(self.repository, "status", "--porcelain") == ""

    def check_can_be_resumed(self) -> None:
        self.go.touch()
        ended = prodigy(self.repository, "run", str(self.workflow), "--resume-from", "prodigy-results")
        assert ended.exit_code == 0, ended.stdout
        assert ended.states == ["succeeded"] * (AGENTS + 2)
        executions = [len(item["attempts"]) for item in ended.results["items"]]
        assert executions == [1, 1, *[2] * AGENTS]
        assert git(self.repository, "rev-parse", "HEAD") == ended.results["head_sha"]


@pytest.mark.parametrize(("number", "code"), ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)))
def test_a_signal_ends_16_agents_and_the_run_can_be_resumed(tmp_path: Path, number: signal.Signals, code: int) -> None:
    run = Long(tmp_path / "job")
    ended, _ = end_at(run.repository, run.running, number, "run", str(run.workflow))
    assert ended == code
    run.check_left_in_order(code)
    run.check_can_be_resumed()


def test_agents_that_ignore_signals_are_ended_too(tmp_path: Path) -> None:
    run = Long(tmp_path / "job", trap=STUBBORN)
    ended, _ = end_at(run.repository, run.running, signal.SIGTERM, "run", str(run.workflow))
    assert ended == 143
    run.check_left_in_order(143)


def wait_until_received(process: Running, number: signal.Signals) -> None:
    """Wait until the process has taken the signal (of several that are pending, the lowest number comes first)."""
    status = Path(f"/proc/{process.pid}/status")
    while any(
        int(line.split()[1], 16) >> (number - 1) & 1
        for line in status.read_text().splitlines()
        if line.startswith(("SigPnd:", "ShdPnd:"))
    ):
        time.sleep(0.001)


def test_further_signals_do_no_harm(tmp_path: Path) -> None:
    run = Long(tmp_path / "job", trap=STUBBORN)
    with started(run.repository, "run", str(run.workflow)) as process:
        wait_until(run.results, run.running, process)
        process.send_signal(signal.SIGTERM)
        wait_until_received(process, signal.SIGTERM)
        while (code := process.poll()) is None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                process.send_signal(number)
            time.sleep(0.01)
    assert code == 143
    run.check_left_in_order(143)


def test_a_closed_terminal_cancels_the_run(tmp_path: Path) -> None:
    run = Long(tmp_path / "job")
    child, terminal = os.forkpty()
    if child == 0:
        os.chdir(run.repository)
        for name in [name for name in os.environ if name.startswith(("GITHUB_", "INPUT_", "GIT_"))]:
            del os.environ[name]
        program = [sys.executable, "-m", "prodigy_action", "run", str(run.workflow)]
        os.execv(sys.executable, program)  # noqa: S606 - the program itself, in a terminal of its own
    output = os.fdopen(terminal, "rb", buffering=0)
    deadline = time.monotonic() + TIMEOUT
    while not run.running(records_of(run.results)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    output.close()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 143
    run.check_left_in_order(143)
    run.check_can_be_resumed()


@pytest.mark.timing
@pytest.mark.parametrize("trap", ("", STUBBORN))
def test_16_agents_are_gone_in_less_than_two_seconds(tmp_path: Path, trap: str) -> None:
    def measure(number: int) -> float:
        run = Long(tmp_path / str(number), trap=trap)
        _, seconds = end_at(run.repository, run.running, signal.SIGTERM, "run", str(run.workflow))
        run.check_left_in_order(143)
        return seconds

    assert best_seconds(measure, below=GONE_SECONDS) < GONE_SECONDS
