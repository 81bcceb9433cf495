from __future__ import annotations

import pytest

from prodigy_action.errors import ExitCode, ExpressionError
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.declared import (
    DeclarationProblem,
    DependencyError,
    declared_variables,
    find_declaration_problems,
    touch_declared,
)
from prodigy_action.pure.dependency_analysis.footprint import Access, FootprintBuilder
from tests.support.shell_parsing import analyze_dependencies


def test_needs_of_an_earlier_id_is_no_problem() -> None:
    assert find_declaration_problems([Command("x", id="a"), Command("y", id="b", needs=("a",))]) == ()


def test_an_unknown_id_is_reported_with_the_nearest_one() -> None:
    commands = [Command("x", id="build"), Command("y", needs=("build", "biuld"))]
    assert find_declaration_problems(commands) == (
        DeclarationProblem(1, "needs", 1, "needs 'biuld', which is no step's id", "did you mean `build`?"),
    )


def test_an_id_that_resembles_nothing_gets_the_general_hint() -> None:
    (problem,) = find_declaration_problems([Command("y", needs=("zzz",))])
    assert problem.hint == "give the needed step this id"


@pytest.mark.parametrize(
    ("commands", "message"),
    (
        ([Command("x", id="a", needs=("a",))], "needs 'a', which is itself"),
        ([Command("x", needs=("b",)), Command("y", id="b")], "needs 'b', which is a later step"),
    ),
)
def test_only_an_earlier_step_can_be_needed(commands: list[Command], message: str) -> None:
    (problem,) = find_declaration_problems(commands)
    assert problem.message == message


def test_an_id_may_be_used_once() -> None:
    (problem,) = find_declaration_problems([Command("x", id="a"), Command("y", id="a")])
    assert (problem.index, problem.field, problem.message) == (1, "id", "two steps have the id 'a'")


def test_the_analysis_raises_every_problem_at_once() -> None:
    with pytest.raises(DependencyError, match="needs 'p', which is no step's id; needs 'q'") as caught:
        analyze_dependencies([Command("x", needs=("p", "q"))])
    assert [problem.entry for problem in caught.value.problems] == [0, 1]
    assert isinstance(caught.value, ExpressionError)
    assert caught.value.exit_code is ExitCode.INVALID


@pytest.mark.parametrize(
    ("entry", "path"), (("a", "a"), ("d/", "d"), ("d/*.json", "d"), ("*.json", ""), ("d/e?/x", "d"), ("./A/b", "a/b"))
)
def test_a_declared_path_is_resolved_and_a_glob_widened(entry: str, path: str) -> None:
    builder = FootprintBuilder()
    touch_declared([entry], Access.WRITE, builder)
    assert builder.build().path_writes == {path}
    assert builder.barrier is None


@pytest.mark.parametrize("entry", ("${item.path}", "/tmp/x", "../x"))
def test_a_declared_path_that_has_no_place_in_the_worktree_is_a_barrier(entry: str) -> None:
    builder = FootprintBuilder()
    touch_declared([entry], Access.READ, builder)
    assert builder.barrier is not None


@pytest.mark.parametrize("entry", ("$A", "${A}"))
def test_a_declared_variable_is_no_path(entry: str) -> None:
    builder = FootprintBuilder()
    touch_declared([entry], Access.READ, builder)
    assert not builder.path_reads
    assert declared_variables([entry, "path"]) == {"A"}
