"""Values that a plan cannot know: fields of the map with variables that only a run computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodigy_action.model.workflow import MapPhase, Workflow
from prodigy_action.pure.steps.nested_steps import captured_names
from prodigy_action.pure.templates.interpolation import mentioned_roots, parse_template

SELECTING_FIELDS = ("input", "globs", "offset", "max_items")
DEFERRED_FIELDS = ("offset", "max_items", "max_parallel", "agent_timeout_secs")
"""Fields that a run reads as numbers; those with a variable of setup are read after setup."""


def deferred_names(workflow: Workflow, *, captured_only: bool = False) -> dict[str, str]:
    """The variables without a value before a run, each with what computes it; with `captured_only`, only captures of
    setup.
    """
    computed = () if captured_only else [name for name, value in workflow.env.items() if value.command is not None]
    names = {form: f"the command of `env.{name}`" for name in computed for form in (name, f"env.{name}")}
    names.update(dict.fromkeys((*captured_names(workflow.setup.steps), *workflow.setup.capture_outputs), "setup"))
    return names


def deferred_fields(phase: MapPhase, deferred: Mapping[str, str], fields: tuple[str, ...]) -> Iterator[str]:
    """One sentence for each of `fields` that uses such a variable."""
    for field in fields:
        text = getattr(phase, field)
        if isinstance(text, tuple):
            field, text = "input", " ".join(text)
        for name in sorted(_mentioned(text) & deferred.keys()) if isinstance(text, str) else ():
            yield f"`map.{field}` is not known before {deferred[name]} has run"


def _mentioned(text: str) -> frozenset[str]:
    """The names that a text mentions, also as `env.NAME`."""
    exported = (each.path for each in parse_template(text, {"env"}).placeholders)
    return mentioned_roots(text) | {".".join(map(str, path)) for path in exported}


def without_deferred_fields(phase: MapPhase | None, deferred: Mapping[str, str]) -> MapPhase | None:
    """The map with default values for the numbers that are not known yet."""
    if phase is None:
        return None
    waiting = [field for field in DEFERRED_FIELDS if any(deferred_fields(phase, deferred, (field,)))]
    return phase.model_copy(update={field: MapPhase.model_fields[field].default for field in waiting})
