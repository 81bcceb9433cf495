"""`retry` in every form and phase."""

from __future__ import annotations

from pathlib import Path

from tests.support.everywhere import PHASES, run_everywhere, succeeded

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
        assert tree[f"errors-{phase}"].startswith("exit code 2; its fallback failed too: shell step 1: exit code 3")
        assert tree[f"default-{phase}"].split() == ["d", "d"]
        assert tree[f"own-{phase}"] == "o"


def test_a_number_is_the_executions_and_pauses_grow_by_themselves(tmp_path: Path) -> None:
    ended = run_everywhere(tmp_path, "- {shell: 'echo x >> n; test \"$(grep -c x n)\" = 2', retry: 2}", phases=("map",))
    assert succeeded(ended)["n"].split() == ["x", "x"]
    assert '"event": "step_retried"' in ended.stdout
    assert '"delay_seconds": 1.0' in ended.stdout
