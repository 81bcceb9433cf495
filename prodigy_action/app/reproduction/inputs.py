"""The inputs of a run: put on record when it starts, and read back when an item of it is reproduced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prodigy_action.adapters.processes.container import container_image
from prodigy_action.app.composition import RunParts
from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.model.events import InputsGiven
from prodigy_action.model.run_inputs import SETTINGS, RunInputs
from prodigy_action.model.settings import Settings
from prodigy_action.pure.text.masking import MASK


def inputs_of(parts: RunParts) -> InputsGiven:
    """The record of the inputs that decide what the steps of this run do."""
    given = {name: getattr(parts.settings, name) for name in SETTINGS}
    top, path = Path(parts.checkout.path).resolve(), parts.loaded.path.resolve()
    workflow = str(path.relative_to(top)) if path.is_relative_to(top) else None
    inputs = RunInputs(**given, directory=parts.checkout.directory, workflow=workflow)
    return InputsGiven(given=inputs, image=container_image(parts.world.environ))


def settings_from(given: RunInputs, workflow: str, environ: Mapping[str, str]) -> Settings:
    """The settings with which an item of the run is executed once more.

    Parameters whose values are masked on record come from the variables of the same name. Raises `InvalidInput` with
    every one that is missing.
    """
    masked = [name for name, value in given.params.items() if MASK in value]
    problems = [_missing(name) for name in masked if not environ.get(name)]
    if problems:
        raise InvalidInput(problems)
    recorded = Settings(**{name: getattr(given, name) for name in SETTINGS})
    params = {**given.params, **{name: environ[name] for name in masked}}
    return replace(recorded, workflow=workflow, params=params, log_format="console", log_level="warning")


def _missing(name: str) -> Diagnostic:
    message = f"the parameter {name!r} holds a secret, which no results keep: the variable {name!r} is not there"
    return Diagnostic(message, source="environment", hint=f"export {name}=…", code="missing-secret")
