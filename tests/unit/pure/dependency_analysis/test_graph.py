from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_action.pure.dependency_analysis import analyze_dependencies as analyze_without_trees
from prodigy_action.pure.dependency_analysis import extract_variable_reads, extract_variable_writes
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.dependency_analysis.graph import CommandGraph, DependencyKind, Reason
from tests.support.shell_parsing import analyze_dependencies, parsed


def graph(*steps: str | Command, start: int = 0, symlinks: tuple[str, ...] = ()) -> CommandGraph:
    commands = [step if isinstance(step, Command) else Command.shell(step) for step in steps]
    return analyze_dependencies(commands, start=start, symlinks=symlinks)


def waits_for(graph: CommandGraph, index: int) -> set[int]:
    return {before for before, after in graph.edges if after == index}


def reasons(graph: CommandGraph, before: int, after: int) -> tuple[Reason, ...]:
    return graph.edges.get((before, after), ())


def batches(*steps: str | Command) -> list[list[int]]:
    return graph(*steps).parallel_batches()


def test_analyze_dependencies_detects_independence() -> None:
    commands = [Command.shell("echo $A"), Command.shell("B=1"), Command.shell("C=2")]
    result = analyze_dependencies(commands).parallel_batches()
    assert len(result) == 2
    assert result[0] == [0]
    assert len(result[1]) == 2
    assert 1 in result[1]
    assert 2 in result[1]


def test_no_commands_have_no_batches() -> None:
    assert batches() == []


def test_steps_that_touch_nothing_share_a_batch() -> None:
    assert batches("sleep 1", "sleep 1", "sleep 1") == [[0, 1, 2]]


def test_a_reader_waits_for_the_writer_of_its_file() -> None:
    assert batches("echo x > f", "cat f", "cat g") == [[0, 2], [1]]


def test_a_directory_is_made_before_what_goes_into_it() -> None:
    assert batches("mkdir -p out", "gen > out/a", "jq . out/a") == [[0], [1], [2]]
    assert batches("mkdir -p out", "echo 1 > out/a", "echo 2 > out/b", "cat out/a") == [[0], [1, 2], [3]]


def test_unknown_programs_keep_their_order() -> None:
    assert batches("make", "lint") == [[0], [1]]


def test_a_barrier_separates_what_is_before_it_from_what_is_behind_it() -> None:
    assert batches("echo 1 > a", "echo 2 > b", "make", "cat a", "cat b") == [[0, 1], [2], [3, 4]]


def test_unknown_programs_with_disjoint_declared_footprints_share_a_batch() -> None:
    first = Command("make a", reads=("src",), writes=("a",))
    second = Command("make b", reads=("src",), writes=("b",))
    assert batches(first, second) == [[0, 1]]


def test_a_declared_write_is_ordered_before_a_declared_read_of_a_glob_that_contains_it() -> None:
    first = Command("make", reads=(), writes=("out/a.json",))
    second = Command("check", reads=("out/*.json",), writes=())
    assert batches(first, second) == [[0], [1]]


def test_reads_declared_alone_leave_the_writes_of_an_unknown_program_unknown() -> None:
    assert batches(Command("make", reads=("a",)), Command("lint", reads=("b",), writes=())) == [[0], [1]]


def test_declared_steps_that_use_git_keep_their_order() -> None:
    first = Command("git add a", reads=("a",), writes=())
    second = Command("git add b", reads=("b",), writes=())
    result = graph(first, second)
    assert result.parallel_batches() == [[0], [1]]
    assert Reason(DependencyKind.WRITE_AFTER_WRITE, "git state") in reasons(result, 0, 1)


def test_declared_git_state_orders_steps() -> None:
    assert batches(Command("x", reads=(), writes=(".git",)), Command("y", reads=(".git",), writes=())) == [[0], [1]]


