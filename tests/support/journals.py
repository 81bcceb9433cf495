"""Records of a journal, as runs of a few items leave them."""

from __future__ import annotations

from prodigy_action.model.events import (
    AgentFinished,
    AgentStarted,
    ErrorRecord,
    Event,
    HeadKept,
    PhaseFinished,
    PhaseStarted,
    Planned,
    PlannedItem,
    Published,
    RunFinished,
    RunStarted,
    StartKept,
)


def run_started(attempt: int = 1) -> RunStarted:
    return RunStarted(
        run_id="r", attempt=attempt, workflow_name="w", workflow_path="w.yml", workflow_sha256="0", base_sha="base",
        branch="main", max_parallel=2,
    )  # fmt: skip


def begun(items: int) -> list[Event]:
    planned = [PlannedItem(id=n, key=f"k{n}", item=n, worktree_name=f"agent-{n}") for n in range(items)]
    return [
        run_started(),
        PhaseFinished(phase="setup", state="succeeded", seconds=0, variables={"v": "1"}),
        StartKept(start_sha="start", inputs={"setup.steps": "a"}),
        Planned(items=planned, selected_out=0, max_parallel=2, start_sha="start"),
        PhaseStarted(phase="map"),
    ]


def executed(item: int, state: str = "succeeded", number: int = 1) -> list[Event]:
    error = ErrorRecord(kind="step_failed", message="no") if state == "failed" else None
    made = [f"c{item}"] if state == "succeeded" else []
    return [
        AgentStarted(item_id=item, number=number),
        AgentFinished.model_validate(
            {"item_id": item, "number": number, "state": state, "seconds": 1, "head": f"c{item}", "commits": made}
            | ({"error": error} if error else {})
        ),
    ]


def ended(*, head: str = "merged") -> list[Event]:
    return [
        PhaseFinished(phase="map", state="succeeded", seconds=1),
        PhaseStarted(phase="land"),
        PhaseFinished(phase="land", state="succeeded", seconds=1),
        HeadKept(head_sha=head),
        Published(head_sha=head, branch="prodigy/r", checkout=True),
        RunFinished(result="success", exit_code=0),
    ]
