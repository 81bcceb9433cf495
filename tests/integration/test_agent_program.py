"""The agent program as it is called without a terminal: its options, its result in JSON, and its absence."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.git import make_repository

PROGRAM = r"""#!/bin/sh
printf '%s ' "$@" >> "$CALLS"; echo >> "$CALLS"
for prompt; do :; done
case " $* " in *" --dangerously-skip-permissions "*)
  if [ "$(id -u)" -eq 0 ] && [ "${IS_SANDBOX:-}" != 1 ]; then
    echo "--dangerously-skip-permissions cannot be used with root/sudo privileges" >&2; exit 1; fi
  echo "$prompt" > made.txt ;;
esac
case " $* " in *" acceptEdits "*) echo "$prompt" > made.txt ;; esac
case " $* " in
  *" --print "* | *" -p "*) ;;
  *) echo "no terminal" >&2; exit 1 ;;
esac
case "$prompt" in *chatty*) echo "a newer version is there"; echo '{"type": "note"}' ;; esac
error=false; subtype=success; answer="did $prompt"
case "$prompt" in
  *fails*) error=true; subtype=error_max_turns; answer=stopped ;;
  *score*) answer='Here: ```json
{"completion_percentage": 100}
```' ;;
esac
case " $* " in
  *" --output-format json "*)
    jq -nc --arg result "$answer" --argjson error "$error" --arg subtype "$subtype" --arg id "s-$prompt" \
      '{type: "result", subtype: $subtype, is_error: $error, result: $result, session_id: $id, num_turns: 3,
        total_cost_usd: 0.25}' ;;
  *) echo "$answer" ;;
esac
"""
WORKFLOW = """
name: agents
setup:
  - claude: prepare
map:
  input: [one, "two fails"]
  commit: auto
  agent_template:
    - claude: do ${item}
      capture: said
      retry: {attempts: 2, initial_delay: 1ms}
    - shell: echo "${said}|${claude.output}" > said.txt
    - validate: {claude: score it}
error_policy: {max_failures: 1}
"""


def carried_out(tmp_path: Path, *options: str, workflow: str = WORKFLOW, **environ: str) -> Ended:
    program = tmp_path / "bin/claude"
    program.parent.mkdir(exist_ok=True)
    program.write_text(PROGRAM)
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    (tmp_path / "calls").touch()
    (tmp_path / "calls").chmod(0o666)
    path = f"{program.parent}:{os.environ['PATH']}"
    return run(repository, workflow, *options, PATH=path, CALLS=str(tmp_path / "calls"), **environ)


def calls_of(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_the_result_in_json_is_understood_per_item_and_in_sum(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, "--agent-permissions", "bypass")
    assert ended.states == ["succeeded", "failed"], ended.stdout + ended.stderr
    assert ended.tree()["said.txt"] == "did do one|did do one"
    assert calls_of(tmp_path)[0].startswith("--print --output-format json --dangerously-skip-permissions prepare")
    results = ended.results
    one, two = results["items"]
    assert one["agent"] == {
        "calls": 2,
        "errors": 0,
        "cost_usd": 0.5,
        "turns": 6,
        "sessions": ["s-do one", "s-score it"],
    }
    assert two["agent"]["calls"] == two["agent"]["errors"] == 2, "each try counts"
    assert two["error"]["kind"] == "agent_error"
    assert "the agent program reports error_max_turns: stopped" in two["error"]["message"]
    assert results["phases"]["setup"]["agent"]["calls"] == 1
    assert results["agent"] == {
        "calls": 5,
        "errors": 2,
        "cost_usd": 1.25,
        "turns": 15,
        "sessions": ["s-do one", "s-score it", "s-do two fails", "s-do two fails", "s-prepare"],
    }
    assert "Agent program: 5 calls, 15 turns, $1.25, 2 errors" in (ended.results_dir / "summary.md").read_text()


SIMPLE = 'name: s\nmap:\n  input: [1]\n  commit: auto\n  agent_template:\n    - claude: "do it"\n'


@pytest.mark.parametrize(
    ("options", "call", "changes"),
    (
        (("--agent-permissions", "accept-edits"), "--print --output-format json --permission-mode acceptEdits", True),
        (("--agent-permissions", "ask"), "--print --output-format json", False),
        (
            ("--agent-command", "claude -p --output-format text --allowedTools Edit"),
            "-p --output-format text --allowedTools Edit",
            False,
        ),
    ),
)
def test_the_options_are_those_that_are_missing(
    tmp_path: Path, options: tuple[str, ...], call: str, changes: bool
) -> None:
    ended = carried_out(tmp_path, *options, workflow=SIMPLE)
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert calls_of(tmp_path) == [f"{call} do it "]
    assert ("made.txt" in ended.tree()) is changes


def test_the_result_is_understood_below_other_output(tmp_path: Path) -> None:
    workflow = WORKFLOW.replace('[one, "two fails"]', '[chatty, "chatty fails"]')
    ended = carried_out(tmp_path, "--agent-permissions", "bypass", workflow=workflow)
    assert ended.states == ["succeeded", "failed"], ended.stdout + ended.stderr
    assert ended.tree()["said.txt"] == "did do chatty|did do chatty"
    assert ended.results["items"][0]["agent"]["cost_usd"] == 0.5
    assert "the agent program reports error_max_turns: stopped" in ended.results["items"][1]["error"]["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="users are changed by root alone")
def test_a_program_without_roots_rights_may_change_files() -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        ended = carried_out(place, "--run-as", "owner", workflow=SIMPLE)
        assert ended.states == ["succeeded"], ended.stdout + ended.stderr
        assert calls_of(place) == ["--print --output-format json --dangerously-skip-permissions do it "]
        assert ended.tree()["made.txt"] == "do it"


@pytest.mark.skipif(os.geteuid() != 0, reason="the program refuses one option as root alone")
def test_as_root_nothing_is_permitted_by_default_and_a_warning_says_so(tmp_path: Path) -> None:
    ended = carried_out(tmp_path, workflow=SIMPLE)
    assert ended.states == ["unchanged"], ended.stdout
    assert "the agent program may not change files" in ended.stdout
    assert "agent-permissions" in ended.stdout


def test_a_missing_program_is_found_once_before_the_items(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    workflow = SIMPLE.replace("[1]", json.dumps(list(range(5))))
    ended = run(repository, workflow, "--agent-command", "no-such-agent --x")
    assert ended.exit_code == 1
    assert ended.states == ["not_run"] * 5
    message = ended.results["message"]
    assert "no-such-agent: command not found" in message
    assert "agent-command" in message
    assert "VERSION-agents" in message


def test_a_program_that_setup_installs_or_that_no_item_needs_is_not_missed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    workflow = """
name: installed
setup:
  - shell: printf '#!/bin/sh\\necho x > made\\n' > agent.sh && chmod +x agent.sh
    auto_commit: true
map:
  input: [1]
  commit: auto
  agent_template:
    - claude: do it
"""
    ended = run(repository, workflow, "--agent-command", "./agent.sh")
    assert ended.states == ["succeeded"], ended.stdout
    optional = SIMPLE.replace('    - claude: "do it"\n', '    - claude: "do it"\n      when: "false"\n')
    assert run(repository, optional, "--agent-command", "no-such-agent").exit_code == 0
