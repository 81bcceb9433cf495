"""What failures do to the other items and to the verdict, through the command line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import make_repository

COMMIT = 'echo "${item}" > "f${item}" && git add . && git commit -qm "${item}"'


def carry_out(tmp_path: Path, policy: str, step: str, total: int = 4, parallel: int = 1) -> Ended:
    """Run `step` for the items 0, 1, …, under `policy` (lines at the top of the file)."""
    workflow = f"""
name: policy
{policy}
map:
  input: {json.dumps(list(range(total)))}
  max_parallel: {parallel}
  agent_template:
    - shell: {json.dumps(step)}
"""
    repository = make_repository(tmp_path / "r", {"start": ""})
    return run(repository, workflow, "--log-format", "json", SCRATCH=str(tmp_path))


def failing(*numbers: int) -> str:
    """A step that fails for these items and commits a file for the others."""
    return f"case ${{item}} in {'|'.join(map(str, numbers))}) exit 3;; esac; {COMMIT}"


def logged(ended: Ended, *names: str) -> list[dict[str, Any]]:
    return ended.logged(*names)


@pytest.mark.parametrize(
    ("policy", "states", "result"),
    (
        ("", "succeeded failed failed succeeded", "failure"),
        ("on_item_failure: stop", "succeeded failed not_run not_run", "failure"),
        ("continue_on_failure: false", "succeeded failed not_run not_run", "failure"),
        ("on_item_failure: skip", "succeeded skipped skipped succeeded", "success"),
        ("max_failures: 2", "succeeded failed failed succeeded", "partial"),
        ("max_failures: 1", "succeeded failed failed not_run", "failure"),
        ('max_failures: "50%"', "succeeded failed failed succeeded", "partial"),
        ('error_policy: {max_failures: "49%"}', "succeeded failed failed not_run", "failure"),
        ("failure_threshold: 0.5", "succeeded failed failed succeeded", "partial"),
        ("failure_threshold: 0.4", "succeeded failed failed succeeded", "failure"),
    ),
)
def test_a_policy_decides_who_runs_and_the_verdict(tmp_path: Path, policy: str, states: str, result: str) -> None:
    ended = carry_out(tmp_path, policy, failing(1, 2))
    assert ended.states == states.split()
    assert ended.results["result"] == result
    assert ended.exit_code == (1 if result == "failure" else 0)
    landed = {f"f{n}" for n, state in enumerate(ended.states) if state == "succeeded"}
    assert set(ended.tree()) == {"start", *landed}
    for item in ended.results["items"]:
        assert (item["reason"] is not None) == (item["state"] in {"not_run", "skipped"})


def test_a_ratio_stops_the_map_from_ten_finished_items_on(tmp_path: Path) -> None:
    ended = carry_out(tmp_path, "failure_threshold: 0.9", "exit 1", total=14)
    assert ended.states == ["failed"] * 10 + ["not_run"] * 4
    assert ended.results["items"][10]["reason"] == ("100% of the finished items failed and failure_threshold is 90%")


SLOW_SIBLING = f"""
if [ ${{item}} = 0 ]; then until [ -e "$SCRATCH/running" ]; do sleep 0.05; done; exit 1; fi
echo half > made; {COMMIT}; echo on its way; touch "$SCRATCH/running"; sleep "$SIBLING"; touch "$SCRATCH/ended"
"""


def test_a_stop_lets_running_agents_end(tmp_path: Path) -> None:
    step = SLOW_SIBLING.replace('"$SIBLING"', "1")
    ended = carry_out(tmp_path, "on_item_failure: stop", step, total=3, parallel=2)
    assert ended.states == ["failed", "succeeded", "not_run"]
    assert (tmp_path / "ended").exists()
    assert ended.tree()["f1"] == "1"


def test_a_stop_at_once_cancels_running_agents_and_keeps_what_they_made(tmp_path: Path) -> None:
    step = SLOW_SIBLING.replace('"$SIBLING"', "600")
    ended = carry_out(tmp_path, "on_item_failure: stop\nerror_policy: {stop: now}", step, total=3, parallel=2)
    assert ended.states == ["failed", "cancelled", "not_run"]
    cut_off = ended.results["items"][1]
    assert cut_off["reason"] == "an item failed and on_item_failure is stop"
    assert "on its way" in cut_off["error"]["output_tail"]
    assert "on its way" in (ended.results_dir / cut_off["log"]).read_text()
    assert "+half" in (ended.results_dir / cut_off["patch"]).read_text()
    assert not (tmp_path / "ended").exists()
    assert "f1" not in ended.tree()
    assert ended.exit_code == 1


def test_an_item_that_does_not_merge_counts_as_a_failure(tmp_path: Path) -> None:
    step = 'echo "${item}" > same && git add . && git commit -qm "${item}"'
    ended = carry_out(tmp_path, "max_failures: 0", step, total=4)
    assert ended.states == ["succeeded", "conflicted", "not_run", "not_run"]
    assert ended.results["items"][2]["reason"] == "1 items failed and max_failures tolerates 0"


BREAKER = (
    "error_policy: {circuit_breaker: {failure_threshold: 2, success_threshold: 2, timeout: 1s, half_open_requests: 1}}"
)


def at(ended: Ended, event: str, item_id: int) -> datetime:
    (record,) = [each for each in ended.events if each["event"] == event and each["item_id"] == item_id]
    return datetime.fromisoformat(record["at"])


def test_a_circuit_breaker_holds_items_back_and_tries_again_later(tmp_path: Path) -> None:
    ended = carry_out(tmp_path, BREAKER, failing(0, 1), total=5)
    assert ended.states == ["failed", "failed", *["succeeded"] * 3]
    assert (at(ended, "agent_started", 2) - at(ended, "agent_finished", 1)).total_seconds() >= 0.99
    names = [event["event"] for event in logged(ended, "circuit_opened", "circuit_half_opened", "circuit_closed")]
    assert names == ["circuit_opened", "circuit_half_opened", "circuit_closed"]


def test_a_failed_probe_opens_the_circuit_again(tmp_path: Path) -> None:
    ended = carry_out(tmp_path, BREAKER, failing(0, 1, 2), total=4)
    assert ended.states == ["failed", "failed", "failed", "succeeded"]
    assert (at(ended, "agent_started", 3) - at(ended, "agent_finished", 2)).total_seconds() >= 0.99
    assert len(logged(ended, "circuit_opened")) == 2


@pytest.mark.parametrize(
    ("collection", "groups"),
    (
        ("aggregate", [[0, 1, 3]]),
        ("immediate", [[0], [1], [3]]),
        ("batched:2", [[0, 1], [3]]),
        ("{batched: {size: 2}}", [[0, 1], [3]]),
    ),
)
def test_failures_are_reported_in_the_rhythm_asked_for(
    tmp_path: Path, collection: str, groups: list[list[int]]
) -> None:
    ended = carry_out(
        tmp_path,
        f"error_policy: {{error_collection: {json.dumps(collection)}}}".replace(
            '"{batched: {size: 2}}"', "{batched: {size: 2}}"
        ),
        failing(0, 1, 3),
    )
    reported = logged(ended, "item_failed", "items_failed")
    assert [[each["item_id"] for each in event.get("items", [event])] for event in reported] == groups
    assert "exit code 3" in ended.stdout


FLAKY = f"""
echo try >> "$SCRATCH/tries-${{item}}"; echo "run $(wc -l < "$SCRATCH/tries-${{item}}")"
if [ ${{item}} = 1 ] && [ $(wc -l < "$SCRATCH/tries-1") -lt 3 ]; then echo again >&2; exit 75; fi
if [ ${{item}} = 2 ]; then exit 4; fi
{COMMIT}
"""


def test_a_failed_item_is_executed_again_and_every_execution_is_reported(tmp_path: Path) -> None:
    policy = "on_item_failure: retry\nretry_config: {attempts: 3, backoff: {fixed: {delay: 10ms}}}"
    reduce = "reduce:\n  - shell: 'printf %s \"${map.results_json}\" > results.json; git add .; git commit -qm reduced'"
    ended = carry_out(tmp_path, f"{policy}\n{reduce}\nmax_failures: 1", FLAKY, total=3)
    assert ended.states == ["succeeded", "succeeded", "failed"]
    attempts = [[(a["number"], a["state"]) for a in item["attempts"]] for item in ended.results["items"]]
    assert attempts == [
        [(1, "succeeded")],
        [(1, "failed"), (2, "failed"), (3, "succeeded")],
        [(1, "failed"), (2, "failed"), (3, "failed")],
    ]
    assert (tmp_path / "tries-2").read_text().count("try") == 3
    log = (ended.results_dir / ended.results["items"][1]["log"]).read_text()
    assert [log.count(f"run {n}") for n in (1, 2, 3)] == [1, 1, 1], "the log holds every execution"
    seen = json.loads(ended.tree()["results.json"])
    assert [each["status"] for each in seen] == ["succeeded", "succeeded", "failed"]
    assert (seen[2]["exit_code"], seen[2]["output"]) == (4, "run 3\n")
    assert seen[2]["error"].startswith('echo try >> "$SCRATCH/tries-${item}"')
    assert seen[2]["error"].endswith(": exit code 4")


def test_only_failures_of_a_named_class_are_executed_again(tmp_path: Path) -> None:
    policy = "on_item_failure: retry\nretry_config: {attempts: 3, initial_delay: 10ms, retry_on: [{exit_code: 75}]}"
    ended = carry_out(tmp_path, policy, FLAKY, total=3)
    assert ended.states == ["succeeded", "succeeded", "failed"]
    assert [len(item["attempts"]) for item in ended.results["items"]] == [1, 3, 1]


def test_a_retry_budget_ends_the_executions(tmp_path: Path) -> None:
    policy = "on_item_failure: retry\nretry_config: {attempts: 9, backoff: {fixed: {delay: 1s}}, retry_budget: 1500ms}"
    ended = carry_out(tmp_path, policy, "exit 1", total=1)
    assert [len(item["attempts"]) for item in ended.results["items"]] == [2]


def test_a_custom_handler_runs_once_when_the_item_has_failed_for_good(tmp_path: Path) -> None:
    policy = """
