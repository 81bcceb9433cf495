"""Limits of time and of output, through the command line: what passed them is ended, with all that it started."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodigy_action.model.step import Step
from prodigy_action.pure.steps.step_titles import step_title
from tests.support.blackbox import Ended, run
from tests.support.commands import lives
from tests.support.git import make_repository

NOTE = 'echo $! >> "$SCRATCH/pids"'
RUNAWAYS = {
    "a child that keeps the pipe open": f"sleep 600 & {NOTE}",
    "nohup": f"nohup sleep 600 > /dev/null 2>&1 & {NOTE}",
    "setsid": f"setsid sleep 600 > /dev/null 2>&1 < /dev/null & {NOTE}",
    "a double fork": "(setsid sh -c 'sleep 600 & echo $! >> \"$SCRATCH/pids\"' &) ; sleep 0.2",
    "a child that ignores TERM": f"sh -c 'trap \"\" TERM; while :; do sleep 1; done' & {NOTE}",
    "a child without its environment": f"env -i setsid sleep 600 > /dev/null 2>&1 & {NOTE}",
    "a stopped child": f"sleep 600 & {NOTE}; kill -STOP $!",
}
WAYS_TO_END = {
    "the end of the step": ("", "", "unchanged"),
    "a limit of the step": ("", "timeout: 1", "timed_out"),
    "a limit of the agent": ("agent_timeout_secs: 1", "", "timed_out"),
    "a limit of the kind": ("timeout_config: {command_timeouts: {shell: 1}}", "", "timed_out"),
    "a limit of each command": (
        "timeout_config: {timeout_policy: per_command, agent_timeout_secs: 1}",
        "",
        "timed_out",
    ),
}


def carry_out(tmp_path: Path, script: str, *options: str, top: str = "", in_map: str = "", in_step: str = "") -> Ended:
    workflow = f"""
name: limits
{top}
map:
  input: [0]
  {in_map}
  agent_template:
    - shell: |
        {script}
      {in_step}
"""
    return run(make_repository(tmp_path / "r", {"start": ""}), workflow, *options, SCRATCH=str(tmp_path))


def survivors(tmp_path: Path) -> list[int]:
    pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
    assert pids, "the script started something"
    return [pid for pid in pids if lives(pid)]


@pytest.mark.parametrize("runaway", RUNAWAYS)
@pytest.mark.parametrize("way", ("the end of the step", "a limit of the step"))
def test_nothing_that_a_step_started_outlives_it(tmp_path: Path, runaway: str, way: str) -> None:
    in_map, in_step, state = WAYS_TO_END[way]
    hang = "sleep 601" if state == "timed_out" else "true"
    ended = carry_out(tmp_path, f"{RUNAWAYS[runaway]}; {hang}", in_map=in_map, in_step=in_step)
    assert ended.states == [state]
    assert survivors(tmp_path) == []


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_every_limit_ends_the_whole_tree_and_keeps_the_output(tmp_path: Path, way: str) -> None:
    in_map, in_step, state = WAYS_TO_END[way]
    hang = "sleep 601" if state == "timed_out" else "true"
    script = f"{RUNAWAYS['a double fork']}; echo made > made; echo so far; {hang}"
    ended = carry_out(tmp_path, script, in_map=in_map, in_step=in_step)
    assert ended.states == [state]
    assert survivors(tmp_path) == []
    item = ended.results["items"][0]
    assert "so far" in (ended.results_dir / item["log"]).read_text()
    assert "+made" in (ended.results_dir / item["patch"]).read_text()
    if state == "timed_out":
        assert item["error"]["kind"] == "timed_out"
        assert "timed out after 1 s" in item["error"]["message"]
        assert item["error"]["step"] == step_title(Step(shell=script), 0)
        assert "so far" in item["error"]["output_tail"]


def test_the_limit_of_the_run_ends_it_and_saves_what_landed(tmp_path: Path) -> None:
    workflow = f"""
