"""The outputs of the action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUTPUTS: Final[Mapping[str, str]] = {
    "result": "`success`, `partial`, `failure`, `invalid`, `internal` or `cancelled`.",
    "run-id": "The id of the run.",
    "total": "How many items were planned.",
    "succeeded": "How many items landed commits.",
    "unchanged": "How many items ran well and had nothing to land.",
    "failed": "How many items failed or ran out of time.",
    "conflicted": "How many items could not be merged.",
    "not-run": "How many items never started.",
    "base-sha": "The commit that the run started from.",
    "head-sha": "The merged commit; `base-sha` when nothing landed.",
    "branch": "The branch that holds the merged commit, `prodigy/<run-id>`; empty without one.",
    "changed": "`true` when commits landed.",
    "results-dir": "The results directory, relative to the workspace.",
    "results-file": "`results.json`, relative to the workspace.",
    "failed-items": "The ids of the items that did not land, as a JSON array; cut when there are very many.",
    "failed-keys": "The keys of these items in the same order, as a JSON array; cut earlier.",
    "matrix": "With `phase: setup`, the matrix of the jobs of the map, as JSON: `shard`, from 0, and `total` of each.",
}
"""Output name → its meaning, in the order of the documentation."""