def test_declared_variables_order_steps() -> None:
    assert batches(Command("x", reads=(), writes=("$A",)), Command("y", reads=("$A",), writes=())) == [[0], [1]]


def test_a_step_that_is_no_shell_command_is_a_barrier_unless_it_declares_its_footprint() -> None:
    assert batches(Command(None), Command(None)) == [[0], [1]]
    assert batches(Command(None, reads=(), writes=("a",)), Command(None, reads=(), writes=("b",))) == [[0, 1]]


def test_a_sequential_step_is_a_barrier_whatever_it_declares() -> None:
    assert batches(Command("sleep 1", sequential=True, reads=(), writes=()), "sleep 1") == [[0], [1]]


def test_needs_orders_steps_that_are_otherwise_independent() -> None:
    result = graph(Command("sleep 1", id="first"), "sleep 1", Command("sleep 1", needs=("first",)))
    assert result.parallel_batches() == [[0, 1], [2]]
    assert reasons(result, 0, 2) == (Reason(DependencyKind.NEEDS, "first"),)


@pytest.mark.parametrize(
    "text", ('echo "$N"', 'echo "${N}"', "echo '${N.exit_code}'", 'awk "${N}"', "cat <<'E'\n${N}\nE")
)
def test_a_captured_name_is_read_where_a_text_mentions_it(text: str) -> None:
    assert waits_for(graph(Command("cat f", captures=("N",)), text), 1) == {0}


def test_a_declared_footprint_does_not_hide_a_captured_name() -> None:
    steps = Command("cat f", captures=("N",)), Command('make "${N}"', reads=(), writes=())
    assert reasons(graph(*steps), 0, 1) == (Reason(DependencyKind.READ_AFTER_WRITE, "$N"),)


def test_a_captured_name_in_another_text_of_the_step_is_read() -> None:
    assert batches(Command("cat f", captures=("ready",)), Command("sleep 1", conditions=("ready && true",))) == [
        [0],
        [1],
    ]
    assert batches(Command("cat f", captures=("ready",)), Command("sleep 1", texts=("${ready}",))) == [[0], [1]]


@pytest.mark.parametrize(
    "value", ("shell.output", "last.output", "claude.output", "CAPTURED_OUTPUT", "validation.gaps")
)
def test_the_output_of_the_previous_step_orders_after_it(value: str) -> None:
    result = graph("echo a", "echo b", f'echo "${{{value}}}"')
    assert waits_for(result, 2) == {1}
    assert reasons(result, 1, 2)[0].kind is DependencyKind.PREVIOUS_OUTPUT


def test_the_output_of_the_previous_shell_step_is_found_behind_a_step_of_another_kind() -> None:
    other = Command(None, reads=(), writes=())
    assert waits_for(graph("echo a", other, 'echo "${shell.output}"'), 2) == {0, 1}


def test_the_output_of_a_step_that_may_be_skipped_is_not_the_only_one_meant() -> None:
    steps = Command("echo a"), Command("echo b", skippable=True), 'echo "${shell.output}"'
    assert waits_for(graph(*steps), 2) == {0, 1}


def test_the_git_context_reads_the_git_state() -> None:
    committing = Command("make", reads=(), writes=(".git",))
    assert reasons(graph(committing, 'echo "${workflow.commits}"'), 0, 1) == (
        Reason(DependencyKind.READ_AFTER_WRITE, "git state"),
    )


def test_the_git_context_reads_what_every_earlier_step_wrote() -> None:
    assert waits_for(graph("echo 1 > a", "sleep 1", 'echo "${workflow.files_changed}"'), 2) == {0}


def test_an_output_file_is_written() -> None:
    assert batches(Command("echo x", output_file="out/x"), "cat out/x") == [[0], [1]]
    assert batches(Command("echo x", output_file="x", working_dir="d"), "cat d/x", "cat x") == [[0], [1, 2]]
    assert graph(Command("echo x", output_file="${item.name}")).is_barrier(0)


