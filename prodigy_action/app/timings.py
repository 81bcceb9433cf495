"""The input `timings`: durations of an earlier run, from its results."""

from __future__ import annotations

import json
from pathlib import Path

from prodigy_action.app.input_bytes import read_results_file
from prodigy_action.app.process_context import ProcessContext
from prodigy_action.errors import Diagnostic, InvalidInput, Position
from prodigy_action.model.settings import Settings
from prodigy_action.pure.items.timings import recorded_seconds
from prodigy_action.pure.text.reasons import reason_of

SOURCE = "input timings"
RESULTS = "results.json"


def read_timings(settings: Settings, world: ProcessContext, repository: Path) -> dict[str, float]:
    """Key → seconds of the items of the earlier run; nothing without the input.

    `timings` is a results directory or a `results.json`, relative to the repository, or else to the directory of the
    program. Raises `InvalidInput` when it is neither.
    """
    if settings.timings is None:
        return {}
    given = (repository / settings.timings, world.directory / settings.timings)
    found = next((path for path in given if path.exists()), None)
    if found is None:
        message = f"{settings.timings!r} does not exist"
        raise _refusal(message, SOURCE, "name the results directory, or the results.json, of an earlier run")
    path = found / RESULTS if found.is_dir() else found
    try:
        return recorded_seconds(json.loads(read_results_file(path)))
    except OSError as error:
        hint = "name the results directory, or the results.json, of a run that has ended"
        raise _refusal(f"cannot read it: {reason_of(error)}", str(path), hint) from error
    except json.JSONDecodeError as error:
        where = Position(error.lineno, error.colno)
        raise _refusal(f"this is no JSON: {error.msg.lower()}", str(path), None, where) from error
    except (ValueError, RecursionError) as error:
        raise _refusal("these are no results of a run", str(path), "name the results.json of an earlier run") from error


def no_timings(settings: Settings, items: int) -> Diagnostic:
    """The warning that not one of the planned items has a duration in the timings."""
    message = f"{settings.timings!r} has a duration of none of the {items} items: they are shared out in turn"
    hint = "name the results of a run with the same items; map.key says what identifies an item"
    return Diagnostic(message, source=SOURCE, hint=hint, severity="warning", code="no-timings")


def _refusal(message: str, source: str, hint: str | None, position: Position | None = None) -> InvalidInput:
    return InvalidInput([Diagnostic(message, source=source, position=position, hint=hint, code="unreadable-timings")])
