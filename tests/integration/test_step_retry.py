"""Steps that are executed again, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import make_repository

COUNT = 'echo x >> "$SCRATCH/tries"; n=$(wc -l < "$SCRATCH/tries"); echo "try $n"'


def carry_out(tmp_path: Path, script: str, retry: str, *, top: str = "", phase: str = "map") -> Ended:
    step = f"{{shell: {json.dumps(script)}, retry: {retry}}}" if retry else f"{{shell: {json.dumps(script)}}}"
    steps = {"map": "shell: 'true'", "setup": "", "reduce": ""}
    template = step if phase == "map" else f"{{{steps['map']}}}"
    workflow = f"name: retries\n{top}\nmap:\n  input: [0]\n  agent_template: [{template}]\n"
    if phase != "map":
        workflow += f"{phase}: [{step}]\n"
    repository = make_repository(tmp_path / "r", {"start": ""})
    return run(repository, workflow, "--log-format", "json", SCRATCH=str(tmp_path))


def tries(tmp_path: Path) -> int:
    return (tmp_path / "tries").read_text().count("x")


def delays(ended: Ended) -> list[float]:
    return [event["delay_seconds"] for event in ended.logged("step_retried")]


def step_record(ended: Ended) -> dict[str, Any]:
    (record,) = ended.results["items"][0]["steps"]
    assert isinstance(record, dict)
    return record


@pytest.mark.parametrize(
    ("retry", "expected"),
    (
        ("{attempts: 3, backoff: {fixed: {delay: 20ms}}}", [0.02, 0.02]),
        ("{attempts: 4, initial_delay: 10ms, backoff: {linear: {increment: 20ms}}}", [0.01, 0.03, 0.05]),
        ("{attempts: 4, initial_delay: 10ms, backoff: {exponential: {base: 3}}}", [0.01, 0.03, 0.09]),
        ("{attempts: 5, backoff: {fibonacci: {initial: 10ms}}}", [0.01, 0.01, 0.02, 0.03]),
        ("{attempts: 4, backoff: {custom: {delays: [10ms, 30ms]}}}", [0.01, 0.03, 0.03]),
        ("{attempts: 4, initial_delay: 10ms, max_delay: 15ms, backoff: exponential}", [0.01, 0.015, 0.015]),
        ("{attempts: 1}", []),
    ),
)
def test_a_failing_step_is_executed_again_at_the_delays_asked_for(
    tmp_path: Path, retry: str, expected: list[float]
) -> None:
    ended = carry_out(tmp_path, f"{COUNT}; exit 7", retry)
    assert ended.states == ["failed"]
    assert delays(ended) == pytest.approx(expected)
    assert tries(tmp_path) == len(expected) + 1
    reported = step_record(ended)["tries"]
    assert [each["number"] for each in reported] == ([] if not expected else list(range(1, len(expected) + 2)))
    assert {(each["exit_code"], each["error"]) for each in reported} <= {(7, "exit code 7")}


def test_every_execution_is_reported_and_the_last_one_counts(tmp_path: Path) -> None:
    ended = carry_out(tmp_path, f"{COUNT}; test $n -ge 3", "{attempts: 5, initial_delay: 1ms}")
    assert ended.states == ["unchanged"]
    assert [(each["number"], each["exit_code"]) for each in step_record(ended)["tries"]] == [(1, 1), (2, 1), (3, 0)]
    log = (ended.results_dir / ended.results["items"][0]["log"]).read_text()
    assert [log.count(f"try {n}\n") for n in (1, 2, 3)] == [1, 1, 1]


def test_jitter_is_the_same_in_every_run(tmp_path: Path) -> None:
    retry = "{attempts: 4, jitter: true, jitter_factor: 1.0, backoff: {fixed: {delay: 40ms}}}"
    first = delays(carry_out(tmp_path / "a", "exit 1", retry))
    assert first == delays(carry_out(tmp_path / "b", "exit 1", retry))
    assert len(set(first)) == 3
    assert all(0.02 <= delay <= 0.06 for delay in first)


@pytest.mark.parametrize(
    ("retry_on", "failure", "executions"),
    (
        ("timeout", "sleep 600", 2),
        ("timeout", "exit 1", 1),
        ("signal", "kill -9 $$", 2),
        ("signal", "sh -c 'kill -9 $$'; exit $?", 2),
        ("signal", "exit 1", 1),
        ("network", "echo 'curl: (7) Failed to connect: Connection refused' >&2; exit 7", 2),
        ("network", "exit 7", 1),
        ("server_error", "echo 'HTTP/1.1 503 Service Unavailable'; exit 22", 2),
        ("rate_limit", "echo '429 Too Many Requests'; exit 22", 2),
        ("rate_limit", "echo '503'; exit 22", 1),
        ("{exit_code: 75}", "exit 75", 2),
        ("{exit_code: 75}", "exit 74", 1),
        ('{pattern: "lock .* held"}', "echo 'the lock is held'; seq 3000; exit 1", 2),
        ('{pattern: "lock .* held"}', "echo 'nothing of the kind'; exit 1", 1),
    ),
)
def test_only_failures_of_a_named_class_are_worth_another_execution(
    tmp_path: Path, retry_on: str, failure: str, executions: int
) -> None:
    hangs = failure.startswith("sleep")
    script = f"{COUNT}; {failure}"
    retry = f"{{attempts: 2, initial_delay: 1ms, retry_on: [{retry_on}]}}"
    if hangs:
        retry += ", timeout: 1"
    ended = carry_out(tmp_path, script, retry)
    assert ended.states == ["timed_out" if hangs else "failed"]
    assert tries(tmp_path) == executions


def test_a_budget_ends_the_executions(tmp_path: Path) -> None:
    ended = carry_out(
        tmp_path, f"{COUNT}; exit 1", "{attempts: 9, backoff: {fixed: {delay: 1s}}, retry_budget: 1500ms}"
    )
    assert tries(tmp_path) == 2
    assert ended.logged("retry_budget_spent")


def test_a_fallback_and_a_tolerated_failure_let_the_agent_go_on(tmp_path: Path) -> None:
    fallback = '{attempts: 2, initial_delay: 1ms, on_failure: {fallback: {command: "touch \\"$SCRATCH/fell\\""}}}'
    assert carry_out(tmp_path / "a", "exit 1", fallback).states == ["unchanged"]
    assert (tmp_path / "a" / "fell").exists()
    tolerated = "{attempts: 2, initial_delay: 1ms, on_failure: continue}"
    assert carry_out(tmp_path / "b", "exit 1", tolerated).states == ["unchanged"]


@pytest.mark.parametrize("phase", ("setup", "map", "reduce", "merge"))
def test_retry_defaults_hold_for_every_step_of_every_phase(tmp_path: Path, phase: str) -> None:
    top = "retry_defaults: {attempts: 3, initial_delay: 1ms}"
    ended = carry_out(tmp_path, f"{COUNT}; test $n -ge 3", "", top=top, phase=phase)
    assert ended.exit_code == 0, ended.stdout
    assert tries(tmp_path) == 3