def test_a_step_that_sets_the_search_path_is_a_barrier() -> None:
    assert graph(Command("cat f", environment=("PATH",))).is_barrier(0)
    assert not graph(Command("cat f", environment=("CI",))).is_barrier(0)


def test_reasons_name_the_kind_and_the_resource() -> None:
    result = graph("mkdir out; cat a", "echo x > out/a; echo y > a")
    assert reasons(result, 0, 1) == (
        Reason(DependencyKind.WRITE_AFTER_READ, "a"),
        Reason(DependencyKind.WRITE_AFTER_WRITE, "out/a"),
    )
    assert reasons(result, 1, 0) == ()


def test_the_ambient_environment_is_the_reason_between_a_reader_and_a_later_writer() -> None:
    assert reasons(graph("echo $A", "B=1"), 0, 1) == (Reason(DependencyKind.WRITE_AFTER_READ, "the environment"),)


def test_a_variable_set_before_is_not_ambient() -> None:
    assert batches("A=1", 'echo "$A"', "B=2") == [[0, 2], [1]]


def test_symbolic_links_make_barriers() -> None:
    assert graph("cat a", "cat b", symlinks=("b",)).parallel_batches() == [[0], [1]]


def test_commands_before_the_start_are_in_no_batch_and_keep_their_names() -> None:
    steps = Command("make", id="build"), "echo 1 > a", Command("cat a", needs=("build",))
    result = graph(*steps, start=1)
    assert result.node_count == 3
    assert result.parallel_batches() == [[1], [2]]
    assert waits_for(result, 2) == {1}


def test_extracted_variables() -> None:
    command = Command('B="$A"; echo "${C}"', captures=("D",), reads=None, writes=("$E",))
    trees = parsed([command.cmd or "", "B=1"])
    assert extract_variable_reads(command, trees) == {"A", "C"}
    assert extract_variable_writes(command, trees) == {"D", "E"}
    assert extract_variable_writes(Command.shell("B=1"), trees) == {"B"}


def test_a_command_that_was_not_parsed_is_a_barrier() -> None:
    assert [len(batch) for batch in analyze_without_trees([Command.shell("B=1")] * 2).parallel_batches()] == [1, 1]


TEXTS = st.sampled_from(
    ["echo $A", "B=1", "cat f", "echo x > f", "mkdir -p d", "touch d/f", "make", "sleep 1", "A=2", "ls d", "rm -r d"]
)
COMMANDS = st.lists(TEXTS.map(Command.shell), max_size=12)


@settings(deadline=None)  # each new text is parsed by a program
@given(COMMANDS)
def test_batches_partition_the_steps_in_ascending_order(commands: list[Command]) -> None:
    result = analyze_dependencies(commands).parallel_batches()
    assert sorted(index for batch in result for index in batch) == list(range(len(commands)))
    assert all(batch == sorted(batch) and batch for batch in result)


@settings(deadline=None)  # each new text is parsed by a program
@given(COMMANDS)
def test_batches_respect_every_edge_and_waste_no_level(commands: list[Command]) -> None:
    result = analyze_dependencies(commands)
    level = {index: number for number, batch in enumerate(result.parallel_batches()) for index in batch}
    for index in range(len(commands)):
        before = waits_for(result, index)
        assert all(other < index for other in before)
        assert level[index] == 1 + max((level[other] for other in before), default=-1)


@settings(deadline=None)  # each new text is parsed by a program
@given(COMMANDS)
def test_the_analysis_is_deterministic(commands: list[Command]) -> None:
    assert analyze_dependencies(commands) == analyze_dependencies(list(commands))


@settings(deadline=None)  # each new text is parsed by a program
@given(COMMANDS, st.data())
def test_a_barrier_stands_alone_in_its_batch(commands: list[Command], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(commands)))
    commands.insert(position, Command(None))
    assert [position] in analyze_dependencies(commands).parallel_batches()
