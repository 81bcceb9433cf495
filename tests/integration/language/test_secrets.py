"""Secrets reach the steps of every phase, and nothing that is written or printed."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.blackbox import Ended, run
from tests.support.everywhere import PHASES, run_everywhere, succeeded
from tests.support.git import make_repository

TOKEN = 's3cr3t"with\\quotes\nand-second-line'
PIN = "73519642"
SECOND = "and-second-line"
TOP = """
secrets:
  TOKEN: MY_TOKEN
  FROM_FILE: {provider: file, key: .secret}
  REFERRED: '${env:OTHER_TOKEN}'
  PIN: PIN_IN
env:
  PLAIN_SECRET: {value: plain-secret-value, secret: true}
  COMPUTED: {command: "printf 'computed-%s' secret-value", secret: true}
  SPOKEN: {command: 'echo "said $COMPUTED"'}
  AUTH: Bearer ${REFERRED}
  TOKEN: not-the-secret
"""
STEPS = """
- shell: |
    printf '%s' "$TOKEN" | md5sum > md5-PHASE
    printf '%s %s %s %s' "${#FROM_FILE}" "${#REFERRED}" "$AUTH" "$SPOKEN" | wc -c > lengths-PHASE
- shell: printf '%s' "$TOKEN" | head -c 12; sleep 0.3; printf '%s' "$TOKEN" | tail -c +13; echo
- shell: printf '%s\\n' "$FROM_FILE" "$REFERRED" "$PLAIN_SECRET" "$COMPUTED" "$AUTH" | tee /dev/stderr
  capture: spoken
- {shell: echo "$PIN", capture: pin, capture_format: number}
- {shell: 'echo "{\\"pin\\": $PIN, \\"word\\": \\"$REFERRED\\"}"', capture: tree, capture_format: json}
- shell: python3 -c 'import json, os; print(json.dumps(os.environ["TOKEN"]))'
- shell: printf %s "$REFERRED" | base64
- shell: test "${pin}" = "$PIN" && test "${REFERRED}" = "$REFERRED" && printf %s "${tree.word}" > word-PHASE.txt
  env: {PIN: stepped-on}
- shell: 'true'
  name: step ${REFERRED} other-token-value
"""
VALUES = (SECOND, "secret-in-a-file", "other-token-value", "plain-secret-value", "computed-secret-value", PIN)


def written(ended: Ended) -> str:
    """Everything that was printed, and every file of the results directory."""
    files = [path for path in sorted(ended.results_dir.rglob("*")) if path.is_file()]
    names = "\n".join(str(path) for path in files)
    texts = [path.read_bytes().decode(errors="replace") for path in files if path.suffix != ".bundle"]
    return "\n".join([ended.stdout, ended.stderr, names, *texts])


def leaks(text: str) -> list[str]:
    """The secrets that can be found in a text, as they are or escaped."""
    encoded = {json.dumps(TOKEN)[1:-1], base64.b64encode(b"other-token-value").decode(), *VALUES}
    return sorted(value for value in encoded if value in text)


def test_secrets_are_known_to_steps_and_masked_wherever_something_is_written(tmp_path: Path) -> None:
    ended = run_everywhere(
        tmp_path,
        STEPS,
        "--allow-secrets-in-commits",
        top=TOP,
        files={".secret": "secret-in-a-file\n"},
        MY_TOKEN=TOKEN,
        OTHER_TOKEN="other-token-value",
        PIN_IN=PIN,
    )
    tree = succeeded(ended)
    for phase in PHASES:
        assert tree[f"md5-{phase}"] == tree["md5-setup"]
        assert tree[f"lengths-{phase}"].strip() == str(len("16 17 Bearer other-token-value said computed-secret-value"))
        assert tree[f"word-{phase}.txt"] == "other-token-value"
    text = written(ended)
    assert leaks(text) == []
    assert "***" in (ended.results_dir / "logs" / "setup.log").read_text()
    assert ended.results["items"][0]["steps"][3]["captured"] == {"pin": "***"}


def test_a_failing_step_shows_no_secret_either(tmp_path: Path) -> None:
    top = "secrets: {TOKEN: MY_TOKEN}"
    steps = """
    - shell: 'true'
      when: item.name != 'a'
    - shell: echo "${item.name}" > "${item.name}.txt"; echo "broken by $TOKEN" >&2; echo "${item.name}"; exit 3
    """
    items = 'input: [{name: "other-token-value"}, {name: a}]\nkey: name'
    ended = run_everywhere(tmp_path, steps, top=top, phases=("map",), map_fields=items, MY_TOKEN="other-token-value")
    assert ended.exit_code == 1
    assert ended.states == ["failed", "failed"]
    assert leaks(written(ended)) == []
    assert "broken by ***" in ended.results["items"][0]["error"]["output_tail"]
    assert ended.results["items"][0]["patch"] == "patches/item-0000.patch"
    assert "***" in (ended.results_dir / "summary.md").read_text()


def test_a_secret_command_that_fails_shows_nothing_that_it_printed(tmp_path: Path) -> None:
    top = "env: {KEY: {command: 'echo half-of-a-secret; echo why >&2; exit 4', secret: true}}"
    ended = run_everywhere(tmp_path, "- shell: 'true'", top=top, phases=("map",))
    assert ended.exit_code == 1
    text = written(ended)
    assert "exit code 4" in text
    assert "exit code 4: why" not in text
    assert "half-of-a-secret" not in text.replace(top, "")


@pytest.mark.parametrize(
    "words",
    (
        ("steps", "index", "variables"),
        ("setup", "succeeded", "agent_finished"),
        ("map", "unchanged", "merge", "item_id"),
    ),
)
def test_a_secret_that_is_a_word_of_the_journal_does_not_stop_the_run(tmp_path: Path, words: Sequence[str]) -> None:
    env = "".join(f"  T{number}: {{value: {word}, secret: true}}\n" for number, word in enumerate(words))
    steps = "setup: [{shell: echo, capture: c}]\nmap: {input: [1], agent_template: [{shell: 'true'}]}\n"
    ended = run(make_repository(tmp_path / "r", {"a": ""}), f"name: t\nenv:\n{env}{steps}")
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert not ended.logged("internal_error")
