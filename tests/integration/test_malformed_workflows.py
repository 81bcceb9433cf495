"""Two hundred broken workflow files: each is loaded or refused in place, soon, and nothing else happens."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from prodigy_action.errors import Diagnostic, InvalidInput
from prodigy_action.inputs.documents.diagnostics import diagnostic_json, render_diagnostic
from prodigy_action.inputs.workflow_file import load_workflow
from tests.support.malformed import FILES, MUTATIONS, SECONDS


def _problems(name: str, content: bytes) -> Sequence[Diagnostic]:
    try:
        load_workflow(content, name)
    except InvalidInput as refused:
        return refused.diagnostics or pytest.fail("refused without a reason")
    return ()


@pytest.mark.parametrize("seed", range(200))
def test_a_mutated_file_is_loaded_or_refused_in_place(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    mutation = MUTATIONS[seed % len(MUTATIONS)]
    name, content = FILES[rng.randrange(len(FILES))]
    started = time.perf_counter()
    for diagnostic in _problems(name, mutation(content, rng)):
        assert diagnostic.position is not None
        assert diagnostic.position.line >= 1
        assert render_diagnostic(diagnostic).startswith(f"{name}:{diagnostic.position.line}:")
        assert diagnostic_json(diagnostic)["file"] == name
    assert time.perf_counter() - started < SECONDS
