"""A command as people see it can be pasted into a shell: no value becomes code."""

from __future__ import annotations

import subprocess

import pytest

from prodigy_action.pure.shell.safety.render import ShellScript
from prodigy_action.pure.shell.safety.shown import LONGEST_LOGGED, logged_command, shown_command

TEXT = 'printf %s "${item.name}"'
HOSTILE = (
    "",
    "a b",
    "`touch pwned`",
    "$(touch pwned)",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a\nb",
    "-n",
    "é",
    "*",
)


def script_of(value: str, **more: str) -> ShellScript:
    return ShellScript('printf %s "${PRODIGY_V0}"', {**more, "PRODIGY_V0": value})


@pytest.mark.parametrize("value", ("packages/a.py", "v1.2-rc@3", "-x", "50%"))
def test_plain_words_stand_in_their_place(value: str) -> None:
    assert shown_command(TEXT, {"item": {"name": value}}, script_of(value)) == f'printf %s "{value}"'


def test_other_values_stand_before_the_command_as_it_ran() -> None:
    shown = shown_command(TEXT, {"item": {"name": "it's"}}, script_of("it's"))
    assert shown == """PRODIGY_V0='it'"'"'s'\nprintf %s "${PRODIGY_V0}\""""


def test_a_pasted_command_does_what_ran_and_nothing_else(tmp_path: object) -> None:
    for value in HOSTILE:
        shown = shown_command(TEXT, {"item": {"name": value}}, script_of(value))
        done = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, cwd=str(tmp_path), check=True)
        assert done.stdout == value
    listed = subprocess.run(["ls", str(tmp_path)], capture_output=True, text=True, check=True)
    assert listed.stdout == "", "nothing was touched"


def test_a_variable_that_the_text_leaves_to_the_shell_is_set_before_it() -> None:
    shown = shown_command('echo "$found"', {"found": "a b"}, ShellScript('echo "$found"', {"found": "a b"}))
    assert shown == "found='a b'\necho \"$found\""


def test_a_raw_command_is_shown_as_it_ran() -> None:
    raw = ShellScript("echo a b", {})
    assert shown_command("echo ${item}", {"item": "a b"}, raw, raw=True) == "echo a b"


def test_a_log_has_the_command_and_of_a_long_one_its_text() -> None:
    assert logged_command("make\ntest\n", "") == "$ make\n> test\n"
    assert logged_command("x" * (LONGEST_LOGGED + 1), 'echo "${item}"') == '$ echo "${item}"\n'
