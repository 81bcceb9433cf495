"""Limits of agents, of commands and of phases: every policy and action."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blackbox import run
from tests.support.everywhere import run_everywhere
from tests.support.git import make_repository

SLOW = "- {shell: 'true'}\n- {shell: touch begun; sleep 20, when: item == 1}\n- {claude: /x, when: item == 2}\n"
CONFIG = "input: [0, 1]\ntimeout_config: {agent_timeout_secs: 700ms, command_timeouts: {%s}, timeout_policy: %s, %s}"
CASES = (
    ("", "PerAgent", "timeout_action: Dlq", "timed_out", "the agent timed out after 0.7 s"),
    ("shell: 0.3", "per_agent", "timeout_action: skip", "skipped", "the agent timed out after 0.7 s"),
    ("shell: 300ms", "PerCommand", "timeout_action: Fail", "timed_out", "timed out after 0.3 s"),
    ("shell_1: 0.3, shell: 9", "hybrid", "timeout_action: GracefulTerminate", "timed_out", "timed out after 0.3 s"),
    ("claude: 0.3", "Hybrid", "cleanup_grace_period_secs: 1", "timed_out", "the agent timed out after 0.7 s"),
)


@pytest.mark.parametrize(("commands", "policy", "rest", "state", "message"), CASES, ids=[case[1] for case in CASES])
def test_a_slow_agent_is_ended_as_its_timeout_config_says(
    commands: str, policy: str, rest: str, state: str, message: str, tmp_path: Path
) -> None:
    ended = run_everywhere(tmp_path, SLOW, phases=("map",), map_fields=CONFIG % (commands, policy, rest))
    item = ended.results["items"][1]
    assert item["state"] == state, ended.stdout
    assert message in (item["error"] or {"message": item["reason"]})["message"]
    assert ended.states[0] == "unchanged" or state == "timed_out"


@pytest.mark.parametrize("limit", ("agent_timeout_secs: 1", "agent_timeout_secs: ${LIMIT}", "timeout_per_agent: 1s"))
def test_the_limit_of_an_agent_has_several_forms(limit: str, tmp_path: Path) -> None:
    fields = f"input: [1]\n{limit}"
    ended = run_everywhere(tmp_path, SLOW, phases=("map",), map_fields=fields, top="env: {LIMIT: 1s}")
    assert ended.states == ["timed_out"]
    assert "the agent timed out after 1 s" in ended.results["items"][0]["error"]["message"]


@pytest.mark.parametrize("phase", ("setup", "reduce", "merge"))
def test_the_limit_of_a_phase_ends_it(phase: str, tmp_path: Path) -> None:
    top = f"env: {{LIMIT: 400ms}}\n{phase}: {{timeout: '${{LIMIT}}', commands: [{{shell: sleep 20}}]}}"
    document = f"name: slow\n{top}\nmap: {{input: [1], agent_template: [{{shell: 'true'}}]}}\n"
    ended = run(make_repository(tmp_path / "repository", {}), document)
    assert ended.exit_code == 1
    assert ended.results["phases"][phase]["error"]["message"] == f"{phase} timed out after 0.4 s"