on_item_failure: custom:tidy
retry_config: {attempts: 2, initial_delay: 10ms}
handlers:
  tidy:
    - shell: 'echo "${item}: ${error.message} after $(cat trace)" >> "$SCRATCH/handled"'
"""
    ended = carry_out(tmp_path, policy, "echo seen > trace; exit 9", total=1)
    assert ended.states == ["failed"]
    assert (tmp_path / "handled").read_text() == "0: echo seen > trace; exit 9: exit code 9 after seen\n"


def test_a_timeout_that_is_to_fail_stops_the_map(tmp_path: Path) -> None:
    workflow = """
name: timeouts
map:
  input: [0, 1, 2]
  max_parallel: 1
  timeout_config: {agent_timeout_secs: 1, timeout_action: fail}
  agent_template:
    - shell: test ${item} != 0 || sleep 600
"""
    repository = make_repository(tmp_path / "r", {"start": ""})
    ended = run(repository, workflow)
    assert ended.states == ["timed_out", "not_run", "not_run"]
    assert ended.results["items"][1]["reason"] == "an agent timed out and timeout_action is fail"
    skipping = run(repository, workflow.replace("fail}", "skip}"))
    assert skipping.states == ["skipped", "unchanged", "unchanged"]
    assert skipping.results["items"][0]["reason"].startswith("timeout_action is skip: the agent timed out after 1 s")
