"""Every quoting context with every hostile value, in real shells: no code runs and no byte is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from prodigy_action.pure.shell.safety.render import InterpolationRefused, ShellScript
from tests.attack.shell_runs import corpus, encoded, hostile_values, interpreters, run_scripts
from tests.support.shell_parsing import render_shell

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")


def _cases(name: str, *kinds: str) -> list[Any]:
    return [
        pytest.param(case, shell, id=f"{shell} {case['name']}")
        for case in corpus(name)
        if not kinds or any(kind in case for kind in kinds)
        for shell in interpreters(case)
    ]


def _rendered(case: dict[str, Any], shell: str, values: list[str]) -> list[ShellScript]:
    return [render_shell(case["text"], {"item": value}, interpreter=shell) for value in values]  # type: ignore[arg-type]


@pytest.mark.parametrize(("case", "shell"), _cases("contexts", "gives"))
def test_the_command_receives_exactly_the_value(case: dict[str, Any], shell: str, tmp_path: Path) -> None:
    values = hostile_values()
    printed = run_scripts(tmp_path, shell, _rendered(case, shell, values))
    expected = [encoded(case["gives"]).replace(b"VALUE", encoded(value)) for value in values]
    assert list(printed.outputs) == expected
    assert printed.appeared == ()


EVERYWHERE = "show \"${item}\" '${item}'\ncat <<EOF\n${item}\nEOF\ncat <<'EOF'\n${item}\nEOF"


@pytest.mark.parametrize("shell", ("sh", "bash"))
def test_every_single_byte_survives(shell: str, tmp_path: Path) -> None:
    values = [bytes([byte]).decode("utf-8", "surrogateescape") for byte in range(1, 256)]
    printed = run_scripts(tmp_path, shell, _rendered({"text": EVERYWHERE}, shell, values))
    assert list(printed.outputs) == [b"<%b><%b>%b\n%b\n" % ((encoded(value),) * 4) for value in values]


@pytest.mark.parametrize("shell", ("sh", "bash"))
def test_five_megabytes_survive(shell: str, tmp_path: Path) -> None:
    value = "".join(hostile_values())
    value *= 5_000_000 // len(value) + 1
    printed = run_scripts(tmp_path, shell, _rendered({"text": EVERYWHERE}, shell, [value]))
    assert printed.outputs == (b"<%b><%b>%b\n%b\n" % ((encoded(value),) * 4),)
    assert printed.appeared == ()


def test_the_corpus_is_as_large_as_promised() -> None:
    cases = [case for name in ("contexts", "guarded", "refusals", "allowed") for case in corpus(name)]
    assert len({case["text"] for case in cases}) >= 500
    assert len(hostile_values()) >= 60


@pytest.mark.parametrize(("case", "shell"), _cases("contexts", "like"))
def test_the_command_behaves_as_with_a_variable(case: dict[str, Any], shell: str, tmp_path: Path) -> None:
    scripts = _rendered(case, shell, hostile_values())
    by_hand = [ShellScript(case["like"], {"V": next(iter(script.values.values()))}) for script in scripts]
    printed = run_scripts(tmp_path / "rendered", shell, scripts)
    assert printed == run_scripts(tmp_path / "by-hand", shell, by_hand)
    assert printed.appeared == ()


@pytest.mark.parametrize(("case", "shell"), _cases("contexts", "integer"))
def test_arithmetic_takes_integers_only(case: dict[str, Any], shell: str, tmp_path: Path) -> None:
    for value in hostile_values():
        if not _INTEGER.match(value):
            with pytest.raises(InterpolationRefused, match="integer"):
                render_shell(case["text"], {"item": value}, interpreter=shell)  # type: ignore[arg-type]
    printed = run_scripts(tmp_path, shell, _rendered(case, shell, ["5"]))
    assert printed.outputs == (encoded(case["integer"]),)
    assert printed.appeared == ()


@pytest.mark.parametrize(("case", "shell"), _cases("contexts", "target"))
def test_a_redirection_writes_the_named_file_only(case: dict[str, Any], shell: str, tmp_path: Path) -> None:
    values = [value for value in hostile_values() if "/" not in value and 0 < len(encoded(value)) < 250]
    values = [value for value in values if value not in (".", "..")]
    printed = run_scripts(tmp_path, shell, _rendered(case, shell, values))
    assert printed.appeared == tuple(sorted({b"d/" + encoded(value) for value in values}))


@pytest.mark.parametrize(("case", "shell"), _cases("guarded"))
def test_a_value_that_is_let_through_runs_nothing(case: dict[str, Any], shell: str, tmp_path: Path) -> None:
    scripts: list[ShellScript] = []
    for value in [*hostile_values(), "5"]:
        try:
            scripts.extend(_rendered(case, shell, [value]))
        except InterpolationRefused:
            continue
    assert run_scripts(tmp_path, shell, scripts).appeared == ()


@pytest.mark.parametrize(("case", "shell"), _cases("refusals"))
def test_a_place_that_reads_code_is_refused(case: dict[str, Any], shell: str) -> None:
    with pytest.raises(InterpolationRefused) as refused:
        render_shell(case["text"], {"item": "harmless"}, interpreter=shell)  # type: ignore[arg-type]
    assert case["text"][refused.value.start : refused.value.end] == "${item}"


@pytest.mark.parametrize(("case", "shell"), _cases("allowed"))
def test_a_value_may_stand_beside_commands_that_only_look_dangerous(case: dict[str, Any], shell: str) -> None:
    assert render_shell(case["text"], {"item": "x"}, interpreter=shell).script  # type: ignore[arg-type]
