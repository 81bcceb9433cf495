"""Two hundred broken workflow files: each is loaded or refused in place, soon, and nothing else happens."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Sequence

import pytest

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.diagnostics import diagnostic_json, render_diagnostic
from prodigy_action.inputs.workflow_file import LoadedWorkflow
from prodigy_action.model.workflow import Workflow
from tests.support.malformed import FILES, MUTATIONS, SECONDS
from tests.support.shell_parsing import load_workflow
from tests.support.timing import best_seconds


def _mutated(seed: int) -> tuple[str, bytes]:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    name, content = FILES[rng.randrange(len(FILES))]
    return name, MUTATIONS[seed % len(MUTATIONS)](content, rng)


def _load(content: bytes, name: str) -> LoadedWorkflow | Sequence[Diagnostic]:
    try:
        return load_workflow(content, name)
    except InvalidInput as refused:
        return refused.diagnostics or pytest.fail("refused without a reason")


@pytest.mark.parametrize("seed", range(200))
def test_a_mutated_file_is_loaded_or_refused_in_place(seed: int) -> None:
    """What is loaded is a whole workflow: it passes all checks of the model once more."""
    name, content = _mutated(seed)
    loaded = _load(content, name)
    if isinstance(loaded, LoadedWorkflow):
        written = loaded.workflow.model_dump_json(by_alias=True)
        assert Workflow.model_validate_json(written) == loaded.workflow
        return
    for diagnostic in loaded:
        assert diagnostic.position is not None
        assert diagnostic.position.line >= 1
        assert render_diagnostic(diagnostic).startswith(f"{name}:{diagnostic.position.line}:")
        assert diagnostic_json(diagnostic)["file"] == name


@pytest.mark.timing
def test_no_mutated_file_takes_long() -> None:
    for mutation in range(len(MUTATIONS)):
        name, content = max(
            (_mutated(seed) for seed in range(mutation, 200, len(MUTATIONS))), key=lambda each: len(each[1])
        )

        def measure(_: int, name: str = name, content: bytes = content) -> float:
            started = time.perf_counter()
            with contextlib.suppress(InvalidInput):
                load_workflow(content, name)
            return time.perf_counter() - started

        assert best_seconds(measure, below=SECONDS) < SECONDS, MUTATIONS[mutation]
