"""A signal ends the run soon, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.blackbox import TIMEOUT
from tests.support.git import make_repository
from tests.support.killing import started
from tests.support.timing import best_seconds

GONE_SECONDS = 2.0
STEP = "name: busy\nmap:\n  input: items.json\n  agent_template:\n    - shell: |\n        SCRIPT; touch MARKER"


@dataclass(frozen=True)
class State:
    """What keeps a run busy, and how long after its marker the signal comes."""

    workflow: str
    delay: float
    prepare: Callable[[Path], object] = lambda _: None


def sparse_items(repository: Path) -> None:
    (repository / "sparse.txt").touch()
    os.truncate(repository / "sparse.txt", 200 * 2**20)


STATES = {
    "waiting on a FIFO": State(STEP.replace("SCRIPT", "mkfifo fifo; touch MARKER; cat fifo"), 0.2),
    "reading a sparse file": State(
        STEP.replace("items.json", "{file: sparse.txt}").replace("map:", "setup:\n  - shell: touch MARKER\nmap:"),
        0.3,
        sparse_items,
    ),
    "making items of a sparse file": State(
        STEP.replace("items.json", "{file: sparse.txt}").replace("map:", "setup:\n  - shell: touch MARKER\nmap:"),
        2.0,
        sparse_items,
    ),
    "scanning a sparse file": State(STEP.replace("SCRIPT", "truncate -s 2G huge"), 0.2),
    "hashing": State(STEP.replace("SCRIPT", "truncate -s 60G huge") + "\n      auto_commit: true", 0.5),
}


@pytest.mark.timing
@pytest.mark.parametrize("name", STATES)
def test_a_signal_ends_the_run_in_less_than_two_seconds(name: str, tmp_path: Path) -> None:
    state = STATES[name]

    def measure(number: int) -> float:
        top = tmp_path / str(number)
        repository = make_repository(top / "r", {"items.json": "[0]"})
        state.prepare(repository)
        marker = top / "marker"
        (top / "w.yml").write_text(state.workflow.replace("MARKER", str(marker)))
        (top / "tmp").mkdir()
        with started(repository, "run", str(top / "w.yml"), "--run-as", "root", TMPDIR=str(top / "tmp")) as process:
            deadline = time.monotonic() + TIMEOUT
            while not marker.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(state.delay)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT) == 143
            return time.monotonic() - begun

    assert best_seconds(measure, below=GONE_SECONDS) < GONE_SECONDS
