"""What a plan cannot know: fields of the map that hold variables which only a run computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodigy_action.model.workflow import MapPhase, Workflow
from prodigy_action.pure.steps.nested_steps import captured_names
from prodigy_action.pure.templates.interpolation import mentioned_roots

SELECTING_FIELDS = ("input", "offset", "max_items")
LATE_FIELDS = ("offset", "max_items", "max_parallel", "agent_timeout_secs")
"""Fields that a run reads as numbers, after setup when they wait for it."""


def late_names(workflow: Workflow, *, captured_only: bool = False) -> dict[str, str]:
    """Variables without a value before a run, each with what computes it; or those alone that setup captures."""
    computed = () if captured_only else (name for name, value in workflow.env.items() if value.command is not None)
    names = {name: f"the command of `env.{name}`" for name in computed}
    names.update(dict.fromkeys((*captured_names(workflow.setup.steps), *workflow.setup.capture_outputs), "setup"))
    return names


def late_fields(phase: MapPhase, late: Mapping[str, str], fields: tuple[str, ...]) -> Iterator[str]:
    """For each of `fields` that waits for such a variable: a sentence that says so."""
    for field in fields:
        text = getattr(phase, field)
        for name in sorted(mentioned_roots(text) & late.keys()) if isinstance(text, str) else ():
            yield f"`map.{field}` is not known before {late[name]} has run"


def without_late_fields(phase: MapPhase | None, late: Mapping[str, str]) -> MapPhase | None:
    """The map with the defaults of those numbers that are not known yet."""
    if phase is None:
        return None
    waiting = [field for field in LATE_FIELDS if any(late_fields(phase, late, (field,)))]
    return phase.model_copy(update={field: MapPhase.model_fields[field].default for field in waiting})
