"""Processes that a step leaves in the background: ended with a word, or kept until the end of the run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import clean_environ, make_repository
from tests.support.starting import begin

BEAT = '(while sleep 0.1; do date > "$BEAT-{0}"; echo beat; done) {1}&'
START = f"""
      echo $$ > "$BEAT-leader"
      {BEAT.format("open", "")}
      {BEAT.format("closed", "> /dev/null 2>&1 ")}
      setsid sh -c 'echo $$ > "$BEAT-session"; while sleep 0.1; do date > "$BEAT-own"; done' > /dev/null 2>&1 &
      while [ ! -e "$BEAT-open" ] || [ ! -e "$BEAT-closed" ] || [ ! -e "$BEAT-own" ]; do sleep 0.05; done
      echo started
"""
ALIVE = """for each in open closed own; do rm -f "$BEAT-$each"; done
        for each in open closed own; do
          for _ in $(seq 50); do test -e "$BEAT-$each" && break; sleep 0.1; done; test -e "$BEAT-$each" || exit 7
        done"""
WORKFLOW = f"""
name: service
setup:
  - shell: |{START}    capture: said
    keep_running: KEEP
  - shell: echo another & wait
map:
  input: [one]
  agent_template:
    - shell: test -n "${{said}}"
    - shell: {{ALIVE}}
reduce:
  - shell: {{ALIVE}}
merge:
  - shell: {{ALIVE}}
""".replace("{ALIVE}", f"|\n        {ALIVE}")


def carried_out(tmp_path: Path, keep: str) -> Ended:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    return run(repository, WORKFLOW.replace("KEEP", keep), BEAT=str(tmp_path / "beat"))


def assert_silent(tmp_path: Path, *, seconds: float = 0) -> None:
    """No process of the service is there any more; or it has ended after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        for name in ("open", "closed", "own"):
            (tmp_path / f"beat-{name}").unlink(missing_ok=True)
        time.sleep(1)  # ten beats
        found = sorted(path.name for path in tmp_path.glob("beat-*"))
        if found == ["beat-leader", "beat-session"] or time.monotonic() > deadline:
            break
    assert found == ["beat-leader", "beat-session"]


def test_a_kept_service_serves_every_phase_and_ends_with_the_run(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "true")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert ended.logged("background_processes_kept")
    assert not ended.logged("background_processes_ended")
    assert_silent(tmp_path)


def test_a_service_that_is_not_kept_is_ended_and_named(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "false")
    assert ended.states == ["failed"]
    warning = next(line for line in ended.stdout.splitlines() if "these processes ended with the step" in line)
    assert ": sh" in warning
    assert "keep_running: true" in warning
    assert "=== ended with its step: " in (ended.results_dir / "logs/setup.log").read_text()
    assert_silent(tmp_path)


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL))
def test_a_kept_service_ends_with_a_run_that_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    waiting = WORKFLOW.replace("KEEP", "true").replace(f"{ALIVE}\nreduce", 'touch "$BEAT-here"; sleep 60\nreduce')
    (tmp_path / "workflow.yml").write_text(waiting)
    started = begin(("run", str(tmp_path / "workflow.yml")), repository, clean_environ(BEAT=str(tmp_path / "beat")))
    deadline = time.monotonic() + 90
    while not (tmp_path / "beat-here").exists() and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (tmp_path / "beat-here").exists()
    os.kill(started.pid, number)
    started.wait(60)
    (tmp_path / "beat-here").unlink()
    assert_silent(tmp_path, seconds=60)  # a killed run has its watchdog to end them


def test_a_resumed_run_starts_the_service_again(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    workflow = """
name: again
setup:
  - shell: echo x >> "$COUNT"; sleep 600 > /dev/null 2>&1 &
    keep_running: true
map:
  input: [one]
  agent_template:
    - shell: test "$(wc -l < "$COUNT")" -eq 2
"""
    count = tmp_path / "count"
    assert run(repository, workflow, COUNT=str(count)).exit_code == 1
    again = run(repository, workflow, "--resume-from", "prodigy-results", COUNT=str(count))
    assert again.states == ["succeeded"] or again.states == ["unchanged"], again.stdout
    assert "keep_running" in again.stdout


def test_a_step_that_leaves_nothing_to_keep_says_so(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    ended = run(repository, "name: none\nsetup:\n  - shell: echo x\n    keep_running: true\n")
    assert ended.exit_code == 0
    assert ended.logged("no_background_process_to_keep")


@pytest.mark.parametrize(
    "document",
    (
        "name: t\nmap:\n  input: [1]\n  agent_template:\n    - shell: x &\n      keep_running: true\n",
        "name: t\nreduce: []\nsetup:\n  - claude: /x\n    keep_running: true\n",
        "name: t\nsetup:\n  - foreach: [1]\n    do:\n      - shell: x &\n        keep_running: true\n",
    ),
)
def test_keep_running_elsewhere_is_refused_in_place(tmp_path: Path, document: str) -> None:
    ended = run(make_repository(tmp_path / "repository", {"a.txt": "a\n"}), document)
    line = 1 + document[: document.index("keep_running")].count("\n")
    assert ended.exit_code == 2
    assert f"workflow.yml:{line}:" in ended.stderr
    assert "`keep_running` is for `shell` steps of setup" in ended.stderr