name: limits
timeout: 3s
map:
  input: [0, 1, 2]
  max_parallel: 1
  agent_template:
    - shell: |
        echo ${{item}} > f${{item}}; git add .; git commit -qm ${{item}}
        if [ ${{item}} = 1 ]; then {RUNAWAYS["setsid"]}; echo so far; test -e "$SCRATCH/again" || sleep 601; fi
reduce:
  - shell: touch "$SCRATCH/reduced"
"""
    ended = run(make_repository(tmp_path / "r", {"start": ""}), workflow, SCRATCH=str(tmp_path))
    assert ended.exit_code == 1
    assert ended.results["message"] == "the run timed out after 3.0 s"
    assert ended.states == ["succeeded", "timed_out", "not_run"]
    item = ended.results["items"][1]
    assert (
        item["reason"] == "the run timed out while it was in echo ${item} > f${item}; git add .; git commit -qm ${item}"
    )
    assert "+1" in (ended.results_dir / item["patch"]).read_text()
    assert survivors(tmp_path) == []
    assert not (tmp_path / "reduced").exists()
    assert set(ended.tree(ended.results["branch"])) == {"start", "f0"}
    assert set(ended.tree()) == {"start"}, "the checkout stays where it was"
    (tmp_path / "again").touch()
    rest = ("--resume-from", str(ended.results_dir), "--redrive", "unfinished", "--timeout-minutes", "2")
    resumed = run(ended.repository, workflow, *rest, SCRATCH=str(tmp_path))
    assert resumed.states == ["succeeded"] * 3, "what the limit cut off is unfinished"
    assert [len(item["attempts"]) for item in resumed.results["items"]] == [1, 2, 1]
    assert set(resumed.tree()) == {"start", "f0", "f1", "f2"}


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
def test_the_limit_of_a_phase_ends_it_and_all_that_it_started(tmp_path: Path, phase: str) -> None:
    top = f"""
{phase}:
  timeout: 1s
  commands:
    - shell: |
        {RUNAWAYS["setsid"]}; sleep 601
"""
    ended = carry_out(tmp_path, "echo x > f; git add .; git commit -qm x", top=top)
    assert ended.exit_code == 1
    assert ended.results["message"] == f"{phase} timed out after 1 s"
    assert ended.results["phases"][phase]["state"] == "failed"
    assert survivors(tmp_path) == []


def test_the_grace_that_the_workflow_writes_lets_an_agent_save_its_work(tmp_path: Path) -> None:
    script = "trap 'sleep 2; echo saved > saved; exit 1' TERM; while :; do sleep 0.1; done"
    config = "timeout_config: {agent_timeout_secs: 1, cleanup_grace_period_secs: 20}"
    ended = carry_out(tmp_path, script, in_map=config)
    assert ended.states == ["timed_out"]
    assert "+saved" in (ended.results_dir / ended.results["items"][0]["patch"]).read_text()


@pytest.mark.parametrize("megabytes", (200, pytest.param(2048, marks=pytest.mark.stress)))
def test_a_flood_of_output_stays_out_of_memory_and_is_cut_in_the_log(tmp_path: Path, megabytes: int) -> None:
    script = (
        f"head -c {megabytes}M /dev/zero | tr '\\0' 'x'; echo the end; "
        'sed -n "s/VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p" /proc/$PPID/status > "$SCRATCH/peak"; exit 1'
    )
    ended = carry_out(tmp_path, script, "--max-log-bytes", "100000")
    assert ended.states == ["failed"]
    item = ended.results["items"][0]
    log = ended.results_dir / item["log"]
    assert log.stat().st_size < 101_000
    dropped = (
        (megabytes << 20) + len(f"=== {step_title(Step(shell=script), 0)}\n$ {script}\nthe end\n".encode()) - 100_000
    )
    assert log.read_text().endswith(f"[the log was cut after 100000 bytes: {dropped} more are not kept]\n")
    assert item["error"]["output_tail"].endswith("xxx" + "the end\n")
    assert int((tmp_path / "peak").read_text()) < 300_000, "kilobytes"
    assert (ended.results_dir / "events.jsonl").stat().st_size < 100_000
