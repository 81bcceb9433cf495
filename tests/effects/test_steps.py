"""The life of a step, with a runner that does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prodigy_action.effects.steps.runner import StepRunner
from prodigy_action.effects.steps.scope import StepScope
from prodigy_action.errors import StepFailed, StepTimedOut
from prodigy_action.model.command import CommandSpec, CompletedCommand
from prodigy_action.model.git import Worktree
from prodigy_action.model.workflow import (
    Backoff,
    CommitConfig,
    Foreach,
    Handler,
    OnIncomplete,
    Retry,
    Step,
    StepCheck,
    StepValidate,
    Validation,
    WriteFile,
)
from tests.support.backends import run_on
from tests.support.fakes import BASE, Behaviour, FakeRunLog, failed, succeeded
from tests.support.map_worlds import MapWorld, map_world

Answers = dict[str, list[CompletedCommand] | CompletedCommand]


def answering(answers: Answers) -> Behaviour:
    """Each script gets its answers in turn (the last one repeats); an unknown script succeeds."""
    queues = {text: list(answer) if isinstance(answer, list) else [answer] for text, answer in answers.items()}

    async def behaviour(text: str, spec: CommandSpec) -> CompletedCommand:
        queue = queues.get(text.strip())
        if queue is None:
            return succeeded()
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return behaviour


def scope_of(variables: dict[str, Any]) -> StepScope:
    return StepScope(
        label="item 0",
        worktree=Worktree(name="agent-0", path="/worktrees/agent-0", base=BASE),
        variables=variables,
        environ={},
        log=FakeRunLog("log"),
        start=BASE,
        previous=BASE,
    )


def run(steps: list[Step], answers: Answers | None = None, **variables: Any) -> tuple[MapWorld, StepScope]:
    world = map_world([], behaviour=answering(answers or {}))
    return world, run_on("asyncio", StepRunner(world.env).run, tuple(steps), scope_of(variables))


def failing_in(world: MapWorld, *steps: Step, **variables: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_on("asyncio", StepRunner(world.env).run, steps, scope_of(variables))
    return caught.value


def failing(steps: list[Step], answers: Answers | None = None) -> StepFailed:
    return failing_in(map_world([], behaviour=answering(answers or {})), *steps)


def test_steps_run_in_order_and_a_failure_ends_them() -> None:
    world, scope = map_world([], behaviour=answering({"two": failed(4)})), scope_of({})
    with pytest.raises(StepFailed, match="two: exit code 4"):
        run_on("asyncio", StepRunner(world.env).run, (Step(shell="one"), Step(shell="two"), Step(shell="three")), scope)
    assert world.runner.calls == ["one", "two"]
    assert [(record.index, record.exit_code) for record in scope.records] == [(0, 0), (1, 4)]


def test_a_false_condition_skips_the_step_and_says_so() -> None:
    world, scope = run([Step(shell="deploy", when="${target} == 'production'")], target="staging")
    assert world.runner.calls == []
    assert scope.records[0].skipped == "when: ${target} == 'production'"


def test_the_previous_output_and_captures_are_variables_of_later_steps() -> None:
    world, scope = run(
        [Step(shell="version", capture="v", capture_format="number"), Step(claude="/release ${v} ${shell.output}")],
        {"version": succeeded("42\n")},
    )
    assert world.runner.calls == ["version", "claude /release 42 42"]
    assert scope.variables["v"] == 42
    assert scope.variables["v.success"] is True


def test_a_captured_name_without_braces_is_set_for_the_shell() -> None:
    world = map_world([], behaviour=answering({"version": succeeded("it's 42\n")}))
    seen: list[str] = []
    runner = world.runner.run

    async def watching(spec: CommandSpec, log: FakeRunLog) -> CompletedCommand:
        seen.append(world.scratch.values(spec.argv))
        return await runner(spec, log)

    world.runner.run = watching  # type: ignore[method-assign,assignment]  # looks into the values file
    run_on(
        "asyncio",
        StepRunner(world.env).run,
        (Step(shell="version", capture="V"), Step(shell='echo "$V"')),
        scope_of({}),
    )
    assert 'V="it\'s 42"\n' in seen[1]


def test_output_in_another_format_than_promised_fails_the_step() -> None:
    error = failing([Step(shell="version", capture="v", capture_format="json")], {"version": succeeded("no json")})
    assert error.kind == "capture_failed"


def test_an_unknown_path_under_a_known_root_fails_the_step_with_a_hint() -> None:
    world = map_world([])
    error = failing_in(world, Step(shell="echo ${item.nmae}"), item={"name": "x"})
    assert "did you mean `name`?" in error.message
    assert world.runner.calls == []


@pytest.mark.parametrize("handler", (Handler(ignore=True),))
def test_an_ignored_failure_goes_on(handler: Handler) -> None:
    world, _ = run([Step(shell="lint", on_failure=handler), Step(shell="next")], {"lint": failed()})
    assert world.runner.calls == ["lint", "next"]


def test_a_handler_runs_with_the_error_and_the_original_is_not_tried_again() -> None:
    handler = Handler(steps=(Step(claude="/fix ${error.message} in ${error.step}: ${shell.output}"),))
    world, _ = run([Step(shell="test", on_failure=handler), Step(shell="next")], {"test": failed(2)})
    assert world.runner.calls == ["test", "claude /fix exit code 2 in test: it broke", "next"]


def test_the_original_is_tried_again_where_that_is_written() -> None:
    handler = Handler(
        steps=(Step(claude="/fix ${error.message} in ${error.step}: ${shell.output}"),), retry_original=True
    )
    world, _ = run([Step(shell="test", on_failure=handler)], {"test": [failed(2), succeeded()]})
    assert world.runner.calls == ["test", "claude /fix exit code 2 in test: it broke", "test"]


def test_a_handler_gets_at_most_its_attempts() -> None:
    handler = Handler(steps=(Step(shell="fix"),), max_attempts=3, retry_original=True, fail_workflow=True)
    world = map_world([], behaviour=answering({"test": failed(2)}))
    assert failing_in(world, Step(shell="test", on_failure=handler)).step_exit_code == 2
    assert world.runner.calls == ["test", "fix", "test", "fix", "test", "fix", "test"]


@pytest.mark.parametrize(
    ("handler", "goes_on"),
    (
        ({"fail_workflow": False}, True),
        ({"fail_workflow": False, "strategy": "fallback"}, True),
        ({"fail_workflow": False, "strategy": "cleanup"}, True),
        ({"strategy": "custom"}, True),
        ({"retry_original": True, "max_attempts": 2}, True),
        ({"fail_workflow": True}, False),
        ({"fail_workflow": True, "strategy": "fallback"}, False),
        ({"fail_workflow": True, "retry_original": True}, False),
    ),
)
def test_the_run_continues_after_a_handler_unless_the_failure_is_to_fail_the_workflow(
    handler: dict[str, Any], goes_on: bool
) -> None:
    step = Step(shell="test", on_failure=Handler(steps=(Step(shell="fix"),), **handler))
    if goes_on:
        world, _ = run([step, Step(shell="next")], {"test": failed()})
        assert world.runner.calls[-1] == "next"
    else:
        assert failing([step], {"test": failed()}).step == "test"


def test_a_fatal_handler_failure_is_reported_with_the_original_one() -> None:
    handler = Handler(steps=(Step(shell="fix"),), handler_failure_fatal=True, max_attempts=5)
    error = failing([Step(shell="test", on_failure=handler)], {"test": failed(2), "fix": failed(9)})
    assert error.message == "test: exit code 2; its handler failed: fix: exit code 9"


def test_on_exit_code_handles_that_code_alone() -> None:
    step = Step(shell="test", on_exit_code={3: (Step(shell="recover"),)})
    world, _ = run([step, Step(shell="next")], {"test": failed(3)})
    assert world.runner.calls == ["test", "recover", "next"]
    assert failing([step], {"test": failed(4)}).step_exit_code == 4


def test_on_success_steps_run_after_success_alone() -> None:
    world, _ = run([Step(shell="build", on_success=(Step(shell="announce"),))])
    assert world.runner.calls == ["build", "announce"]


def test_retries_wait_as_scheduled_and_the_last_execution_counts() -> None:
    step = Step(shell="flaky", retry=Retry(attempts=3, initial_delay=2, backoff=Backoff(kind="fixed")))
    world, _ = run([step], {"flaky": [failed(), failed(), succeeded()]})
    assert world.runner.calls == ["flaky"] * 3
    assert world.clock.slept == [2, 2]


def test_a_retry_budget_ends_the_tries() -> None:
    world = map_world([], behaviour=answering({"flaky": failed()}))
    failing_in(
        world,
        Step(shell="flaky", retry=Retry(attempts=9, initial_delay=2, retry_budget=5, backoff=Backoff(kind="fixed"))),
    )
    assert world.runner.calls == ["flaky"] * 3


def test_a_fallback_stands_in_when_every_try_failed() -> None:
    step = Step(shell="flaky", retry=Retry(attempts=2, initial_delay=0, fallback=Step(shell="plan-b")))
    world, _ = run([step, Step(shell="next")], {"flaky": failed()})
    assert world.runner.calls == ["flaky", "flaky", "plan-b", "next"]


def test_a_timeout_is_an_error_of_its_own() -> None:
    timed_out = CompletedCommand(exit_code=137, timed_out=True)
    with pytest.raises(StepTimedOut, match="timed out after 5 s"):
        run([Step(shell="slow", timeout=5)], {"slow": timed_out})


def test_commit_required_fails_a_step_that_moved_nothing() -> None:
    assert failing([Step(shell="edit", commit_required=True)]).kind == "commit_required"


def test_auto_commit_commits_with_the_rendered_message() -> None:
    step = Step(
        shell="edit",
        auto_commit=True,
        commit_required=True,
        commit_config=CommitConfig(message_template="feat: ${item} (${step.files_changed})"),
    )
    world, _ = run([step], item="parser")
    assert [request.message for request in world.git.moves] == ["feat: parser (a.py)"]


def test_a_commit_message_that_does_not_match_its_pattern_fails_the_step() -> None:
    config = CommitConfig(message_template="stuff", message_pattern="^(feat|fix):")
    assert failing([Step(shell="edit", auto_commit=True, commit_config=config)]).kind == "commit_failed"


def test_write_file_writes_the_rendered_content() -> None:
    step = Step(write_file=WriteFile(path="out/${item.name}.json", content='{"n": ${item.n}}', format="json"))
    world, _ = run([step], item={"name": "a", "n": 1})
    assert world.files.written == {"out/a.json": b'{\n  "n": 1\n}\n'}


def test_write_file_outside_the_worktree_fails_the_step() -> None:
    assert "leaves the worktree" in failing([Step(write_file=WriteFile(path="../x", content=""))]).output_tail


def test_output_file_gets_what_the_command_printed() -> None:
    world, _ = run([Step(shell="list", output_file="list.txt")], {"list": succeeded("a\nb\n")})
    assert world.files.written == {"list.txt": b"a\nb\n"}


def test_foreach_runs_its_steps_once_per_element() -> None:
    step = Step(
        foreach=Foreach(items=("a", "b", "c"), steps=(Step(claude="/do ${item} ${index}/${total}"),), max_items=2)
    )
    world, _ = run([step])
    assert world.runner.calls == ["claude /do a 0/2", "claude /do b 1/2"]


def test_foreach_over_a_command_takes_its_lines() -> None:
    step = Step(foreach=Foreach(command="ls", steps=(Step(claude="/do ${item}"),)))
    world, _ = run([step], {"ls": succeeded("x y\nz\n")})
    assert world.runner.calls == ["ls", "claude /do x y", "claude /do z"]


@pytest.mark.parametrize("parallel", (1, 3))
def test_foreach_stops_or_goes_on_after_a_failure_as_configured(parallel: int) -> None:
    loop: Callable[[bool], Step] = lambda go_on: Step(  # noqa: E731 - one expression, two uses
        foreach=Foreach(items=("a", "b"), steps=(Step(claude="${item}"),), parallel=parallel, continue_on_error=go_on)
    )
    assert "element 1" in failing([loop(False)], {"claude a": failed()}).message
    world, _ = run([loop(True), Step(shell="next")], {"claude a": failed()})
    assert world.runner.calls == ["claude a", "claude b", "next"]


def test_validation_loops_until_the_threshold_is_reached() -> None:
    validation = Validation(
        steps=(Step(shell="check"),),
        threshold=90,
        on_incomplete=OnIncomplete(steps=(Step(claude="/finish ${validation.missing}"),), max_attempts=3),
    )
    answers: Answers = {
        "check": [succeeded('{"score": 40, "missing": ["a", "b"]}'), succeeded('{"score": 95}')],
    }
    world, scope = run([Step(shell="build", validation=validation)], answers)
    assert world.runner.calls == ["build", "check", "claude /finish a, b", "check"]
    assert scope.variables["validation"]["completion"] == 95  # type: ignore[index,call-overload]  # it is a mapping


@pytest.mark.parametrize("fail_workflow", (True, False))
def test_work_that_stays_incomplete_fails_the_step_unless_the_field_says_otherwise(fail_workflow: bool) -> None:
    validation = Validation(
        steps=(Step(shell="check"),),
        on_incomplete=OnIncomplete(steps=(Step(shell="improve"),), max_attempts=2, fail_workflow=fail_workflow),
    )
    answers: Answers = {"check": succeeded('{"score": 10, "missing": ["tests"]}')}
    if fail_workflow:
        assert failing([Step(validation=validation)], answers).message.endswith(
            "10 % complete, 100 % needed; missing: tests"
        )
    else:
        world, _ = run([Step(validation=validation)], answers)
        assert world.runner.calls == ["check", "improve", "check", "improve", "check"]


@pytest.mark.parametrize(("criteria", "passes"), (("all", False), ("any", True), (1, True), (2, False)))
def test_step_validate_counts_the_checks_that_hold(criteria: str | int, passes: bool) -> None:
    checks = (StepCheck(command="good"), StepCheck(command="bad", expect_exit_code=0))
    step = Step(
        shell="build",
        step_validate=StepValidate(commands=checks, success_criteria=criteria),
    )
    if passes:
        run([step], {"bad": failed()})
    else:
        assert failing([step], {"bad": failed()}).kind == "validation_failed"


def test_a_value_never_becomes_shell_code() -> None:
    world, _ = run([Step(shell="cat ${item}")], item="; touch pwned")
    assert "pwned" not in world.runner.calls[0]
