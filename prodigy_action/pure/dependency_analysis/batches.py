"""The steps of a phase, prepared for dependency analysis."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from prodigy_action.model.workflow import Retry, Step
from prodigy_action.pure.dependency_analysis.command import Command
from prodigy_action.pure.shell.syntax.tree import ParsedShells
from prodigy_action.pure.steps.nested_steps import captured_names, steps_inside
from prodigy_action.pure.steps.step_results import step_ids


def command_of(step: Step, retry_defaults: Retry | None = None) -> Command:
    """What a step reads, writes and runs, for `analyze_dependencies`.

    Everything that the text of a shell command does not show makes the step a barrier: handlers, commits, checks,
    loops, retries that run other steps, values pasted as code, an agent command. The declared `reads` and `writes` of a
    step are trusted. `retry_defaults` apply to a step without a `retry` of its own.
    """
    declared = step.reads is not None or step.writes is not None
    retry = step.retry or retry_defaults
    hidden = (
        step.shell is None
        or step.on_failure is not None
        or bool(step.on_success)
        or bool(step.on_exit_code)
        or step.commit_required
        or step.auto_commit
        or step.keep_running
        or step.commit_config is not None
        or step.validation is not None
        or step.step_validate is not None
        or (retry is not None and retry.fallback is not None)
        or (step.interpolation == "raw" and "${" in step.shell)
    )
    within = [step, *steps_inside(step)]
    return Command(
        cmd=step.shell,
        id=step.id,
        reads=step.reads,
        writes=step.writes,
        needs=step.needs,
        captures=_captures(step),
        sequential=not step.parallel or (hidden and not declared),
        working_dir=step.working_dir or "",
        output_file=step.output_file,
        texts=(step.model_dump_json(exclude_defaults=True),),
        conditions=tuple(each.when for each in within if each.when is not None),
        environment=tuple(step.env),
        skippable=step.when is not None,
    )


def _captures(step: Step) -> tuple[str, ...]:
    """The variables that later steps may read, set at any depth; the result of a validation is one of them."""
    captures = [name.partition(".")[0] for name in captured_names((step,))]
    captures += [id.partition("-")[0] for id in step_ids((step,))]  # a mention of a-b is read as one of a
    return (*captures, *(["validation"] if step.validation is not None else []))


def next_batches(
    commands: Sequence[Command], parsed: ParsedShells, symlinks: Collection[str], start: int
) -> tuple[list[list[int]], int]:
    """The batches from position `start` up to and including the next barrier, and the position after them.

    The effects of a barrier are not known in advance, so the rest is analysed after the barrier has run, with the
    symbolic links that exist then. Raises `DependencyError` when `needs` and `id` are inconsistent.
    """
    from prodigy_action.pure.dependency_analysis.graph import analyze_dependencies  # only a phase with steps needs it

    graph = analyze_dependencies(commands, parsed, symlinks=symlinks, start=start)
    batches: list[list[int]] = []
    for batch in graph.parallel_batches():
        batches.append(batch)
        if any(graph.is_barrier(index) for index in batch):
            break
    return batches, start + sum(map(len, batches))


def commands_of(steps: Sequence[Step], retry_defaults: Retry | None = None) -> list[Command]:
    """`command_of` for a whole phase."""
    return [command_of(step, retry_defaults) for step in steps]


def could_run_beside(commands: Sequence[Command], parsed: ParsedShells) -> list[tuple[int, str]]:
    """The shell commands that are barriers only because their text is not understood, with the reason, where this costs
    time.

    It costs time when one of them could run beside another step if it declared what it reads and writes.
    """
    from prodigy_action.pure.dependency_analysis.graph import analyze_dependencies  # only a phase with steps needs it

    graph = analyze_dependencies(commands, parsed)
    unclear = [
        index
        for index, command in enumerate(commands)
        if graph.is_barrier(index) and not command.sequential and command.cmd is not None
    ]
    declared = [
        replace(command, reads=command.reads or (), writes=command.writes or ()) if index in unclear else command
        for index, command in enumerate(commands)
    ]
    beside = {
        index
        for batch in analyze_dependencies(declared, parsed).parallel_batches()
        if len(batch) > 1
        for index in batch
    }
    return [(index, graph.footprints[index].barrier or "") for index in unclear if index in beside]
