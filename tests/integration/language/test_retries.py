"""`retry` in every form and phase."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

from tests.support.blackbox import run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import make_repository

FORMS = (
    "3",
    "{attempts: 3, backoff: fixed}",
    "{attempts: 3, backoff: {fixed: {delay: 10ms}}}",
    "{attempts: 3, backoff: linear}",
    "{attempts: 3, backoff: {linear: {initial: 5ms, increment: 5ms}}}",
    "{attempts: 3, backoff: exponential}",
    "{attempts: 3, backoff: {exponential: {base: 2.0}}}",
    "{attempts: 3, backoff: !exponential {initial: 5ms, multiplier: 2}}",
    "{attempts: 3, backoff: {fibonacci: {initial: 5ms}}}",
    "{attempts: 3, backoff: {custom: {delays: [5ms, 6ms]}}}",
    "{attempts: 3, backoff: {type: fixed, delay: 5ms}, jitter: true, jitter_factor: 0.5}",
    "{max_attempts: 3, initial_delay: 1ms, max_delay: 5ms, retry_budget: 1m}",
    "{attempts: 3, initial_delay: 1ms, retry_on: [network, {exit_code: 1}]}",
    "{attempts: 3, initial_delay: 1ms, retry_on: {pattern: 'not y.t'}}",
)
ONCE = (
    "{attempts: 3, initial_delay: 1ms, retry_on: [timeout, signal, rate_limit, server_error]}",
    "{attempts: 3, initial_delay: 10s, retry_budget: 1s}",
    "{attempts: 1}",
)
LAST = """
- shell: echo x >> last-PHASE; echo out; exit 2
  retry: {attempts: 2, initial_delay: 1ms, on_failure: continue}
  capture: went_on
- shell: printf '%s' "${went_on} ${went_on.exit_code} ${went_on.success}" > went-on-PHASE
- shell: exit 2
  retry: {attempts: 2, initial_delay: 1ms, on_failure: {fallback: {command: 'echo "instead of ${error.exit_code}"'}}}
  capture: instead
  on_success: {shell: 'printf "%s" "${instead} ${instead.success}" > instead-PHASE'}
- shell: exit 2
  retry: {attempts: 2, initial_delay: 1ms, on_failure: {fallback: {shell: exit 3}}}
  REPORT
- shell: echo d >> default-PHASE; exit 2
  on_failure: true
- shell: echo o >> own-PHASE; exit 2
  retry: {attempts: 1}
  on_failure: true
"""


def test_a_failing_step_is_executed_again_as_it_says_in_every_phase(tmp_path: Path) -> None:
    text = '- shell: echo x >> again{0}-PHASE; echo not yet; test "$(grep -c x again{0}-PHASE)" = 3\n  retry: {1}\n'
    quick = [form.replace("attempts: 3, b", "attempts: 3, initial_delay: 1ms, b") for form in FORMS[1:]]
    steps = "".join(text.format(number, form) for number, form in enumerate(quick))
    steps += "".join(
        f"- shell: echo x >> once{number}-PHASE; exit 1\n  on_failure: true\n  retry: {form}\n"
        for number, form in enumerate(ONCE)
    )
    top = "retry_defaults: {attempts: 2, initial_delay: 1ms}"
    tree = succeeded(run_everywhere(tmp_path, steps + LAST, top=top))
    for phase in PHASES:
        for number in range(len(quick)):
            assert tree[f"again{number}-{phase}"].split() == ["x"] * 3, FORMS[number + 1]
        for number, form in enumerate(ONCE):
            assert tree[f"once{number}-{phase}"] == "x", form
        assert tree[f"last-{phase}"].split() == ["x", "x"]
        assert tree[f"went-on-{phase}"] == "out 2 false"
        assert tree[f"instead-{phase}"] == "instead of 2 true"
        assert tree[f"errors-{phase}"].startswith("exit code 2; its fallback failed too: exit 3: exit code 3")
        assert tree[f"default-{phase}"].split() == ["d", "d"]
        assert tree[f"own-{phase}"] == "o"


def test_a_number_is_the_executions_and_pauses_grow_by_themselves(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, "- {shell: 'echo x >> n; test \"$(grep -c x n)\" = 2', retry: 2}", phases=("map",))
    assert succeeded(ended)["n"].split() == ["x", "x"]
    assert [event["delay_seconds"] for event in ended.logged("step_retried")] == [1.0]


SAID = (
    "API Error (Connection error.)",
    "read ECONNRESET",
    "getaddrinfo EAI_AGAIN api.example.com",
    "Request timed out.",
    "usage limit reached|1700000000",
    'API Error (529 {"error":{"type":"overloaded_error"}})',
    "tls handshake error",
    "please try again later",
)


def test_an_agent_program_is_called_again_after_the_usual_transient_failures(tmp_path: Path) -> None:
    agent = tmp_path / "agent"
    agent.write_text('#!/bin/sh\necho "$1" >> "$COUNT"; echo "$1"; exit 1\n')
    agent.chmod(0o755)
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    classes = "[network, timeout, server_error, rate_limit]"
    document = f"""
name: transient
map:
  input: {json.dumps([*SAID, "wrong"])}
  max_parallel: 1
  agent_template:
    - claude: "${{item}}"
      retry: {{attempts: 2, initial_delay: 1ms, retry_on: {classes}}}
"""
    count = tmp_path / "count"
    ended = run(repository, document, "--agent-command", str(agent), COUNT=str(count))
    assert ended.exit_code == 1
    assert Counter(count.read_text().splitlines()) == {**dict.fromkeys(SAID, 2), "wrong": 1}


def test_an_item_is_executed_again_by_the_exit_code_of_its_last_command(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "curl").write_text("#!/bin/sh\nexit $2\n")
    (programs / "curl").chmod(0o755)
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    document = """
name: items
map:
  input: [7, 22]
  agent_template:
    - shell: curl -s ${item}
error_policy:
  on_item_failure: retry
  retry_config: {attempts: 2, initial_delay: 1ms, retry_on: [network]}
"""
    ended = run(repository, document, PATH=f"{programs}:{os.environ['PATH']}")
    assert [len(item["attempts"]) for item in ended.results["items"]] == [2, 1]


def test_a_pattern_that_takes_too_long_ends_the_retries_with_a_warning(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    steps = """
    - shell: echo x >> "$TRIES"; printf '%0900d' 0 | tr 0 a; exit 1
      retry: {attempts: 3, initial_delay: 1ms, retry_on: {pattern: '(.*a){20}b'}}
      on_failure: true
"""
    document = f"name: slow\nsetup:\n{steps}map:\n  input: [1]\n  agent_template:\n{steps}"
    tries = tmp_path / "tries"
    ended = run(repository, document, TRIES=str(tries))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert tries.read_text() == "x\n" * 2
    assert len(ended.logged("step_not_retried")) == 2
