"""Nothing is looked for in the parent worktree when nothing can have written to it."""

from __future__ import annotations

import pytest

from prodigy_action.pure.steps.untouched_parent import setup_writes_nothing
from tests.support.shell_parsing import load_workflow

MAP = b"name: n\nmap:\n  input: items.json\n  agent_template:\n    - shell: 'true'\n"


def test_a_map_alone_writes_nothing_before_its_items() -> None:
    assert setup_writes_nothing(load_workflow(MAP, "w.yml").workflow)


@pytest.mark.parametrize(
    "more",
    (
        b"setup:\n  - shell: make\n",
        b"env:\n  VERSION:\n    command: make version\n",
    ),
)
def test_a_step_or_the_command_of_a_variable_may_write(more: bytes) -> None:
    assert not setup_writes_nothing(load_workflow(MAP + more, "w.yml").workflow)


def test_carried_files_are_written() -> None:
    carrying = MAP.replace(b"  agent_template", b"  carry: [deps/]\n  agent_template")
    assert not setup_writes_nothing(load_workflow(carrying, "w.yml").workflow)
