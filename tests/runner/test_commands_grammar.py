from __future__ import annotations

import pytest

from tests.support.runner.commands_grammar import RunnerCommand, find_commands


@pytest.mark.parametrize(
    ("output", "command"),
    (
        ("::error::boom", RunnerCommand("error", "boom")),
        (" \t\xa0::ERROR file=a%2Cb,line=1::x%0Ay%25", RunnerCommand("error", "x\ny%", {"file": "a,b", "line": "1"})),
        ("progress\r::add-mask::v", RunnerCommand("add-mask", "v")),
        ("::endgroup::", RunnerCommand("endgroup")),
        ("::debug::kept \t", RunnerCommand("debug", "kept \t")),
        ("::set-output name=,=y,x=1=2::v", RunnerCommand("set-output", "v", {"x": "1=2"})),
        ("::error::::boom", RunnerCommand("error", "::boom")),
        ('{"line": "##[set-output name=a;]b%5D"}', RunnerCommand("set-output", 'b]"}', {"name": "a"})),
    ),
)
def test_a_command_is_found(output: str, command: RunnerCommand) -> None:
    assert find_commands(f"before\n{output}\nafter") == [command]


@pytest.mark.parametrize(
    "output",
    ("text ::error::x", "::unknown::x", "::error", "##[error", "# #[error]x", "#\u200b#[error]x", "│ ::error::x"),
)
def test_other_text_is_no_command(output: str) -> None:
    assert find_commands(output) == []
