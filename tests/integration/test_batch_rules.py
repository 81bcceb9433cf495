"""Every rule of the table and every kind of edge is needed: without it some program ends differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from prodigy_action.pure.dependency_analysis import builtins as shell_builtins
from prodigy_action.pure.dependency_analysis import rules as dependency_rules
from prodigy_action.pure.dependency_analysis import shell_footprint
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.footprint import Access
from prodigy_action.pure.dependency_analysis.known_commands import KNOWN_COMMANDS, KnownCommand
from tests.support.batch_orders import divergent_order
from tests.support.shell_parsing import analyze_dependencies

READ_A = "echo 2 > a"
"""Changes the file that the probe before it reads."""

PROBES: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("cat", "operands"): ("", ("cat a", READ_A)),
    ("chmod", "operands"): ("", ("chmod 700 a", "test -x a")),
    ("cksum", "operands"): ("", ("cksum a", READ_A)),
    ("cmp", "operands"): ("echo 1 > b", ("cmp a b", READ_A)),
    ("comm", "operands"): ("echo 1 > b", ("comm a b", READ_A)),
    ("cp", "operands"): ("", ("cp a b", READ_A)),
    ("cp", "last"): ("", ("cp a b", "cat b")),
    ("cp", "-t"): ("mkdir d", ("cp -t d a", "cat d/a")),
    ("cp", "--target-directory"): ("mkdir d", ("cp --target-directory=d a", "cat d/a")),
    ("cut", "operands"): ("", ("cut -c1 a", READ_A)),
    ("date", "-r"): ("touch -d @1 a", ("date -r a +%s", "touch -d @2 a")),
    ("date", "--reference"): ("touch -d @1 a", ("date --reference a +%s", "touch -d @2 a")),
    ("date", "-f"): ("echo 2000-01-01 > a", ("date -f a +%s", "echo 2001-01-01 > a")),
    ("date", "--file"): ("echo 2000-01-01 > a", ("date --file=a +%s", "echo 2001-01-01 > a")),
    ("grep", "operands"): ("", ("grep 1 a", READ_A)),
    ("grep", "-f"): ("echo 1 > p", ("grep -f p a", "echo 2 > p")),
    ("grep", "--file"): ("echo 1 > p", ("grep --file p a", "echo 2 > p")),
    ("grep", "first_given_by -e"): ("", ("grep -e 1 a", READ_A)),
    ("grep", "first_given_by --regexp"): ("", ("grep --regexp=1 a", READ_A)),
    ("grep", "first_given_by -f"): ("echo 1 > p", ("grep -f p a", READ_A)),
    ("grep", "first_given_by --file"): ("echo 1 > p", ("grep --file p a", READ_A)),
    ("grep", "reads_current_directory -r"): ("", ("grep -r 1", READ_A)),
    ("grep", "reads_current_directory --recursive"): ("", ("grep --recursive 1", READ_A)),
    ("head", "operands"): ("", ("head -1 a", READ_A)),
    ("jq", "operands"): ("", ("jq . a", READ_A)),
    ("jq", "first"): ("echo 'def f: 1;' > m.jq", ('jq -n \'import "m" as m {search: "./"}; m::f\'', "rm m.jq")),
    ("jq", "--slurpfile"): ("", ("jq -n --slurpfile v a '$v'", READ_A)),
    ("jq", "--rawfile"): ("", ("jq -n --rawfile v a '$v'", READ_A)),
    ("ls", "operands"): ("", ("ls a", "rm a")),
    ("ls", "reads_current_directory *"): ("", ("ls", "rm a")),
    ("md5sum", "operands"): ("", ("md5sum a", READ_A)),
    ("mkdir", "operands"): ("", ("mkdir -p d/e", "touch d/f")),
    ("mv", "operands"): ("", ("mv a b", "cat b")),
    ("mv", "-t"): ("mkdir d", ("mv -t d a", "cat d/a")),
    ("mv", "--target-directory"): ("mkdir d", ("mv --target-directory d a", "cat d/a")),
    ("paste", "operands"): ("", ("paste a", READ_A)),
    ("rev", "operands"): ("", ("rev a", READ_A)),
    ("rm", "operands"): ("", ("rm a", "cat a")),
    ("rmdir", "operands"): ("mkdir d", ("rmdir d", "ls d")),
    ("sha256sum", "operands"): ("", ("sha256sum a", READ_A)),
    ("sort", "operands"): ("", ("sort a", READ_A)),
    ("sort", "-o"): ("", ("sort -ob a", "cat b")),
    ("sort", "--output"): ("", ("sort a --output b", "cat b")),
    ("tac", "operands"): ("", ("tac a", READ_A)),
    ("tail", "operands"): ("", ("tail -n 1 a", READ_A)),
    ("tee", "operands"): ("", ("echo x | tee b", "cat b")),
    ("touch", "operands"): ("", ("touch b", "ls b")),
    ("touch", "-r"): ("touch -d @1 a", ("touch -r a b", "touch -d @2 a", "date -r b +%s")),
    ("touch", "--reference"): ("touch -d @1 a", ("touch --reference a b", "touch -d @2 a", "date -r b +%s")),
    ("uniq", "operands"): ("", ("uniq a", READ_A)),
    ("uniq", "last"): ("", ("uniq a b", "cat b")),
    ("wc", "operands"): ("", ("wc -c a", "echo 22 > a")),
}
"""For each path that a row of the table names: what to set up, and steps of which the first must not be overtaken."""


def rules() -> Iterator[tuple[str, str, KnownCommand]]:
    """Each command, the name of one of its rules, and its row without that rule."""
    for name, row in KNOWN_COMMANDS.items():
        if row.operands is not Access.TEXT:
            yield name, "operands", replace(row, operands=Access.TEXT)
        if row.first not in (None, Access.TEXT):
            yield name, "first", replace(row, first=Access.TEXT)
        if row.last not in (None, Access.TEXT):
            yield name, "last", replace(row, last=Access.TEXT)
        for option, access in row.values.items():
            if access is not Access.TEXT:
                yield name, option, replace(row, values={**row.values, option: Access.TEXT})
        for option, access in row.pairs.items():
            if access is not Access.TEXT:
                yield name, option, replace(row, pairs={**row.pairs, option: Access.TEXT})
        if row.first is Access.TEXT:
            for option in sorted(row.first_given_by):
                yield name, f"first_given_by {option}", replace(row, first_given_by=row.first_given_by - {option})
        for flag in sorted(row.reads_current_directory):
            without = replace(row, reads_current_directory=row.reads_current_directory - {flag})
            yield name, f"reads_current_directory {flag}", without


def probe(name: str, rule: str) -> tuple[str, tuple[str, ...]]:
    setup, program = PROBES[name, rule]
    return f"echo 1 > a; {setup or ':'}", program


@pytest.mark.parametrize(
    ("name", "rule", "weakened"), [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in rules()]
)
def test_a_rule_of_the_table_is_needed(
    name: str, rule: str, weakened: KnownCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, program = probe(name, rule)
    (tmp_path / "with").mkdir()
    assert divergent_order(tmp_path / "with", setup, program) is None
    assert analyze_dependencies([Command.shell(program[0])]).footprints[0].barrier is None or rule == "first"
    monkeypatch.setattr(shell_footprint, "KNOWN_COMMANDS", {**KNOWN_COMMANDS, name: weakened})
    (tmp_path / "without").mkdir()
    assert divergent_order(tmp_path / "without", setup, program) is not None


def test_every_probe_belongs_to_a_rule() -> None:
    assert set(PROBES) == {(name, rule) for name, rule, _ in rules()}


EDGES: Mapping[str, tuple[str, tuple[str | Command, ...]]] = {
    "read_after_write": ("", ("echo 2 > a", "cat a")),
    "write_after_read": ("", ("cat a", "echo 2 > a")),
    "write_after_write": ("", ("echo 2 > a", "echo 3 > a")),
    "needs_earlier": (
        "",
        (
            Command("sed -i s/1/2/ a", id="edit", reads=(), writes=()),
            Command("cat a", reads=(), writes=(), needs=("edit",)),
        ),
    ),
    "barrier_between": ("", ("sed -i s/1/2/ a", "cat a")),
    "output_of_previous": ("", ("echo 5", 'echo "${shell.output}" > b')),
}


@pytest.mark.parametrize("rule", sorted(EDGES))
def test_a_kind_of_edge_is_needed(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, program = EDGES[rule]
    (tmp_path / "with").mkdir()
    assert divergent_order(tmp_path / "with", f"echo 1 > a; {setup or ':'}", program) is None
    kept = tuple(each for each in dependency_rules.RULES if each.__name__ != rule)
    assert len(kept) == len(dependency_rules.RULES) - 1
    monkeypatch.setattr(dependency_rules, "RULES", kept)
    (tmp_path / "without").mkdir()
    assert divergent_order(tmp_path / "without", f"echo 1 > a; {setup or ':'}", program) is not None


VARIABLE_EDGES: Mapping[str, tuple[str | Command, ...]] = {
    "read_after_write": (Command("echo 1", captures=("V",)), 'echo "$V"'),
    "write_after_read": ('echo "$V"', Command("echo 1", captures=("V",))),
    "write_after_write": (Command("echo 1", captures=("V",)), Command("echo 2", captures=("V",))),
}


@pytest.mark.parametrize("rule", sorted(VARIABLE_EDGES))
def test_a_kind_of_edge_is_needed_between_captures(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "with").mkdir()
    assert divergent_order(tmp_path / "with", "", VARIABLE_EDGES[rule]) is None
    without = {rule, "set_after_ambient_read"}
    monkeypatch.setattr(
        dependency_rules, "RULES", tuple(each for each in dependency_rules.RULES if each.__name__ not in without)
    )
    (tmp_path / "without").mkdir()
    assert divergent_order(tmp_path / "without", "", VARIABLE_EDGES[rule]) is not None


def test_without_the_ambient_rule_the_reader_of_the_environment_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [Command.shell(text) for text in ("echo $A", "B=1", "C=2")]
    assert analyze_dependencies(commands).parallel_batches() == [[0], [1, 2]]
    kept = tuple(each for each in dependency_rules.RULES if each.__name__ != "set_after_ambient_read")
    monkeypatch.setattr(dependency_rules, "RULES", kept)
    assert analyze_dependencies(commands).parallel_batches() == [[0, 1, 2]]


def test_every_kind_of_edge_has_a_probe() -> None:
    assert {rule.__name__ for rule in dependency_rules.RULES} == {*EDGES, "set_after_ambient_read"}


REDIRECTIONS = (
    ("_OUTPUT_OPERATORS", ("echo x > b", "cat b")),
    ("_OUTPUT_OPERATORS", ("echo x >> b", "cat b")),
    ("_OUTPUT_OPERATORS", ("echo x >| b", "cat b")),
    ("_INPUT_OPERATORS", ("cat < a", READ_A)),
)


@pytest.mark.parametrize(("operators", "program"), REDIRECTIONS)
def test_a_redirection_is_needed(
    operators: str, program: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "with").mkdir()
    assert divergent_order(tmp_path / "with", "echo 1 > a", program) is None
    monkeypatch.setattr(shell_footprint, operators, frozenset())
    monkeypatch.setattr(shell_footprint, "_COPY_OPERATORS", frozenset({">", ">>", ">|", "<"}))
    monkeypatch.setattr(shell_footprint, "_is_descriptor", lambda word: True)
    (tmp_path / "without").mkdir()
    assert divergent_order(tmp_path / "without", "echo 1 > a", program) is not None


@pytest.mark.parametrize(
    "operator", sorted(shell_builtins.FILE_TESTS - {"-b", "-c", "-g", "-h", "-k", "-L", "-p", "-S", "-u"})
)
def test_a_file_operator_of_test_is_needed(operator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (f"test {operator} a", "rm -r a")
    setup = "mkdir a" if operator in ("-d", "-x") else "echo 1 > a"
    (tmp_path / "with").mkdir()
    assert divergent_order(tmp_path / "with", setup, program) is None
    monkeypatch.setattr(shell_builtins, "FILE_TESTS", shell_builtins.FILE_TESTS - {operator})
    monkeypatch.setattr(shell_builtins, "TEXT_TESTS", shell_builtins.TEXT_TESTS | {operator})
    (tmp_path / "without").mkdir()
    assert divergent_order(tmp_path / "without", setup, program) is not None
