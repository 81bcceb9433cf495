"""What `plan` shows of a phase: its steps, its batches, and why one step waits for another."""

from __future__ import annotations

from prodigy_action.model.plan_preview import Edge, PlannedPhase
from prodigy_action.model.workflow import Phase, Retry, Step, SubWorkflow
from prodigy_action.pure.dependency_analysis.batches import commands_of
from prodigy_action.pure.dependency_analysis.graph import analyze_dependencies
from prodigy_action.pure.dependency_analysis.step_footprint import footprint_texts
from prodigy_action.pure.shell.syntax.tree import ParsedShells


def phase_texts(phase: Phase) -> list[str]:
    """What `plan_phase` needs the trees of."""
    return footprint_texts(commands_of(phase.steps))


def plan_phase(
    phase: Phase, parsed: ParsedShells, symlinks: frozenset[str], retry_defaults: Retry | None
) -> PlannedPhase:
    """The batches of a phase, as far as they can be known before its barriers have run.

    `parsed` has the trees of its texts (`phase_texts`).
    """
    graph = analyze_dependencies(commands_of(phase.steps, retry_defaults), parsed, symlinks=symlinks)
    edges = tuple(
        Edge(before, after, tuple(f"{reason.kind.value}: {reason.resource}" for reason in reasons))
        for (before, after), reasons in sorted(graph.edges.items())
    )
    batches = tuple(tuple(batch) for batch in graph.parallel_batches())
    return PlannedPhase(steps=tuple(map(step_text, phase.steps)), batches=batches, edges=edges)


def step_text(step: Step) -> str:
    """One line that describes a step."""
    texts = {
        "shell": step.shell,
        "claude": step.claude,
        "write_file": step.write_file.path if step.write_file is not None else None,
        "foreach": "; ".join(map(step_text, step.foreach.steps)) if step.foreach is not None else None,
        "workflow": _sub_workflow_text(step.workflow) if step.workflow is not None else None,
        "validate": "validation",
    }
    described = f"{step.kind}: {texts[step.kind]}"
    return f"{step.name} ({described})" if step.name else described


def _sub_workflow_text(sub: SubWorkflow) -> str:
    return f"{sub.name} ({'; '.join(map(step_text, sub.steps))})"
