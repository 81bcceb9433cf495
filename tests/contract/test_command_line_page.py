"""The reference of the command line is what the commands say, and each option is below a heading."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from prodigy_action.cli.entry import commands
from prodigy_action.cli.groups import GROUPS, grouped
from prodigy_action.cli.options import option_help
from prodigy_action.model.settings import INPUTS, InputField
from tests.contract.command_line_page import PAGE, command_line_page

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_commands() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert text == command_line_page(), f"{PAGE} is not made from the commands: run `make generate`"


def test_every_option_of_a_run_is_in_one_group() -> None:
    run = commands.commands["run"]
    sections = dict(grouped(run, click.Context(run)))
    assert [option.opts[-1] for option in sections.pop("Options")] == ["--help"]
    assert list(sections) == [title for title in GROUPS if title != "What to print"]
    assert len({name for names in GROUPS.values() for name in names}) == sum(map(len, GROUPS.values()))
    assert {field.attribute for field in INPUTS} - {name for names in GROUPS.values() for name in names} == {"workflow"}


@pytest.mark.parametrize("field", INPUTS, ids=lambda field: field.name)
def test_help_speaks_of_options_and_not_of_lines_of_inputs(field: InputField) -> None:
    text = option_help(field)
    assert "per line" not in text
    assert "`" not in text
    assert "workspace" not in text or field.name == "workflow"
