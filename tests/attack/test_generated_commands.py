"""Random commands × random values: the script's structure is the template's, and commands receive the value."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodigy_action.pure.shell.safety.render import ShellScript
from prodigy_action.pure.shell.syntax.tree import Expansion, Plain, Quoted
from tests.attack.commands import STATEMENTS, Piece
from tests.attack.shell_runs import encoded, hostile_values, run_scripts
from tests.support.shell_parsing import parsed, render_shell

VALUES = st.one_of(
    st.sampled_from(hostile_values()),
    st.text(st.sampled_from("$`'\"\\;&|<>(){}[]#*?~!\n\t =-abE0"), max_size=12),
    st.text(max_size=8).map(lambda text: text.replace("\0", "")),
    st.binary(max_size=8).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")),
)
_WORD_PARTS = (Plain, Quoted, Expansion)
"""What quotes and variables are made of; everything else is structure."""


def structure(text: str) -> list[str]:
    """The kinds of the nodes of a text in order, without what words are made of."""
    (tree,) = parsed([text]).values()
    assert tree.problem is None, (text, tree.problem)
    kinds: list[str] = []

    def visit(node: object) -> None:
        if isinstance(node, tuple):
            for each in node:
                visit(each)
        elif is_dataclass(node):
            if not isinstance(node, _WORD_PARTS):
                kinds.append(" ".join([type(node).__name__, getattr(node, "operator", ""), getattr(node, "kind", "")]))
            for field in fields(node):
                visit(getattr(node, field.name))

    visit(tree.statements)
    return kinds


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(command=STATEMENTS, value=VALUES, shell=st.sampled_from(("sh", "bash")))
def test_the_structure_of_the_script_is_that_of_the_template(command: Piece, value: str, shell: str) -> None:
    script = render_shell(command.text, {"item": value}, interpreter=shell).script  # type: ignore[arg-type]
    assert script == render_shell(command.text, {"item": "x"}, interpreter=shell).script  # type: ignore[arg-type]
    assert structure(script) == structure(command.text.replace("${item}", "${PRODIGY_V0_}"))


@pytest.mark.parametrize("shell", ("sh", "bash"))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases=st.lists(st.tuples(STATEMENTS, VALUES), min_size=5, max_size=20))
def test_commands_print_the_value_and_nothing_runs(
    tmp_path_factory: pytest.TempPathFactory, shell: str, cases: list[tuple[Piece, str]]
) -> None:
    scripts: list[ShellScript] = [
        render_shell(command.text, {"item": value}, interpreter=shell)  # type: ignore[arg-type]
        for command, value in cases
    ]
    printed = run_scripts(tmp_path_factory.mktemp("generated"), shell, scripts)
    assert printed.appeared == ()
    assert list(printed.outputs) == [encoded(command.gives(value)) for command, value in cases]
