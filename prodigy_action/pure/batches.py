"""The steps of a phase as dependency analysis sees them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from prodigy_action.model.plan import Command
from prodigy_action.model.workflow import Step
from prodigy_action.pure.dependency_analysis import analyze_dependencies


def command_of(step: Step) -> Command:
    """What a step reads, writes and runs, for `analyze_dependencies`.

    Whatever the text of a shell command does not show makes the step a barrier: handlers, commits, checks, loops,
    retries that run other steps, a working directory, an agent command. A step that declares `reads` or `writes` is
    taken at its word.
    """
    declared = step.reads is not None or step.writes is not None
    hidden = (
        step.shell is None
        or step.on_failure is not None
        or bool(step.on_success)
        or bool(step.on_exit_code)
        or step.commit_required
        or step.auto_commit
        or step.commit_config is not None
        or step.validation is not None
        or step.step_validate is not None
        or step.working_dir is not None
        or step.output_file is not None
        or (step.retry is not None and step.retry.fallback is not None)
        or step.when is not None
    )
    captures = [step.capture] if step.capture is not None else []
    if isinstance(step.capture_output, str):
        captures.append(step.capture_output)
    return Command(
        cmd=step.shell,
        id=step.id,
        reads=step.reads,
        writes=step.writes,
        needs=step.needs,
        captures=tuple(captures),
        sequential=not step.parallel or (hidden and not declared),
    )


def next_batches(commands: Sequence[Command], symlinks: Collection[str], start: int) -> tuple[list[list[int]], int]:
    """The batches from position `start` up to and including the next barrier, and the position after them.

    What a barrier leaves behind is not known beforehand, so the rest is analysed when it has run, with the symbolic
    links of that moment. Raises `DependencyError` when `needs` and `id` do not fit together.
    """
    graph = analyze_dependencies(commands, symlinks=symlinks, start=start)
    batches: list[list[int]] = []
    for batch in graph.parallel_batches():
        batches.append(batch)
        if any(graph.is_barrier(index) for index in batch):
            break
    return batches, start + sum(map(len, batches))


def commands_of(steps: Sequence[Step]) -> list[Command]:
    """`command_of` for a whole phase."""
    return [command_of(step) for step in steps]
